"""`goldenthread discover` ends in slices by rank and a drafted contract that asks what only people know."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from factory.discovery.made_logs import REAL, small, write_csv
from factory.slicing.made_work import write_desk
from goldenthread.control.problems import parse_problems
from goldenthread.promise.contract import parse_contract, refusals
from surfaces.cli.typed import Terminal

QUESTION = re.compile(r"(?:contract-invalid: )?[^:]+:\d+:\d+ This is still a question: .*")


def _only_questions(terminal: Terminal, file: str) -> int:
    """How many questions a draft has; it must have nothing else that is wrong."""
    lines = terminal.refused(f"contract check {file}").splitlines()
    assert all(QUESTION.fullmatch(line) for line in lines), lines
    return len(lines)


def test_a_log_ends_in_a_draft_that_only_asks(terminal: Terminal, tmp_path: Path) -> None:
    """In one command: the list, the slice to begin with, its contract and its problem; checks but for the questions."""
    write_desk(tmp_path / "made.csv")
    out = terminal.done("discover made.csv --html report.html --owner maya@example.com")
    name = re.search(r"^The slice to begin with: ([a-z0-9-]+), ", out, re.MULTILINE)
    assert name is not None
    draft, problems = f"{name[1]}.contract.yaml", f"{name[1]}.problem.yaml"
    assert out.index("Slices of work that an agent might own") < out.index("The slice to begin with")
    assert out.rstrip().endswith(f"set aside until somebody owns it: {problems}")
    asked = _only_questions(terminal, draft)
    assert f"Wrote the draft of a contract to {draft}, with {asked} questions to answer." in out
    text = (tmp_path / draft).read_text()
    assert "owner: maya@example.com\n" in text
    assert 'ceiling: "? approval, if the assumptions above hold' in text
    (problem,) = parse_problems((tmp_path / problems).read_text()).problems
    assert (problem.slices, problem.owner) == ((name[1],), "maya@example.com")
    assert problem.set_aside is not None
    page = (tmp_path / "report.html").read_text()
    assert f"<code>{name[1]}</code>" in page
    assert "Slices by tractability" in page
    assert "By these numbers it does not pay" in out
    assert "By these numbers it does not pay" in page


def test_with_every_question_answered_the_draft_is_sound(terminal: Terminal, tmp_path: Path) -> None:
    """The examples stand for answers; JSON has draft, list and problem, and writes nothing unasked."""
    write_desk(tmp_path / "made.csv")
    found = json.loads(terminal.done("discover made.csv --json --work effect=reversible"))["slices"]
    assert sorted(one.name for one in tmp_path.glob("*.yaml")) == []
    assert [one["place"] for one in found["slices"]] == list(range(1, len(found["slices"]) + 1))
    assert found["draft"]["slice"] == found["best"]
    text = found["draft"]["text"]
    for question in found["draft"]["questions"]:
        marked = json.dumps("? " + question["asks"], ensure_ascii=False)
        assert marked in text
        answer = question["example"]
        if question["key"] == "actions":
            action, effect, *rest = answer.split()
            assert (action, effect, rest) == ("do_it", "reversible", ["undo", "take_back", "key", "case"])
            answer_text = "{do_it: {effect: reversible, undo: take_back, key: case}}"
        elif question["key"].endswith("escalate"):
            answer_text = f"[{answer}]"
        else:
            answer_text = json.dumps(answer)
        text = text.replace(marked, answer_text)
    assert refusals(parse_contract(text)) == ()


def test_what_people_say_moves_list_and_draft(terminal: Terminal, tmp_path: Path) -> None:
    """A score set by hand, facts and minutes stand in the report with who said them; another slice can be taken."""
    write_desk(tmp_path / "made.csv")
    out = terminal.done(
        "discover made.csv --take refuse --draft intake.yaml --problems map.yaml --facts facts.yaml "
        "--work regulation=rights "
        "--set 'refuse.reversible=1,it can be opened again' --value 'minutes=40 to 60 min (owner, a watch)' --line 0.9"
    )
    assert "The slice to begin with: refuse, the step 'refuse'\n  It scores highest. It stays below the line.\n" in out
    instead = terminal.done("discover made.csv --take check --draft check.yaml --problems check-map.yaml")
    assert "The slice that was taken instead: check, " in instead
    assert "Of those that score alike" not in instead
    assert "(set by hand: it can be opened again)" in out
    assert "40 to 60 min (owner, a watch)" in out
    assert "  None reaches the line.\n" in out
    assert "G15 escalate: [expert within 1 d]" in out
    assert _only_questions(terminal, "intake.yaml") > 10
    said = terminal.done("fit recommend facts.yaml")
    assert "regulation: rights" in said
    assert "1. refuse: the step 'refuse'" in terminal.done("rank facts.yaml --set 'refuse.reversible=1,as before'")
    assert "minutes: 40 to 60 min (owner, a watch)" in (tmp_path / "facts.yaml").read_text()
    assert terminal.done("problem check map.yaml").startswith("map.yaml is sound: 1 problem")


def test_nothing_is_ever_overwritten(terminal: Terminal, tmp_path: Path) -> None:
    """A draft that somebody answered stays; a file that was named is refused before anything is read."""
    write_desk(tmp_path / "made.csv")
    terminal.done("discover made.csv")
    (draft,) = tmp_path.glob("*.contract.yaml")
    (problems,) = tmp_path.glob("*.problem.yaml")
    before = problems.read_text()
    assert f"{draft.name} is this draft already." in terminal.done("discover made.csv")
    draft.write_text("mine\n")
    out = terminal.done("discover made.csv")
    assert f"{draft.name} holds something else and is never overwritten; name another with --draft." in out
    assert f"{problems.name} has the problem '{draft.name.split('.')[0]}' already; it stays as it is." in out
    assert (draft.read_text(), problems.read_text()) == ("mine\n", before)
    assert terminal.refused(f"discover nothing.csv --draft {draft.name}") == (
        f"value-problem: {draft.name} is there already and is never overwritten. Name another file."
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--draft same.yaml --facts same.yaml", "value-problem: same.yaml is named twice"),
        ("--html made.csv", "value-problem: made.csv is named twice"),
        ("--map report.svg --html ./report.svg", "value-problem: report.svg is named twice"),
        ("--problems broken.yaml", "problems-invalid: broken.yaml:1:1"),
        ("--owner 'Maya Smith'", "value-problem: 'Maya Smith' is no name of a person"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is(
    terminal: Terminal, tmp_path: Path, options: str, words: str
) -> None:
    """Nobody waits for a long log to hear of a name, and no file is lost to another."""
    log = write_desk(tmp_path / "made.csv").read_text()
    (tmp_path / "broken.yaml").write_text("mine: true\n")
    assert terminal.refused(f"discover made.csv {options}").startswith(words)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["broken.yaml", "home", "made.csv"]
    assert (tmp_path / "made.csv").read_text() == log


def test_the_report_is_there_also_where_a_draft_cannot_be_written(terminal: Terminal, tmp_path: Path) -> None:
    """A minute of reading a log is not thrown away for a folder."""
    write_desk(tmp_path / "made.csv")
    (tmp_path / "a.yaml").symlink_to(tmp_path / "nowhere" / "a.yaml")
    ran = terminal("discover made.csv --draft a.yaml")
    assert (ran.code, ran.err.startswith("file-unusable: a.yaml cannot be written: ")) == (1, True)
    assert "The slice to begin with" in ran.out
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.yaml", "home", "made.csv"]


def test_a_query_is_asked_whole_or_not_at_all(terminal: Terminal, tmp_path: Path) -> None:
    """Cut off behind its condition it would read everybody's rows."""
    (tmp_path / "cases.sql").write_text("select 1 -- " + "x" * 70_000)
    assert terminal.refused("discover --query cases.sql --env NOWHERE").startswith("value-problem: cases.sql has more")


def test_a_problem_is_added_to_a_map_that_is_there(terminal: Terminal, tmp_path: Path) -> None:
    """What stands in the map stays as it is."""
    write_desk(tmp_path / "made.csv")
    terminal.done("discover made.csv --take pay --draft a.yaml --problems map.yaml")
    first = (tmp_path / "map.yaml").read_text()
    terminal.done("discover made.csv --take refuse --draft b.yaml --problems map.yaml")
    both = (tmp_path / "map.yaml").read_text()
    assert both.startswith(first.rstrip("\n"))
    assert [one.name for one in parse_problems(both).problems] == ["pay", "refuse"]


def test_no_slices_no_draft(terminal: Terminal, tmp_path: Path) -> None:
    """Both can be left out, and few cases give none."""
    write_desk(tmp_path / "made.csv")
    assert "Slices of work" not in terminal.done("discover made.csv --no-slices")
    assert "The slice to begin with" in terminal.done("discover made.csv --no-draft")
    write_csv(tmp_path / "few.csv", small())
    out = terminal.done("discover few.csv")
    assert "  The log has 4 cases; of fewer than 20 nothing can be proved.\n" in out
    assert out.rstrip().endswith("No contract is drafted: there is no slice")
    assert list(tmp_path.glob("*.yaml")) == []


def test_a_slice_that_is_not_there_is_named_with_those_that_are(terminal: Terminal, tmp_path: Path) -> None:
    """For a draft and for a score."""
    write_desk(tmp_path / "made.csv")
    said = terminal.refused("discover made.csv --take checks")
    assert said.startswith("value-problem: The log has no slice 'checks'; it has ")
    assert "next-after-check" in said
    said = terminal.refused("discover made.csv --set 'checks.reversible=1,why not'")
    assert said.startswith("value-problem: 'checks.reversible=1,why not' sets no score;")


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "fact", "best"),
    [
        ("helpdesk.xes.gz", "Rework in 27 % of the cases (1,240)", "next-after-take-in-charge-ticket"),
        ("receipt.csv.gz", "377 of 1,329 cases that ended did so after their deadline",
         "confirmation-of-receipt-to-t10-determine"),
    ],
)  # fmt: skip
def test_the_real_logs_end_in_drafts_that_only_ask(terminal: Terminal, name: str, fact: str, best: str) -> None:
    """One command from a log that nobody here wrote to its report and a contract that checks but for its questions."""
    out = terminal.done(f"discover {REAL / name} --draft draft.yaml")
    assert fact in out
    assert f"The slice to begin with: {best}, " in out
    assert "By these numbers it does not pay, not even with everything at its best." in out
    assert _only_questions(terminal, "draft.yaml") == 19
