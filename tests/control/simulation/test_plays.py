"""Many plays: the same whatever runs them, and counted against the truth instead of against what they showed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from control.simulation.pages import page
from goldenthread.control.simulation import (
    BEGIN,
    Nature,
    Played,
    PlayedCase,
    PlayedLabel,
    Player,
    Rate,
    Setup,
    Simulation,
    Turn,
    nature_of,
    parse_change,
    parse_delay,
    parse_quality,
    play_all,
    simulation_words,
    summarise_plays,
)
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.errors import TimeWentBackwards, ValueProblem
from goldenthread.promise.values import Level

GATED = page({"draft": ["task_success >= 90 %"]}, tripwires={"shadow": ["task_success < 80 %"]})


def simulated(text: str, nature: Nature, *, agents: int = 20, cases: int = 400, seed: int = 1) -> Simulation:
    """The summary of a few plays."""
    plays = play_all(Setup(contract=text, nature=nature, cases=cases, seed=seed), agents)
    return summarise_plays(parse_contract(text), nature, plays, cases=cases, seed=seed)


def test_two_processes_play_what_one_plays() -> None:
    """A figure that depended on the number of cores could not be seen again on another machine."""
    nature = nature_of(parse_contract(GATED), delay=parse_delay("good 3, bad 9"), day_effect=0.05, faults=0.02)
    setup = Setup(contract=GATED, nature=nature, cases=120, seed=11)
    assert play_all(setup, 9, jobs=2) == play_all(setup, 9)


def test_play_begins_again_where_it_began() -> None:
    """The signed contract is shared between plays; a case of one must never count in the next."""
    contract = parse_contract(GATED)

    def source(_level: Level, number: int) -> PlayedCase | None:
        at = BEGIN + timedelta(hours=number)
        label = PlayedLabel(metric="task_success", value=1.0, known_at=at)
        return PlayedCase(case=f"case-{number}", at=at, labels=(label,)) if number <= 60 else None

    first = Player(contract, begin=BEGIN)
    fresh, again = list(first.play(source)), list(first.again().play(source))
    assert [moment.cases for moment in fresh] == [moment.cases for moment in again] == [43]
    assert first.level is Level.DRAFT
    assert first.again().level is Level.SHADOW


def test_good_agents_rise_and_bad_ones_hardly_ever_do() -> None:
    """The whole point of a gate, through the whole engine."""
    good = simulated(GATED, nature_of(parse_contract(GATED), stated=[parse_quality("task_success=98%")]))
    bad = simulated(GATED, nature_of(parse_contract(GATED), stated=[parse_quality("task_success=88%")]))
    assert good.reached[0].reached.plays == 20
    assert good.reached[0].wrongly.plays == 0
    assert bad.reached[0].reached.plays == bad.reached[0].wrongly.plays <= 1


def test_exactly_at_the_bar_is_wrong() -> None:
    """The error that the contract names is that of an agent exactly at its bar: it is no better than what is asked."""
    nature = nature_of(parse_contract(GATED), stated=[parse_quality("task_success=90%")])
    plays = [Played(number=0, turns=(_rise(50),), end=Level.DRAFT)]
    found = summarise_plays(parse_contract(GATED), nature, plays, cases=400, seed=1)
    assert found.reached[0].wrongly.plays == 1


def test_average_that_held_until_a_change_is_no_wrong_promotion() -> None:
    """The guarantee is about the cases seen; what came a moment ago is the tripwire's business, and said apart."""
    change = [parse_change("task_success=50% from case 100")]
    nature = nature_of(parse_contract(GATED), stated=[parse_quality("task_success=97%")], changes=change)
    plays = [
        Played(number=0, turns=(_rise(105),), end=Level.DRAFT),
        Played(number=1, turns=(_rise(300),), end=Level.DRAFT),
    ]
    found = summarise_plays(parse_contract(GATED), nature, plays, cases=400, seed=1).reached[0]
    assert (found.stale.plays, found.wrongly.plays) == (1, 1)


def test_rollbacks_are_timed_from_the_change_and_false_before_it() -> None:
    """A rollback while no limit is broken is a false alarm, however the play goes on."""
    change = [parse_change("task_success=50% from case 100")]
    nature = nature_of(parse_contract(GATED), stated=[parse_quality("task_success=97%")], changes=change)
    plays = [
        Played(number=0, turns=(_rise(40), _fall(60), _rise(95), _fall(109)), end=Level.SHADOW),
        Played(number=1, turns=(_rise(40),), end=Level.DRAFT),
    ]
    falls = summarise_plays(parse_contract(GATED), nature, plays, cases=400, seed=1).falls
    assert falls.mean_delay == 10
    assert (falls.rightly.plays, falls.missed.plays) == (1, 1)
    assert falls.false_per_10k == pytest.approx(0.5 / 99 * 10_000)


def test_wrong_in_one_segment_is_wrong() -> None:
    """A gate in every segment claims the worst one; a good average must not excuse it."""
    text = page({"draft": ["agreement >= 80 % in every language"]}, segments={"language": ["de", "en"]})
    nature = nature_of(
        parse_contract(text), stated=[parse_quality("agreement=99%"), parse_quality("agreement in language.en=79%")]
    )
    plays = [Played(number=0, turns=(_rise(50),), end=Level.DRAFT)]
    assert summarise_plays(parse_contract(text), nature, plays, cases=60, seed=1).reached[0].wrongly.plays == 1
    assert simulated(text, nature, agents=5, cases=300).reached[0].reached.plays == 0


def test_report_says_what_happened_in_plain_words() -> None:
    """A product owner reads this and decides whether the contract is what they want."""
    change = [parse_change("task_success=50% from case 200")]
    nature = nature_of(parse_contract(GATED), stated=[parse_quality("task_success=99%")], changes=change)
    words = simulation_words(parse_contract(GATED), nature, simulated(GATED, nature, agents=4, cases=400))
    assert words.splitlines()[:5] == [
        "Played 'payments', version 1, with 4 agents of 400 cases each (17.14 cases a day).",
        "Each agent is really so good:",
        "  task_success: 99 %",
        "  task_success from case 200 on: 50 %",
        "",
    ]
    assert "Draft was reached in 4 of 4 plays (100 %, give or take" in words
    assert "A broken limit brought a rollback in 4 of 4 plays" in words
    assert "Seed 1: the same seed gives the same plays." in words


@pytest.mark.parametrize(
    ("agents", "cases", "seed", "words"),
    [
        (0, 10, 1, "0 agents cannot be played; expected 1 to 1,000,000."),
        (1, 0, 1, "0 cases cannot be played; expected 1 to 1,000,000."),
        (1, 10, -1, "A seed of -1 is impossible"),
    ],
)
def test_impossible_numbers_are_refused(agents: int, cases: int, seed: int, words: str) -> None:
    """Nothing played is no result."""
    nature = Nature(agent={"task_success": Rate(share=0.9)})
    with pytest.raises(ValueProblem) as caught:
        play_all(Setup(contract=GATED, nature=nature, cases=cases, seed=seed), agents)
    assert caught.value.message.startswith(words)


@pytest.mark.parametrize(
    ("cases", "words"),
    [
        ([(2, 2, 2), (1, 1, 1)], "Case 'case-2' starts at"),
        ([(2, 1, 2)], "Case 'case-1' ends at"),
        ([(2, 2, 1)], "The task_success of case 'case-1' is known at"),
    ],
)
def test_time_never_goes_backwards(cases: list[tuple[int, int, int]], words: str) -> None:
    """Cases out of order would let somebody choose which prefix of them to show."""

    def source(_level: Level, number: int) -> PlayedCase | None:
        if number > len(cases):
            return None
        at, ended, known = (BEGIN + timedelta(hours=hour) for hour in cases[number - 1])
        label = PlayedLabel(metric="task_success", value=1.0, known_at=known)
        return PlayedCase(case=f"case-{number}", at=at, ended_at=ended, labels=(label,))

    with pytest.raises(TimeWentBackwards, match=words):
        list(Player(parse_contract(GATED), begin=BEGIN).play(source))


def _rise(cases: int) -> Turn:
    return Turn(cases=cases, days=cases / 10, before=Level.SHADOW, after=Level.DRAFT, fell=False)


def _fall(cases: int) -> Turn:
    return Turn(
        cases=cases,
        days=cases / 10,
        before=Level.DRAFT,
        after=Level.SHADOW,
        fell=True,
        tripwire="task_success < 80 %",
    )


def test_turns_are_told_and_their_truth_is_counted() -> None:
    """An agent that is back below the bar half of the time is promoted wrongly if its average is no better."""
    changes = [parse_change("task_success=100% from case 51 in turns of 50")]
    nature = nature_of(parse_contract(GATED), stated=[parse_quality("task_success=70%")], changes=changes)
    found = simulated(GATED, nature, agents=10, cases=400)
    words = simulation_words(parse_contract(GATED), nature, found)
    assert "  task_success from case 51 on: 100 %, 50 cases so and 50 as before\n" in words
    draft = found.reached[0]
    assert draft.wrongly.plays == draft.reached.plays
    assert found.falls.rightly.plays > 0


def test_cases_after_a_recovery_are_calm_again() -> None:
    """False alarms are counted among the cases at which no limit is broken, also those after a bad time."""
    text = page({"draft": ["task_success >= 90 %"]}, tripwires={"shadow": ["task_success < 80 %"]})
    bad, good = parse_change("task_success=60% from case 101"), parse_change("task_success=99% from case 201")
    nature = nature_of(parse_contract(text), stated=[parse_quality("task_success=99%")], changes=[bad, good])
    contract = parse_contract(text)
    play = Played(
        number=0,
        turns=(
            Turn(
                cases=700, days=1.0, before=Level.DRAFT, after=Level.SHADOW, fell=True, tripwire="task_success < 80 %"
            ),
        ),
        end=Level.SHADOW,
    )
    found = summarise_plays(contract, nature, [play], cases=1_100, seed=1)
    assert found.falls.false_per_10k == pytest.approx(10.0)


def test_shared_luck_is_told_and_takes_fewer_cases() -> None:
    """The reason to work in pairs is the cases that it saves; a play must show them."""
    text = page({"draft": ["task_success not below people by 3 %"]})
    contract, cases = parse_contract(text), []
    for together in (0.0, 0.8):
        stated = [parse_quality("task_success=97%"), parse_quality("task_success of people=97%")]
        nature = nature_of(contract, stated=stated, together=together)
        found = simulated(text, nature, agents=12, cases=1_500)
        told = "In 80 % of the cases what is hard for the agent is as hard for people."
        assert (told in simulation_words(contract, nature, found)) == (together > 0)
        assert found.reached[0].cases is not None
        cases.append(found.reached[0].cases.median)
    assert cases[1] < 0.8 * cases[0]
