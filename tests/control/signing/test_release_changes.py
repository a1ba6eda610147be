"""What is other in a release, in words for whoever signs it; the words come from the agent, so they may be hostile."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from goldenthread.control.signing import release_changes

TOOL = [{"name": "order", "type": "str", "required": True}]
LONG = "Answer the customer. " * 20


def made(code: str = "sha256:aa", tools: dict[str, Any] | None = None, **manifest: Any) -> dict[str, Any]:
    """A declaration."""
    return {"agent": "agent", "manifest": manifest, "tools": {"pay": TOOL} if tools is None else tools, "code": code}


def test_each_thing_that_changed_is_a_line() -> None:
    """Model, prompt, knowledge, tools and code: what an expert asks about first."""
    before = made(model="small-1", prompt=LONG, knowledge={"index": 3, "source": "wiki"}, temperature=0, seed=7)
    more = {"name": "note", "type": "str", "required": False}
    after = made(
        "sha256:bb",
        {"pay": [*TOOL, more], "post": []},
        model="large-2",
        prompt=LONG + "Be kind.",
        knowledge={"index": 4, "source": "wiki"},
        temperature=0,
        memory="none",
    )
    assert release_changes(before, after) == (
        "knowledge.index changed from 3 to 4",
        "memory added: none",
        "model changed from small-1 to large-2",
        "prompt changed, from 420 to 428 characters",
        "seed removed; it was 7",
        "tool pay takes (order: str, note: str?) instead of (order: str)",
        "tool post() added",
        "code changed",
    )
    assert release_changes(after, made("sha256:bb", {"pay": TOOL}, **after["manifest"]))[-1] == "tool post removed"


def test_nothing_changed_is_no_line_and_nothing_before_is_all_of_it() -> None:
    """The first release is shown whole; a long prompt by its beginning."""
    release = made(model="small-1", prompt=LONG)
    assert release_changes(release, release) == ()
    assert release_changes(None, release) == (
        "model added: small-1",
        f"prompt added: {LONG[:57]}... (420 characters)",
        "tool pay(order: str) added",
        "code sha256:aa",
    )


def test_values_that_look_alike_are_still_told() -> None:
    """A number that became text, and long texts of one length, are changes."""
    assert release_changes(made(a=1), made(a="1")) == ("a changed, from 1 to 1 characters",)
    assert release_changes(made(a=True), made(a=1)) == ("a changed from true to 1",)
    swapped = "x" * 100, "y" * 100
    assert release_changes(made(p=swapped[0]), made(p=swapped[1])) == ("p changed, from 100 to 100 characters",)
    prompts = "sha256:" + "1" * 64, "sha256:" + "2" * 64
    assert release_changes(made(p=prompts[0]), made(p=prompts[1])) == ("p changed",)


def test_words_that_steer_a_terminal_or_add_lines_are_written_out() -> None:
    """The agent's author must not be able to hide a change from its signer, or forge one."""
    hostile: dict[str, Any] = {"model\x1b[2J": "new\ncode unchanged\u202e"}
    told = release_changes(made(), made(**hostile))
    assert told == ('"model\\u001b[2J" added: new\\ncode unchanged\\u202e',)


def test_names_that_run_together_are_told_apart() -> None:
    """What moved into another object is a change, however its path is written."""
    joined: dict[str, Any] = {"a.b": 1}
    assert release_changes(made(**joined), made(a={"b": 1})) == ("a.b added: 1", '"a.b" removed; it was 1')
    assert release_changes(made(a=[1]), made(a=[True])) == ("a changed from [1] to [true]",)


_PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=80)
_INNER = _PLAIN | st.lists(_PLAIN, max_size=3) | st.dictionaries(st.text(max_size=9), _PLAIN, max_size=3)
_JSON = _INNER | st.lists(_INNER, max_size=3) | st.dictionaries(st.text(max_size=9), _INNER, max_size=3)


@given(old=st.dictionaries(st.text(max_size=9), _JSON, max_size=4), new=st.dictionaries(st.text(), _JSON, max_size=4))
def test_whatever_was_declared_every_change_is_told_in_printable_lines(old: Any, new: Any) -> None:
    """Any JSON may stand in a manifest."""
    told = release_changes(made(x=old), made(x=new))
    assert all(line.isprintable() for line in told)
    flat = release_changes(made(x="a"), made(x="b"))
    assert flat == ("x changed from a to b",)
    assert (told == ()) is _same(old, new)


def _same(old: Any, new: Any) -> bool:
    """Equal as JSON: 1 is not true, and 1.0 does not occur."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(_same(old[name], new[name]) for name in old)
    if isinstance(old, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return bool(old == new)
