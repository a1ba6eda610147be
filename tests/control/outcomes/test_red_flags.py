"""Red flags: each fires, names who has to look, holds what it must, and goes when its ground has gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from control.agents import SLICE, records
from control.outcomes.business import BEGIN, COST, SHARE, WEEK, Business
from goldenthread.control.outcomes import tick_outcomes
from goldenthread.control.windows import FLAGS
from goldenthread.promise.values import GateVerdict, Level
from worlds import OWNER, World

EXPAND = {"constrained": ["agreement >= 50 %"], "expanded": ["agreement >= 85 %"]}


def standing_flags(business: Business) -> list[str]:
    """The flags on record that stand, after a tick."""
    tick_outcomes(business.desk)
    return sorted(business.desk.standing().windows.flags)


@pytest.fixture
def business(world: World, tmp_path: Path) -> Business:
    """Five weeks into a window of eight."""
    begun = Business(world, tmp_path)
    begun.live()
    begun.clock.at = BEGIN + 5 * WEEK
    return begun


def test_adoption_without_outcome_is_a_flag_for_the_owner_that_goes_when_the_number_follows(
    business: Business,
) -> None:
    """An agent that everybody uses and that saves nothing is the most expensive kind."""
    business.weeks(SHARE, {3: 50, 4: 60})
    business.weeks(COST, {3: "17.5", 4: 17})
    assert standing_flags(business) == ["adoption-without-outcome"]
    (record,) = records(business.world, "outcome:flag")
    assert (record.data["owner"], record.data["words"]) == (
        OWNER,
        "The agent is used, and the business number does not follow: "
        "'agent_share 0 % -> 70 % of cases in 8 weeks, owned by customer-desk' is running: "
        "55 % over 2 values of 2099-12-14 to 2099-12-21; due 2100-01-18; "
        "'cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops' is running: "
        "17.25 EUR/case over 2 values of 2099-12-08 to 2099-12-21; due 2100-01-18".replace("12-14 to", "12-08 to"),
    )
    assert tick_outcomes(business.desk) == ()
    business.weeks(COST, {3: 12, 4: 10})
    assert standing_flags(business) == []
    assert [one.data["flag"] for one in records(business.world, "outcome:unflag")] == ["adoption-without-outcome"]
    assert business.world.replay(SLICE).ok


def test_adoption_without_outcome_holds_what_lies_above_constrained(world: World, tmp_path: Path) -> None:
    """More autonomy for work that is worth nothing makes it worth nothing faster."""
    business = Business(world, tmp_path, level="approval", ceiling="expanded", gates=EXPAND)
    business.live()
    business.climb(Level.CONSTRAINED)
    business.clock.at = BEGIN + 5 * WEEK
    business.weeks(SHARE, {3: 50, 4: 60})
    business.weeks(COST, {3: 18, 4: 18})
    assert standing_flags(business) == ["adoption-without-outcome"]
    verdict = business.judged()
    assert (verdict.verdict, verdict.target) == (GateVerdict.HOLD, Level.EXPANDED)
    assert verdict.reason.startswith(
        "A red flag stands since 2099-12-28, and no level rises above constrained: The agent is used"
    )
    business.weeks(COST, {3: 8, 4: 7})
    assert standing_flags(business) == []
    business.climb(Level.EXPANDED)
    assert world.replay(SLICE).ok


def test_outcome_without_adoption_is_a_flag_and_holds_nothing(business: Business) -> None:
    """The number is somebody else's doing; to hold the agent back would only keep adoption low."""
    business.weeks(SHARE, {3: 5, 4: 5})
    business.weeks(COST, {3: 9, 4: 8})
    assert standing_flags(business) == ["outcome-without-adoption"]
    business.climb(Level.CONSTRAINED)
    assert business.world.replay(SLICE).ok


def test_a_workflow_that_climbed_beside_a_business_number_that_missed_is_a_flag_and_holds(business: Business) -> None:
    """The gates say that the agent does the work well; the business says that it was not worth doing."""
    business.climb(Level.APPROVAL)
    business.reach()
    business.weeks(COST, {6: 15, 7: 15})
    assert standing_flags(business) == ["workflow-without-business"]
    verdict = business.judged()
    assert (verdict.verdict, business.agent.level()) == (GateVerdict.HOLD, Level.APPROVAL)
    assert verdict.reason.endswith("no level rises until it is reached, or all signers have agreed on another line")
    assert business.world.replay(SLICE).ok


def test_before_half_of_the_window_nobody_is_alarmed(business: Business) -> None:
    """A number takes its time; a flag in the first week teaches people to look away."""
    business.clock.at = BEGIN + 3 * WEEK
    business.weeks(SHARE, {1: 50, 2: 60})
    business.weeks(COST, {1: 18, 2: 18})
    assert standing_flags(business) == []


def test_a_replay_finds_a_flag_that_nothing_demands_and_a_window_that_was_moved(business: Business) -> None:
    """Whoever can write the chain could silence an outcome, or hold an agent they dislike."""
    business.weeks(SHARE, {3: 50, 4: 60})
    business.weeks(COST, {3: 18, 4: 18})
    standing_flags(business)
    chain = records(business.world)
    flag = next(place for place, record in enumerate(chain) if record.kind == "outcome:flag")
    other = replace(chain[flag], data={**chain[flag].data, "flag": "outcome-without-adoption"})
    found = business.world.replay(SLICE, [*chain[:flag], other, *chain[flag + 1 :]])
    assert [one.words for one in found.mismatches] == ["nothing demands the flag 'outcome-without-adoption'"]
    read = next(place for place, record in enumerate(chain) if record.kind == "outcome:read")
    measured = {path: {**said, "due": "2199-01-01"} for path, said in chain[read].data["measured"].items()}
    moved = replace(chain[read], data={**chain[read].data, "measured": measured})
    found = business.world.replay(SLICE, [*chain[:read], moved, *chain[read + 1 :]])
    assert "it says that 'agent_share' is due 2199-01-01" in found.mismatches[0].words
    stated = next(place for place, record in enumerate(chain) if record.kind == "outcome:source")
    source = {**chain[stated].data["source"], "place": "/tmp/better.csv"}
    better = replace(chain[stated], data={**chain[stated].data, "source": source})
    found = business.world.replay(SLICE, [*chain[:stated], better, *chain[stated + 1 :]])
    assert "signed something else than what is recorded" in found.mismatches[0].words


def test_every_flag_says_in_words_what_it_is() -> None:
    """A flag is read by somebody who has never seen it before."""
    assert all(words[0].isupper() and len(words) > 40 for words in FLAGS.values())
