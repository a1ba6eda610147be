"""Parts of a log that an agent might own: cut, counted, ranked and valued."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from factory.discovery.made_logs import MONDAY, Made, small, write_csv
from factory.slicing.made_work import CASES, cut, desk, listed, write_desk
from goldenthread.control.problems import Worth, parse_problems, with_problem
from goldenthread.factory.candidates import CRITERIA, Adjustment, facts_text, parse_facts
from goldenthread.factory.slicing import Cut, Part, Said, draft_of, problem_of, said_fact, said_value, shortlist_of
from goldenthread.factory.slicing.naming import distinct, slug
from goldenthread.factory.value import expected_value
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.errors import ContractInvalid, ValueProblem

TWICE = CASES // 10  # checked twice
REFUSED = CASES // 3


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Part]:
    """Of the made desk, by name."""
    path = write_desk(tmp_path_factory.mktemp("desk") / "made.csv")
    return {part.slice: part for part in cut(path).parts}


def test_a_single_step_has_the_numbers_of_the_log(parts: dict[str, Part]) -> None:
    """Volume, second times, fields, deadlines and times are those that the loop made."""
    one = parts["check"]
    assert (one.kind, one.passes, one.log.cases) == ("activity", CASES + TWICE, CASES)
    assert one.log.done_share == Decimal(CASES - TWICE) / CASES
    assert one.log.rework_share == Decimal(TWICE) / CASES
    assert (one.log.variants, one.usual) == (5, 2)  # of 132 times 72 to pay and 36 to refuse, four fifths are 105.6
    assert one.log.filled_share == Decimal("0.5")
    assert (one.log.deadline_share, one.log.late_share) == (Decimal(1), Decimal("0.25"))
    assert (one.log.cycle_p50, one.log.cycle_p90) == (Decimal(3600), Decimal(3600))
    span = timedelta(hours=6 * (CASES - 1), minutes=75, days=7)
    assert one.log.weeks == round(Decimal(span / timedelta(weeks=1)), 2)


def test_peoples_time_is_told_only_where_somebody_went_on(parts: dict[str, Part]) -> None:
    """Ann pays a quarter of an hour after a check; what she checks after the mail came in is not seen."""
    assert parts["check"].touch is None
    touch = parts["pay"].touch
    assert touch is not None
    assert (touch.count, touch.median_us, touch.stated) == (CASES - REFUSED, 15 * 60_000_000, False)


def test_a_decision_is_one_where_only_one_of_the_next_steps_comes(parts: dict[str, Part]) -> None:
    """To pay or to refuse is decided; it is done with a usual next step."""
    one = parts["next-after-check"]
    assert set(one.steps) == {"pay", "refuse"}
    assert (one.passes, one.log.variants, one.log.done_share) == (CASES, 2, Decimal(1))
    assert one.log.five_variants_share == Decimal(1)


def test_steps_in_one_hand_end_where_a_timer_or_somebody_else_goes_on(parts: dict[str, Part]) -> None:
    """Ann checks and pays; the mail before and the archive after are not hers."""
    one = parts["check-to-pay"]
    assert one.kind == "run"
    assert one.steps == ("check", "pay")
    only_once = [number for number in range(CASES) if number % 3 and number % 10]
    assert (one.log.cases, one.passes) == (len(only_once), len(only_once))
    assert one.log.cycle_p50 == Decimal(75 * 60)


def test_the_usual_way_counts_who_leaves_it(parts: dict[str, Part]) -> None:
    """Nobody knows beforehand which case goes the usual way, so the others count against it; the timer is left off."""
    one = parts["usual-way-come-in-to-pay"]
    assert one.steps == ("come in", "check", "pay")
    assert one.log.done_share == round(Decimal(one.log.cases or 0) / CASES, 4)
    assert one.log.cycle_p90 == Decimal(75 * 60)
    assert parts["every-case"].log.done_share == Decimal(CASES - TWICE) / CASES
    assert parts["every-case"].log.rework_share == Decimal(TWICE) / CASES


def test_what_is_rare_is_no_part(parts: dict[str, Part]) -> None:
    """Eight cases are checked twice in a row and paid: that proves nothing, in whatever way one cuts."""
    assert min(one.log.cases or 0 for one in parts.values()) >= 20
    assert not [one for one in parts.values() if one.steps == ("check", "check", "pay")]


def test_what_is_no_work_is_left_out_with_the_reason(tmp_path: Path) -> None:
    """How cases come in and what a timer brings about is nothing that an agent would take off people."""
    left = cut(write_desk(tmp_path / "made.csv")).left
    assert left == (
        "'archive' is brought about by a timer: an agent that did it sooner would save nobody's time",
        "'come in': cases begin with it, so it is how work comes in, and no work that is seen",
    )


def test_steps_that_all_come_in_any_order_are_no_decision(tmp_path: Path) -> None:
    """Two checks beside each other look like a choice in a graph of what follows what."""
    made = []
    for number in range(40):
        order = ("law", "money") if number % 2 else ("money", "law")
        for place, activity in enumerate(("open", *order, "close")):
            at = MONDAY + timedelta(days=number, minutes=place)
            made.append(Made(case=f"c{number}", activity=activity, at=at, resource="ann"))
    found = cut(write_csv(tmp_path / "log.csv", made))
    assert "next-after-open" not in [part.slice for part in found.parts]
    assert "what comes after 'open': in most cases its next steps all come, in one order or another" in found.left


def test_too_few_cases_give_no_slice_and_say_so(tmp_path: Path) -> None:
    """Nothing is proved with four cases."""
    found = cut(write_csv(tmp_path / "log.csv", small()))
    assert found.parts == ()
    assert found.left == ("The log has 4 cases; of fewer than 20 nothing can be proved",)
    assert shortlist_of(found, "log.csv, 4 cases").best is None


def test_a_short_log_ranks_and_drafts_nothing(tmp_path: Path) -> None:
    """Of five days nobody tells what comes in a week, so nobody can plan a gate; no pace is made up."""
    short = [one for one in desk() if one.activity != "archive" and int(one.case[1:]) < 20]
    found = listed(write_desk(tmp_path / "made.csv", short))
    assert found.slices
    assert found.best is None
    assert "nobody knows how many cases come in a week" in found.slices[0].worth.missing


def test_the_list_is_adjustable_and_ends_in_one_slice(tmp_path: Path) -> None:
    """Weights and scores set by hand move the list; what is assumed of the work is named until somebody says it."""
    path = write_desk(tmp_path / "made.csv")
    plain = listed(path)
    assert [one.scored.place for one in plain.slices] == list(range(1, len(plain.slices) + 1))
    assert plain.best is not None
    assert "regulation: none" in plain.best.assumed
    assert plain.best.known.ceiling is not None
    assert plain.best.known.ceiling.value == "shadow"
    only_volume = [replace(one, weight=float(one.name == "volume")) for one in CRITERIA]
    by_volume = listed(path, Said(criteria=only_volume)).slices
    assert by_volume[0].part.log.a_week == max(one.part.log.a_week or Decimal(0) for one in by_volume)
    told = Said(
        adjusted={"refuse": {"reversible": Adjustment(score=1, because="it can be opened again")}},
        work=dict([said_fact("regulation=prohibited")]),
    )
    refuse = listed(path, told).named("refuse")
    assert refuse.scored.low > plain.named("refuse").scored.low
    assert refuse.planned.approach is None
    assert "regulation: none" not in refuse.assumed


def test_why_one_begins_with_a_slice_is_said_as_it_is(tmp_path: Path) -> None:
    """Where nobody knows how long people work, it is not said that they spend most time on it."""
    path = write_desk(tmp_path / "made.csv")
    assert listed(path).why_best == "Of those that score alike, people spend most time on it."
    far = listed(path, Said(line=1.0))
    assert far.why_best == "Of those that score alike, people spend most time on it. It stays below the line."
    unseen = replace(cut(path), parts=tuple(replace(one, touch=None) for one in cut(path).parts))
    assert shortlist_of(unseen, "made").why_best == "It scores highest."


def test_a_problem_of_every_case_says_a_hundred_percent(parts: dict[str, Part]) -> None:
    """1e+02 % is how a program says all of them."""
    late = replace(parts["pay"], log=replace(parts["pay"].log, late_share=Decimal(1)))
    (one,) = shortlist_of(Cut(parts=(late,), left=()), "made").slices
    assert problem_of(one, None).says == "100 % of the cases with the step 'pay' end after their deadline."


def test_the_worth_of_a_problem_is_peoples_time_of_a_year_worked_by_hand(parts: dict[str, Part]) -> None:
    """80 times in 5.26 weeks are 15.2 a week, 15 minutes each, at 20 to 55 EUR an hour, for 52 weeks."""
    cut_ = Cut(parts=tuple(parts.values()), left=())
    pay = shortlist_of(cut_, "made").named("pay")
    assert problem_of(pay, None).worth == Worth(low=Decimal(3952), high=Decimal(10868), currency="EUR")
    assert pay.worth.value is not None
    run = pay.worth.value.inputs.run_cost
    assert (run.low, run.likely, run.high) == (Decimal("0.015"), Decimal("0.03"), Decimal("0.12"))
    minutes = dict([said_value("minutes=10 min (owner, a watch)")])
    check = shortlist_of(cut_, "made", Said(value=minutes), planned=99).named("check")
    assert check.worth.value is not None
    assert check.worth.value.inputs.volume.likely == Decimal("25.1")  # 132 times, of 120 cases


@pytest.mark.parametrize(
    ("late", "again", "category", "words"),
    [
        ("0.05", "0.5", "waiting", "5 % of the cases with the step 'pay' end after their deadline."),
        ("0.049", "0.05", "errors", "In 5 % of its cases, the step 'pay' comes again."),
        ("0.049", "0.049", "waiting", "In one of ten cases, the step 'pay' takes more than 15 min."),
    ],
)
def test_a_problem_says_what_matters_first(
    parts: dict[str, Part], late: str, again: str, category: str, words: str
) -> None:
    """A deadline that is missed comes before what is done again, and both only from one case in twenty on."""
    log = replace(parts["pay"].log, late_share=Decimal(late), rework_share=Decimal(again))
    (one,) = shortlist_of(Cut(parts=(replace(parts["pay"], log=log),), left=()), "made").slices
    problem = problem_of(one, None)
    assert (problem.category, problem.says) == (category, words)


def test_the_worth_is_that_of_the_value_and_says_where_it_turns(tmp_path: Path) -> None:
    """What a person states is taken; at the minutes named as break-even the likely worth is nil."""
    stated = ("minutes=6 to 10 min (owner, a watch)", "rate=60 EUR/h (owner, pay)")
    said = Said(value=dict(map(said_value, stated)))
    best = listed(write_desk(tmp_path / "made.csv"), said).best
    assert best is not None
    value, turn = best.worth.value, best.worth.pays_from
    assert value is not None
    assert turn is not None
    assert (str(value.inputs.minutes), str(value.inputs.rate)) == (stated[0][8:], stated[1][5:])
    at_turn = replace(value.inputs.at_likely(), minutes=value.inputs.minutes.at(turn))
    assert abs(expected_value(at_turn, value.climbs, weeks=value.weeks).likely) < Decimal("0.001")
    assert value.low < value.likely < value.high


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mood=good", "'mood=good' is no fact of the work; write e.g. 'regulation=none'."),
        ("regulation=some", "'some' is no answer for regulation; write one of none, sector, rights, prohibited."),
        ("private=perhaps", "'perhaps' is no answer for private; write yes or no."),
        ("tools=many", "'many' is no number of systems; write e.g. 'tools=3'."),
        ("tools=1e9999999", "'1e9999999' is no number of systems; write e.g. 'tools=3'."),
    ],
)
def test_a_fact_that_cannot_be_taken_says_what_can(text: str, words: str) -> None:
    """With the answers that there are."""
    with pytest.raises(ValueProblem) as caught:
        said_fact(text)
    assert str(caught.value).startswith(f"value-problem: {words}")


def test_a_number_that_cannot_be_taken_says_what_can() -> None:
    """With its unit and a source."""
    with pytest.raises(ValueProblem, match="'mass' is no number of a value; write one of volume, minutes"):
        said_value("mass=3 kg (owner, scales)")
    with pytest.raises(ValueProblem, match="minutes: '3' is no range with its unit and source"):
        said_value("minutes=3")


def test_names_of_slices_are_plain_and_distinct() -> None:
    """Whatever an activity is called."""
    assert slug("T02 Prüfung: Eingang (neu)") == "t02-prufung-eingang-neu"
    assert slug("2nd look") == "look"
    assert slug("日本語") == "part"
    taken: set[str] = set()
    assert [distinct("part", taken) for _ in range(3)] == ["part", "part-2", "part-3"]


HOSTILE = (
    "Open\nowner: evil", "third\n---\nx: y", "\x1b[31mred\x1b[0m", "del\x7f", "ls\u2028y", "abc\u202edef", "nel\x85x",
    "A" * 5_000, "<script>alert(1)</script>", "{{ 7 * 7 }}", "? what", "&anchor *star", "null", "true", "1e3", "NA",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_stands_in_a_log_a_draft_has_only_its_questions(tmp_path: Path, name: str) -> None:
    """Who writes into a log may write anything; draft, problem and facts of every slice read, with nothing put in."""
    named = [replace(one, activity=name) if one.activity == "check" else one for one in desk()]
    plain = write_desk(tmp_path / "plain.csv", [replace(one, activity="CHECKED") for one in named])
    rows = list(csv.reader(plain.read_text().splitlines()))
    for row, one in zip(rows[1:], named, strict=True):
        row[1] = one.activity
    with (path := tmp_path / "made.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    found = shortlist_of(cut(path), "a\nowner: evil\u202e.csv, 120 cases", Said())
    assert len(found.slices) > 3
    for part in found.slices:
        drafted = draft_of(part, Said())
        with pytest.raises(ContractInvalid) as refused:
            parse_contract(drafted.contract.text)
        words = [problem.words for problem in refused.value.problems]
        assert [text for text in words if not text.startswith("This is still a question: ")] == []
        assert len(words) == len(drafted.contract.questions)
        (problem,) = parse_problems(with_problem(None, drafted.problem, owner="maya@example.com")).problems
        assert problem == drafted.problem
        assert parse_facts(facts_text(drafted.taken.stated)).slice == part.facts.slice
