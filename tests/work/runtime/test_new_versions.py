"""Runs that wait for a person while the agent changes: nothing unapproved happens, nothing twice, and none is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from goldenthread.control.approvals import Item
from goldenthread.record.ledger import verify
from goldenthread.record.store import Home
from goldenthread.work.runtime import Submission
from workplace import ENDED, Workplace, open_workplace, wait_for
from worlds import APPROVER, contract_text

FIRST = """
def work(run, given, tools, trace):
    case = given["case"]
    name = case.split(".")[1]
    run.step("look up", lambda: trace("looked up", case))
    if name == "posted-before":
        tools["post"](text=case)
    tools["pay"](order=case, amount=7)
"""
SECOND = """
def work(run, given, tools, trace):
    case = given["case"]
    name = case.split(".")[1]
    if name == "step-before":
        run.step("check", lambda: trace("checked", case))
    run.step("find" if name == "step-renamed" else "look up", lambda: trace("looked up again", case))
    if name in ("action-before", "action-renamed", "posted-before"):
        tools["post"](text=case)
    if name not in ("action-gone", "action-renamed"):
        tools["pay"](order=case, amount=9 if name == "other-arguments" else 7)
    if name == "more-after":
        tools["post"](text=case)
"""
BODY = tuple(
    f"body.{name}"
    for name in (
        "same",
        "more-after",
        "step-before",
        "step-renamed",
        "action-before",
        "action-renamed",
        "other-arguments",
        "action-gone",
    )
)
"""Cases of a slice whose second version has the same fingerprint."""
VERSION = tuple(f"version.{name}" for name in ("same", "other-arguments", "action-gone", "posted-before"))
"""Cases of a slice whose second version has another fingerprint, and is alone when people answer."""
BESIDE = tuple(f"version.beside-{number}" for number in range(8))
"""Cases of that slice that people answer while both versions are at work."""
LOWERED = ("lowered.same",)
"""A case of a slice in which the first version has earned the level approval, and the second has not."""
BOTH: dict[str, Any] = {"pay": {"effect": "reversible", "key": "order"}, "post": {"effect": "reversible"}}
NEVER = {"constrained": ["approved_unedited >= 99.9 %"]}
AT_APPROVAL = "At approval, every action waits for a person's yes"


@dataclass(kw_only=True)
class Deployed:
    """What became of the cases. `asked` are all questions by case, oldest first."""

    place: Workplace
    runs: dict[str, Submission] = field(default_factory=dict)
    asked: dict[str, list[Item]] = field(default_factory=dict)
    moot: dict[str, str | None] = field(default_factory=dict)

    def ended(self, cases: Sequence[str]) -> dict[str, str]:
        """How cases ended."""
        return {case: self.place.state(self.runs[case]) for case in cases}

    def reasons(self, case: str) -> list[str]:
        """Why people were asked about a case."""
        return [item.reason for item in self.asked[case]]


@pytest.fixture(scope="module")
def deployed(shared_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """
    One deployment: a first version with cases that wait, a person's yes to each, and second versions that go on: one of
    the same fingerprint, and one of another, beside the first and after it.
    """
    folder = tmp_path_factory.mktemp("deployed")
    (folder / "first.py").write_text(FIRST)
    (folder / "second.py").write_text(SECOND)
    with open_workplace(shared_home.path, folder) as place:
        for slice_name in ("body", "version"):
            place.world.sign(contract_text(slice_name, level="approval", gates=NEVER, actions=BOTH))
        place.world.sign(contract_text("lowered", level="draft", gates={"approval": ["agreement >= 50 %"], **NEVER}))
        place.world.climb("lowered")
        scene = Deployed(place=place)
        _first_version_asks(scene, folder)
        _second_versions_go_on(scene)
        for slice_name in ("body", "version", "lowered"):
            for item in place.world.inbox(slice_name).items(state=None):
                scene.asked.setdefault(item.case, []).append(item)
        yield scene


def _first_version_asks(scene: Deployed, folder: Path) -> None:
    """The second version of another fingerprint comes while the first is still there, as deployments go."""
    place = scene.place
    old = place.start("deployed_worker.py", AGENT=str(folder / "first.py"), SLICES="body version lowered")
    for case in (*BODY, *VERSION, *BESIDE, *LOWERED):
        scene.runs[case] = place.submit(case.split(".")[0], case)
    _wait_for(scene, "waiting", list(scene.runs))
    _approve(place, "version.posted-before")
    wait_for(lambda: place.happened("posted")["version.posted-before"])
    _wait_for(scene, "waiting", ["version.posted-before"])
    place.start("deployed_worker.py", AGENT=str(folder / "second.py"), SLICES="version lowered", PROMPT="2")
    scene.moot = {item.case: item.moot for name in ("body", "version") for item in place.world.inbox(name).items()}
    _approve(place, *BESIDE)
    _wait_for(scene, "done", BESIDE)
    old.terminate()
    assert old.wait(timeout=15) == 0


def _second_versions_go_on(scene: Deployed) -> None:
    place = scene.place
    _approve(place, *BODY, *VERSION, *LOWERED)
    place.start("deployed_worker.py", AGENT=str(place.trace.with_name("second.py")), SLICES="body")

    def answered() -> bool:
        """A person says yes to whatever is asked anew, but not to what was done before."""
        for slice_name in ("body", "version"):
            inbox = place.world.inbox(slice_name)
            for item in inbox.items():
                if "was done for this case before" in item.reason:
                    inbox.reject(item.id, "once is enough", by=APPROVER)
                else:
                    inbox.approve(item.id, by=APPROVER)
        return all(place.state(run) in ENDED for run in scene.runs.values())

    wait_for(answered, within_s=40)


def _wait_for(scene: Deployed, state: str, cases: Sequence[str]) -> None:
    for case in cases:
        scene.place.until(scene.runs[case], state, within_s=40)


def _approve(place: Workplace, *cases: str) -> None:
    for slice_name in {case.split(".")[0] for case in cases}:
        inbox = place.world.inbox(slice_name)
        for item in inbox.items():
            if item.case in cases:
                inbox.approve(item.id, by=APPROVER)


def test_no_run_is_lost(deployed: Deployed) -> None:
    """Each ends as the version says that is at work."""
    assert deployed.ended(BODY) == dict.fromkeys(BODY, "done")
    assert deployed.ended(BESIDE) == dict.fromkeys(BESIDE, "done")
    assert deployed.ended(VERSION) == {**dict.fromkeys(VERSION, "done"), "version.posted-before": "denied"}
    assert deployed.ended(LOWERED) == {"lowered.same": "drafted"}
    assert verify(deployed.place.world.ledger, (), {}).ok


def test_what_happened_is_what_people_said_yes_to_and_once(deployed: Deployed) -> None:
    """No payment that the second version would not make, none with arguments that only the first one had."""
    assert deployed.place.happened("paid") == {
        "body.same 7": 1,
        "body.more-after 7": 1,
        "body.step-before 7": 1,
        "body.step-renamed 7": 1,
        "body.action-before 7": 1,
        "body.other-arguments 9": 1,
        "version.same 7": 1,
        "version.other-arguments 9": 1,
        **{f"{case} 7": 1 for case in BESIDE},
    }
    assert deployed.place.happened("posted") == {
        "body.more-after": 1,
        "body.action-before": 1,
        "body.action-renamed": 1,
        "version.posted-before": 1,
    }


def test_a_yes_holds_for_a_new_body_of_the_same_fingerprint(deployed: Deployed) -> None:
    """Whatever was put before or after the action: nobody is asked again about what they said yes to."""
    for name, questions in (("same", 1), ("step-before", 1), ("step-renamed", 1), ("action-before", 2)):
        assert len(deployed.asked[f"body.{name}"]) == questions, name
    asked = [(item.action, item.answer) for item in deployed.asked["body.action-before"]]
    assert asked == [("pay", "approve"), ("post", "approve")]


def test_steps_are_kept_by_name_while_the_fingerprint_stays(deployed: Deployed) -> None:
    """What is new or has another name is done; the rest is given back. Another fingerprint begins anew."""
    body = {case: n for case, n in deployed.place.happened("looked up again").items() if case in BODY}
    assert body == {"body.step-renamed": 1}
    assert deployed.place.happened("checked") == {"body.step-before": 1}
    assert deployed.place.happened("looked up") == dict.fromkeys(deployed.runs, 1)
    assert deployed.place.happened("looked up again")["version.same"] == 1


def test_other_arguments_are_asked_about_in_words_that_say_what_became_of_the_yes(deployed: Deployed) -> None:
    """Who said yes to 7 and sees 9 must not think that it is the same question."""
    first, second = deployed.asked["body.other-arguments"]
    assert (first.arguments, second.arguments) == (
        {"order": "body.other-arguments", "amount": 7},
        {"order": "body.other-arguments", "amount": 9},
    )
    assert second.reason == (
        f"{AT_APPROVAL}. {APPROVER} said yes to 'pay' in this case before (item {first.id}), to other arguments than "
        "the agent asks for now; that did not happen"
    )


def test_another_fingerprint_asks_anew_and_says_why(deployed: Deployed) -> None:
    """Approvals don't pass from one version to another, and whoever is asked twice is told so."""
    for case in ("version.same", "version.other-arguments"):
        first, second = deployed.asked[case]
        assert first.answer == "approve"
        assert second.reason == (
            f"{AT_APPROVAL}. {APPROVER} said yes to 'pay' in this case before (item {first.id}), and the agent was "
            "changed before it happened: a yes to one version is none to another"
        )
    assert len(deployed.asked["version.action-gone"]) == 1


def test_what_the_first_version_did_is_not_done_again_by_the_second(deployed: Deployed) -> None:
    """A tool without an idempotency key would post twice: a person is asked, with the words for it."""
    last = deployed.asked["version.posted-before"][-1]
    assert last.action == "post"
    assert last.reason.startswith("The same action was done for this case before, in run ")
    assert last.answer == "reject"


def test_while_the_version_that_asked_is_at_work_it_goes_on_there(deployed: Deployed) -> None:
    """A rolling deployment asks nobody twice: the new version leaves the run to the old one."""
    assert {case: len(deployed.asked[case]) for case in BESIDE} == dict.fromkeys(BESIDE, 1)


def test_a_version_at_a_lower_level_does_not_what_a_higher_one_was_allowed(deployed: Deployed) -> None:
    """The yes was to the version at approval; the new one, at draft, makes a draft."""
    assert [(item.kind, item.answer) for item in deployed.asked["lowered.same"][:1]] == [("approval", "approve")]
    assert not [what for what in deployed.place.happened("paid") if what.startswith("lowered")]


def test_who_is_asked_by_an_old_version_is_told(deployed: Deployed) -> None:
    """Before they answer: their yes may come to nothing."""
    words = "the agent was changed since it asked; where only the new version works, it begins anew and asks again"
    assert {deployed.moot[case] for case in BODY} == {None}
    assert {deployed.moot[case] for case in (*VERSION, *BESIDE)} == {words}
