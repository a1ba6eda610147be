"""A backtest plays what is on record as it was known then, and refuses what is no record."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from control.simulation.pages import page
from goldenthread.control.simulation import Backtest, backtest, backtest_words, read_csv, read_jsonl
from goldenthread.promise.contract import Contract, parse_contract
from goldenthread.promise.errors import (
    CaseUnknown,
    EvidenceBeforeSignature,
    GoldenthreadError,
    RunsInvalid,
    TimeWentBackwards,
    ValueOutsideCap,
    ValueProblem,
)
from goldenthread.promise.values import Level

GATED = page({"draft": ["task_success >= 90 %"]}, tripwires={"shadow": ["task_success < 80 %"]})
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def contract(text: str = GATED) -> Contract:
    """The contract that a backtest asks about."""
    return parse_contract(text)


def csv_of(values: list[int], *, known_after: list[int] | None = None, a_day: int = 10) -> str:
    """Cases every 24 h / a_day, with a label known so many days later."""
    waits = known_after or [0] * len(values)
    rows = ["case,started,task_success,task_success.known_at"]
    for number, (value, wait) in enumerate(zip(values, waits, strict=True)):
        at = BEGIN + timedelta(days=number / a_day)
        rows.append(f"c{number},{at.isoformat()},{value},{(at + timedelta(days=wait)).isoformat()}")
    return "\n".join(rows)


def judged_csv(text: str) -> Backtest:
    """The backtest of a CSV."""
    return backtest(contract(), read_csv(text, "runs.csv", contract()))


def test_day_of_promotion_and_of_rollback_are_told() -> None:
    """The two days that somebody who asks for a backtest wants to know."""
    found = judged_csv(csv_of([1] * 100 + [0] * 30))
    first, second = found.moves[:2]
    assert (first.cases, first.after, first.fell) == (43, Level.DRAFT, False)
    assert (second.after, second.fell) == (Level.SHADOW, True)
    assert 101 <= second.cases <= 115
    words = backtest_words(found)
    assert "'payments', version 1, on 130 recorded cases (from 2026-03-02 to 2026-03-15; day 1 is the first)." in words
    assert "day 5 (2026-03-06, case 43): promoted from shadow to draft." in words
    assert "fallen from draft to shadow. Tripwire 'task_success < 80 %' was hit" in words


def test_naive_threshold_is_played_on_the_same_cases() -> None:
    """The comparison is the point: at 100 cases it promotes whatever average stands there, and sags soon after."""
    rng = random.Random(4)
    values = [int(rng.random() < 0.88) for _ in range(1200)]
    values[:100] = [0] * 8 + [1] * 92
    found = judged_csv(csv_of(values))
    assert found.naive[0].cases == 100
    assert any(move.fell for move in found.naive)
    assert not [move for move in found.moves if not move.fell]
    assert "A naive threshold (up when the average is at the bar" in backtest_words(found)


def test_labels_known_later_change_nothing_before() -> None:
    """No look-ahead: what nobody knew then must not have promoted or saved anybody."""
    rng = random.Random(5)
    values = [int(rng.random() < 0.96) for _ in range(300)]
    waits = [rng.randrange(0, 12) for _ in values]
    cut = BEGIN + timedelta(days=14)
    changed = [
        1 - value if BEGIN + timedelta(days=number / 10 + wait) > cut else value
        for number, (value, wait) in enumerate(zip(values, waits, strict=True))
    ]
    assert changed != values
    before, after = judged_csv(csv_of(values, known_after=waits)), judged_csv(csv_of(changed, known_after=waits))
    assert [move for move in before.moves if move.at <= cut] == [move for move in after.moves if move.at <= cut]
    assert [move for move in before.naive if move.at <= cut] == [move for move in after.naive if move.at <= cut]
    assert before.moves != after.moves


def test_label_that_is_late_promotes_late() -> None:
    """A month's delay of every label is a month's delay of the promotion."""
    prompt, late = judged_csv(csv_of([1] * 60)), judged_csv(csv_of([1] * 60, known_after=[30] * 60))
    assert late.moves[0].at - prompt.moves[0].at == timedelta(days=30)


def test_without_times_cases_are_told_by_number() -> None:
    """Invented days would be worse than none."""
    text = "case,task_success\n" + "\n".join(f"c{number},1" for number in range(60))
    found = judged_csv(text)
    assert not found.timed
    words = backtest_words(found)
    assert "by case number, since the record tells no times" in words
    assert "case 43: promoted from shadow to draft." in words
    assert "day" not in words.replace("any day", "")


def test_claim_about_days_needs_days() -> None:
    """Days that nobody recorded can prove nothing about days to come."""
    text = page({"draft": ["task_success >= 90 %"]}, claim="about future days")
    recorded = read_csv("case,task_success\nc1,1\n", "runs.csv", contract(text))
    with pytest.raises(ValueProblem, match="the recorded cases have no times"):
        backtest(contract(text), recorded)


def test_cases_from_before_the_signature_are_refused() -> None:
    """Success is committed first: what happened before anybody had promised anything proves no promise."""
    recorded = read_csv(csv_of([1] * 60), "runs.csv", contract())
    assert backtest(contract(), recorded, signed=BEGIN - timedelta(days=1)).end is Level.DRAFT
    with pytest.raises(EvidenceBeforeSignature, match="Case 'c0' started at"):
        backtest(contract(), recorded, signed=BEGIN + timedelta(hours=1))
    untimed = read_csv("case,task_success\nc1,1\n", "runs.csv", contract())
    with pytest.raises(ValueProblem, match="no times to hold a signature against"):
        backtest(contract(), untimed, signed=BEGIN)


def test_both_forms_and_both_formats_say_the_same() -> None:
    """A label a row, a column a metric, CSV or JSON: the same cases."""
    wide = "case,started,status,task_success,task_success.known_at\nc1,2026-03-02,done,1,2026-03-04\n"
    long = "case,started,status,metric,value,known_at\nc1,2026-03-02,done,,,\nc1,,,task_success,1,2026-03-04\n"
    label = {"metric": "task_success", "value": 1, "known_at": "2026-03-04"}
    lines = json.dumps({"case": "c1", "started": "2026-03-02", "labels": [label]})
    found = [read_csv(wide, "w", contract()), read_csv(long, "l", contract()), read_jsonl(lines, "j", contract())]
    assert found[0] == found[1] == found[2]
    assert found[0].cases[0].labels[0].known_at == datetime(2026, 3, 4, tzinfo=UTC)


def test_segments_people_and_faults_are_read() -> None:
    """What a contract can ask about must be there to be read."""
    text = page({"draft": ["csat not below people by 0.1 cap 5"]}, segments={"language": ["de", "en"]})
    rows = (
        "case,started,status,language,csat,csat.people\n"
        "c1,2026-03-02,fault,de,,\n"
        "c1,2026-03-03,done,de,4,5\n"
        "c2,2026-03-04,escalated,en,,\n"
    )
    cases = read_csv(rows, "runs.csv", contract(text)).cases
    assert [(case.case, case.status, dict(case.segment)) for case in cases] == [
        ("c1", "fault", {"language": "de"}),
        ("c1", "done", {"language": "de"}),
        ("c2", "escalated", {"language": "en"}),
    ]
    assert [(label.of, label.value) for label in cases[1].labels] == [("agent", 4.0), ("people", 5.0)]


HEAD = "case,started,task_success\n"
CAPPED = page({"draft": ["cost mean <= 0.40 EUR/case cap 3 EUR"]})


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (
            "case,started,tone\nc1,2026-03-02,1\n",
            RunsInvalid,
            "runs.csv:1: 'tone' is no column; there is case, started",
        ),
        ("started,task_success\n2026-03-02,1\n", RunsInvalid, "runs.csv:1: there is no column 'case'."),
        ("case,case\nc1,c1\n", RunsInvalid, "runs.csv:1: the column 'case' stands twice."),
        ("", RunsInvalid, "runs.csv:1: there is no column 'case'."),
        (HEAD, RunsInvalid, "runs.csv: it holds no case."),
        (HEAD + "c1,2026-03-02\n", RunsInvalid, "runs.csv:2: it has 2 cells; the header has 3."),
        (HEAD + "c1,2026-03-02,nan\n", ValueOutsideCap, "runs.csv:2: task_success is 'nan'; in one case a rate is 1"),
        (HEAD + "c1,2026-03-02,0.5\n", ValueOutsideCap, "runs.csv:2: task_success is '0.5'"),
        (HEAD + "c1,2026-03-02,yes\n", ValueOutsideCap, "runs.csv:2: task_success is 'yes'"),
        (HEAD + "c1,soon,1\n", RunsInvalid, "runs.csv:2: started 'soon' is no time"),
        (HEAD + ",2026-03-02,1\n", RunsInvalid, "runs.csv:2: it names no case."),
        (HEAD + "c1,2026-03-02,1\nc2,,1\n", RunsInvalid, "runs.csv:3: case 'c2' has no start"),
        (HEAD + "c1,2026-03-02,1\nc1,2026-03-03,1\n", RunsInvalid, "runs.csv:3: case 'c1' stands above already"),
        (HEAD + "c1,2026-03-02,1\nc2,2026-03-01,1\n", TimeWentBackwards, "runs.csv:3: case 'c2' starts at"),
        (
            "case,started,ended\nc1,2026-03-02,2026-03-01\n",
            TimeWentBackwards,
            "runs.csv:2: case 'c1' ends before it starts.",
        ),
        (
            "case,started,task_success,task_success.known_at\nc1,2026-03-02,1,2026-03-01\n",
            TimeWentBackwards,
            "runs.csv:2: task_success.known_at is",
        ),
        (
            "case,started,metric,value\nc1,2026-03-02,,\nc9,,task_success,1\n",
            CaseUnknown,
            "runs.csv:3: there is no case 'c9' above",
        ),
        (
            "case,started,metric,value\nc1,2026-03-02,task_success,1\nc1,,task_success,0\n",
            RunsInvalid,
            "runs.csv:3: the task_success of agent in case 'c1' stands above already.",
        ),
        ("case,started,metric,value\nc1,2026-03-02,tone,1\n", RunsInvalid, "runs.csv:2: nobody measures 'tone'"),
        ("case,started,status\nc1,2026-03-02,lost\n", RunsInvalid, "runs.csv:2: 'lost' is no status"),
        (
            "case,started,status,task_success\nc1,2026-03-02,fault,1\n",
            RunsInvalid,
            "runs.csv:2: case 'c1' ended in a fault",
        ),
        ("case,task_success,task_success.known_at\nc1,1,2026-03-01\n", RunsInvalid, "runs.csv:2: it says when a label"),
        ("case,started,cost\nc1,2026-03-02,-0.1\n", ValueOutsideCap, "runs.csv:2: cost is '-0.1'; it must be a finite"),
        ("case,started,cost\nc1,2026-03-02,inf\n", ValueOutsideCap, "runs.csv:2: cost is 'inf'"),
        (
            "case,started,cost\nc1,2026-03-02,3.01\n",
            ValueOutsideCap,
            "runs.csv:2: cost is '3.01'; the contract says that no case can come to more than 3.",
        ),
    ],
)
def test_what_is_no_record_is_refused_with_its_line(text: str, error: type[GoldenthreadError], words: str) -> None:
    """Nothing is judged on a file of which a line is wrong: a verdict on the rest would be a verdict on a choice."""
    with pytest.raises(error) as caught:
        read_csv(text, "runs.csv", contract(CAPPED))
    assert caught.value.message.startswith(words)
    assert "othing was judged" in caught.value.message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "runs.jsonl:2: it is no JSON"),
        ("[1]", "runs.jsonl:2: it is no object."),
        ('{"case": "c", "case": "d"}', "runs.jsonl:2: it names a column twice."),
        ('{"case": "c", "labels": [3]}', "runs.jsonl:2: 'labels' is no list of objects."),
        ('{"case": "c", "labels": [{"name": 3}]}', "runs.jsonl:2: 'name' is no column"),
    ],
)
def test_broken_lines_of_json_are_refused(line: str, words: str) -> None:
    """As for CSV: the line is named, and nothing is judged."""
    with pytest.raises(RunsInvalid) as caught:
        read_jsonl('{"case": "a", "task_success": 1}\n' + line, "runs.jsonl", contract())
    assert caught.value.message.startswith(words)


@pytest.mark.parametrize("value", ["NaN", "true", "2", "-1", '"x"'])
def test_impossible_values_in_json_are_refused(value: str) -> None:
    """JSON has other ways to write nonsense than CSV."""
    with pytest.raises(ValueOutsideCap, match="task_success is"):
        read_jsonl(f'{{"case": "a", "task_success": {value}}}', "runs.jsonl", contract())


def test_backtest_without_a_gate_is_refused() -> None:
    """There is nothing to test."""
    text = page({"draft": ["task_success >= 90 %"]})
    bare = text.replace('{"draft": ["task_success >= 90 %"]}', "{}").replace("ceiling: draft", "ceiling: shadow")
    recorded = read_csv("case,task_success\nc,1\n", "runs.csv", contract(bare))
    with pytest.raises(ValueProblem, match="has no gate"):
        backtest(contract(bare), recorded)
