"""What a run says of its case, and what others report beside it, reaches the gates."""

from __future__ import annotations

from typing import Any

import pytest

from goldenthread.promise.errors import ObservationRefused, SegmentUnknown
from goldenthread.promise.values import Level
from worlds import APPROVER, EASY, FINANCE, World, contract_text, declare_tools

SLICE = "refunds"
LANGUAGES = {"language": ["de", "en"]}


def signed(world: World, **wanted: Any) -> None:
    """A signed contract."""
    world.sign(contract_text(SLICE, level="approval", **{"gates": EASY, **wanted}))


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        ({"language": "fr"}, "segment-unknown: The contract 'refunds' has no language 'fr'; it names de, en. "),
        ({"planet": "mars"}, "segment-unknown: The contract 'refunds' has no segment 'planet'; it names language. "),
        (None, "segment-unknown: The case has no language, and the contract 'refunds' judges each language apart. "),
    ],
)
def test_a_case_of_a_kind_that_the_contract_does_not_name_is_refused(
    world: World, segment: dict[str, str] | None, words: str
) -> None:
    """What fits no segment would be judged by none."""
    signed(world, segments=LANGUAGES, gates={"constrained": ["agreement >= 50 % in every language"]})
    with world.connect() as thread:
        declare_tools(thread)
        with pytest.raises(SegmentUnknown) as refused, thread.run(SLICE, case="1", segment=segment):
            pass
        assert str(refused.value).startswith(words)
        with thread.run(SLICE, case="1", segment={"language": "en"}):
            pass
        (row,) = thread.desk(SLICE).standing().agents[thread.fingerprint].rows.values()
        assert dict(row.segment) == {"language": "en"}


def test_a_hard_report_brings_the_agent_down(world: World) -> None:
    """What hurt somebody is told once, by whoever saw it, and answered at once."""
    text = contract_text(SLICE, level="approval", gates=EASY)
    world.sign(text.replace("any policy_violation", "any hard rework_rate"))
    with world.connect() as thread:
        declare_tools(thread)
        for case in ("1", "2"):
            with thread.run(SLICE, case=case):
                pass
        thread.observe(SLICE, case="1", metric="rework_rate", value=1.0, by=FINANCE)
        assert thread.level(SLICE) is Level.APPROVAL
        thread.observe(SLICE, case="2", metric="rework_rate", value=1.0, by=FINANCE, severity="hard")
        assert thread.level(SLICE) is Level.DRAFT


def test_peoples_own_work_stands_beside_the_agents(world: World) -> None:
    """Neither overwrites the other."""
    signed(world)
    with world.connect() as thread:
        declare_tools(thread)
        with thread.run(SLICE, case="1"):
            pass
        thread.observe(SLICE, case="1", metric="csat", value=4.0, by=FINANCE)
        thread.observe(SLICE, case="1", metric="csat", value=5.0, by=FINANCE, of="people")
        (row,) = thread.desk(SLICE).standing().agents[thread.fingerprint].rows.values()
        assert (row.values["csat"], row.people["csat"]) == (4.0, 5.0)
        assert world.replay(SLICE).mismatches == []


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"severity": "hard", "value": 0.0}, "observation-refused: 'rework_rate' 0 of agent cannot be hard; "),
        ({"severity": "hard", "of": "people"}, "observation-refused: 'rework_rate' 1 of people cannot be hard; "),
        ({"severity": "dire"}, "observation-refused: severity='dire' is none that a contract names. "),
        ({"of": "ghosts"}, "observation-refused: of='ghosts' is nobody whose work is measured. "),
        ({"value": float("nan")}, "observation-refused: "),
    ],
)
def test_a_report_that_says_nothing_is_refused(world: World, how: dict[str, Any], words: str) -> None:
    """A word that nobody reads later would look like one that was heard."""
    signed(world)
    with world.connect() as thread:
        declare_tools(thread)
        with thread.run(SLICE, case="1"):
            pass
        with pytest.raises(ObservationRefused) as refused:
            thread.observe(SLICE, case="1", metric="rework_rate", by=FINANCE, **{"value": 1.0, **how})
        assert str(refused.value).startswith(words)


def test_a_run_replies_to_what_people_ask_back(world: World) -> None:
    """The agent is asked like anybody else; its word stands beside the question, and the answer is a person's."""
    signed(world)
    with world.connect() as thread:
        pay = declare_tools(thread)["pay"]
        with thread.run(SLICE, case="1") as run:
            assert run.questions() == ()
            pay("o", 1)
        inbox = world.inbox(SLICE)
        (item,) = inbox.items()
        inbox.ask_back(item.id, "Which order?", by=APPROVER)
        with thread.run(SLICE, case="1") as run:
            (question,) = run.questions()
            assert (question.item, question.text) == (item.id, "Which order?")
            run.reply(question.item, "That of March.")
            assert run.questions() == ()
            pay("o", 1)
        assert run.status == "waiting"
    assert [one.text for one in inbox.dossier(item.id).messages] == ["Which order?", "That of March."]
