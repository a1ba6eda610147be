"""The cases of a slice, a page at a time, and one case in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.control.autonomy import CASE_KINDS, Outline, case_rows
from goldenthread.control.autonomy.rows import Row
from goldenthread.control.guard import Desk
from goldenthread.promise.errors import CaseUnknown
from goldenthread.promise.values import Level
from goldenthread.surfaces.views.content import Concealment, Content, concealment, hidden, open_contents
from goldenthread.surfaces.views.kept import kept
from goldenthread.surfaces.views.records import records_of_runs
from goldenthread.surfaces.views.rows import place, select
from goldenthread.surfaces.views.run_steps import refusal
from goldenthread.surfaces.views.statuses import STATUS_WORDS, STATUSES, state_words, status_of

__all__ = [
    "STATUSES",
    "ActionView",
    "AnswerView",
    "CasePage",
    "CaseView",
    "case",
    "case_counts",
    "case_page",
    "cases",
    "runs_before",
]

MOST_ACTIONS = 50
"""Actions of a run that stand with its case; its timeline has all of them."""


@dataclass(frozen=True, kw_only=True)
class ActionView:
    """An action that a run proposed; `name` and `why` are empty and `arguments` hidden where nobody may see it yet."""

    id: str
    place: str
    call: int
    name: str
    arguments: Content
    verdict: str
    state: str
    words: str
    why: str
    cited: tuple[str, ...]
    grounded: bool | None


@dataclass(frozen=True, kw_only=True)
class AnswerView:
    """What a person said to a question about the case; `answer` None while it waits."""

    item: str
    kind: str
    answer: str | None
    by: str | None


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """
    A case by one of its runs. `case` is its name, or 'erased'; `runs` counts all of its runs; `seen` are the values
    of metrics that count for it, None while pending; `refused` is why the run was refused what no action asked for: a
    call of a model or of another agent, or a read.
    """

    slice: str
    case: Content
    case_ref: str
    given: Content
    run: str
    runs: int
    place: str
    status: str
    words: str
    source: str
    level: Level
    agent: str
    fingerprint: str
    contract_version: int | None
    started_at: datetime
    ended_at: datetime | None
    agent_time_s: float
    decision: Content | None  # what people decided before
    proposal: Content | None
    seen: Mapping[str, float | None]
    actions: tuple[ActionView, ...]
    answers: tuple[AnswerView, ...]
    refused: tuple[Content, ...] = ()

    @property
    def agreement(self) -> bool | None:
        """Whether proposal and blind decision agree; None while that is unknown."""
        value = self.seen.get("agreement")
        return None if value is None else value == 1.0


@dataclass(frozen=True, kw_only=True)
class CasePage:
    """A page of cases, newest first. `after` is the cursor of the next page, None on the last one."""

    slice: str
    status: str | None
    cases: tuple[CaseView, ...]
    counts: Mapping[str, int]
    after: int | None


def cases(desk: Desk, limit: int = 50, after: int | None = None, status: str | None = None) -> list[CaseView]:
    """Cases by their latest run, newest first; `after` is a `run:start` position, and older ones are given."""
    return list(case_page(desk, limit=limit, after=after, status=status).cases)


def case_page(
    desk: Desk,
    *,
    limit: int = 50,
    after: int | None = None,
    status: str | None = None,
) -> CasePage:
    """A page of at least one case, by their latest run, with the number of cases in each status."""
    query, chosen = (_LATEST, ()) if status is None else (_LATEST_OF_STATUS, (status,))
    rows = select(desk.ledger, query, desk.slice, *chosen, _BEYOND if after is None else after, limit + 1)
    shown = rows[:limit]
    return CasePage(
        slice=desk.slice,
        status=status,
        cases=_views(desk, shown),
        counts=case_counts(desk),
        after=shown[-1]["started_seq"] if len(rows) > limit else None,
    )


def runs_before(desk: Desk, run: str) -> tuple[str | None, str | None]:
    """The runs before this one: the last on the same case, and the last on another; None where there is none."""
    found: dict[bool, str] = {row["same"]: row["id"] for row in select(desk.ledger, _BEFORE, desk.slice, run)}
    return found.get(True), found.get(False)


@kept("case counts")
def case_counts(desk: Desk) -> dict[str, int]:
    """The number of cases by the status of their latest run."""
    return {row["status"]: row["cases"] for row in select(desk.ledger, _COUNTS, desk.slice)}


def case(desk: Desk, run: str) -> CaseView:
    """
    One case by the id of one of its runs.

    Raises:
        CaseUnknown: No such run in the slice.
    """
    rows = select(desk.ledger, _ONE, desk.slice, run)
    if not rows:
        raise CaseUnknown(f"No run '{run}' in '{desk.slice}'. See `goldenthread case list {desk.slice}`.")
    return _views(desk, rows)[0]


# Newest first along an index, until there are enough: what is older than the page is not read.
_LATEST = """
select c.*, c.nth as runs from run c
where c.slice = %s and c.started_seq < %s and not c.followed
order by c.started_seq desc limit %s
"""
_LATEST_OF_STATUS = _LATEST.replace(
    "c.slice = %s",
    "c.slice = %s and (case when state = 'denied' and level = 'shadow' then 'shadow' else state end) = %s",
)
_COUNTS = """
select case when state = 'denied' and level = 'shadow' then 'shadow' else state end as status, count(*) as cases
from run where slice = %s and not followed group by 1
"""
_BEYOND = 2**62
_ONE = """
select r.*, (select count(*) from run o where o.slice = r.slice and o.case_ref = r.case_ref) as runs
from run r where r.slice = %s and r.id = %s
"""
_ACTIONS = """
select * from (
    select *, row_number() over (partition by run order by call, seq) as nth from action where run = any(%s)
) a where nth <= %s order by run, call, seq
"""
_BEFORE = """
with this as (select slice, case_ref, started_seq from run where slice = %s and id = %s)
(select id, true as same from run
    where slice = (select slice from this) and case_ref = (select case_ref from this)
        and started_seq < (select started_seq from this) order by started_seq desc limit 1)
union all
(select id, false as same from run
    where slice = (select slice from this) and case_ref <> (select case_ref from this)
        and started_seq < (select started_seq from this) order by started_seq desc limit 1)
"""
# What a second person is being asked apart stays unsaid until they have answered.
_ANSWERS = """
select i.id, i.run, i.kind, case when asked.item is null then i.answer end as answer,
    case when asked.item is null then i.answered_by end as answered_by
from inbox i left join (
    select v.item, v.first_item from vigilance_item v join inbox s on s.id = v.item where s.state = 'open'
) asked on asked.first_item = i.id
where i.run = any(%s) order by i.asked_at, i.id
"""
_RUNS_OF = "select id, started_seq from run where slice = %s and case_ref = any(%s)"
_REFUSED = "select run, content from step where run = any(%s) and kind = 'refuse' order by run, ordinal"
_DECISIONS = "select case_ref, decision from recorded_decision where slice = %s and case_ref = any(%s)"


def _views(desk: Desk, runs: Sequence[Mapping[str, Any]]) -> tuple[CaseView, ...]:
    refs = [run["case_ref"] for run in runs]
    ids = [run["id"] for run in runs]
    actions = select(desk.ledger, _ACTIONS, ids, MOST_ACTIONS)
    decisions = {row["case_ref"]: row["decision"] for row in select(desk.ledger, _DECISIONS, desk.slice, refs)}
    refused = select(desk.ledger, _REFUSED, [run["id"] for run in runs])
    wanted = {run["input"]: run["case_ref"] for run in runs}
    case_refs = {run["id"]: run["case_ref"] for run in runs}
    wanted.update({step["content"]: case_refs[step["run"]] for step in refused})
    wanted.update({action["arguments"]: action["case_ref"] for action in actions})
    wanted.update({decision: case_ref for case_ref, decision in decisions.items()})
    opened = open_contents(desk.ledger, wanted)
    secret, outline = concealment(desk.ledger, desk.slice, refs), desk.outline()
    counted = _counted(desk, outline, runs)
    by_run: dict[str, list[ActionView]] = {run["id"]: [] for run in runs}
    for action in actions:
        by_run[action["run"]].append(action_view(desk.slice, action, opened[action["arguments"]], secret))
    answers = _answers(desk, [run["id"] for run in runs])
    return tuple(
        _view(
            desk,
            run,
            outline.agents[run["fingerprint"]].agent,
            counted.get(run["fingerprint"], {}).get(run["case_ref"]),
            opened,
            decision=opened.get(decisions.get(run["case_ref"], "")),
            actions=tuple(by_run[run["id"]]),
            answers=answers.get(run["id"], ()),
            refused=tuple(
                refusal(opened[step["content"]], secret.why(run["case_ref"], run["level"]))
                for step in refused
                if step["run"] == run["id"]
            ),
        )
        for run in runs
    )


def _counted(desk: Desk, outline: Outline, shown: Sequence[Mapping[str, Any]]) -> Mapping[str, Mapping[str, Row]]:
    """The run by which each of these cases counts under each fingerprint, from the records of all of their runs."""
    runs = {run["id"]: run["started_seq"] for run in shown}
    several = [run["case_ref"] for run in shown if run["nth"] > 1 or run["followed"]]
    if several:
        runs.update({row["id"]: row["started_seq"] for row in select(desk.ledger, _RUNS_OF, desk.slice, several)})
    return case_rows(outline, records_of_runs(desk.ledger, desk.slice, runs, CASE_KINDS))


def _answers(desk: Desk, runs: list[str]) -> dict[str, tuple[AnswerView, ...]]:
    found: dict[str, tuple[AnswerView, ...]] = {}
    for row in select(desk.ledger, _ANSWERS, runs):
        view = AnswerView(item=row["id"], kind=row["kind"], answer=row["answer"], by=row["answered_by"])
        found[row["run"]] = (*found.get(row["run"], ()), view)
    return found


def _words(status: str, answers: tuple[AnswerView, ...]) -> str:
    """What has become of a case: a person's answer is news before the agent has taken it up."""
    if answers and all(one.answer is not None for one in answers) and status in _ANSWERED:
        return _ANSWERED[status]
    return STATUS_WORDS.get(status, status)


_ANSWERED = {
    "waiting": "answered; the agent goes on when it opens the case again",
    "escalated": "handed to a person, who decided",
}


def _view(
    desk: Desk,
    run: Mapping[str, Any],
    agent: str,
    row: Row | None,
    opened: Mapping[str, Content],
    *,
    decision: Content | None,
    actions: tuple[ActionView, ...],
    answers: tuple[AnswerView, ...],
    refused: tuple[Content, ...],
) -> CaseView:
    given, level = opened[run["input"]], Level(run["level"])
    status = status_of(run["state"], level)
    return CaseView(
        slice=desk.slice,
        case=given.part("case"),
        case_ref=run["case_ref"],
        given=given.part("input"),
        run=run["id"],
        runs=run["runs"],
        place=place(desk.slice, run["started_seq"]),
        status=status,
        words=_words(status, answers),
        source=run["source"],
        level=level,
        agent=agent,
        fingerprint=run["fingerprint"],
        contract_version=run["contract_version"],
        started_at=run["started_at"],
        ended_at=run["ended_at"],
        agent_time_s=run["agent_time_s"],
        decision=decision,
        proposal=_proposal(actions),
        seen=dict(row.values) if row is not None and row.run == run["id"] else {},
        actions=actions,
        answers=answers,
        refused=refused,
    )


def action_view(slice_name: str, row: Mapping[str, Any], arguments: Content, secret: Concealment) -> ActionView:
    """An action's row as a reader may see it."""
    why_not = secret.why(row["case_ref"], row["level"])
    why = "erased" if arguments.state == "erased" else row["reason"]
    return ActionView(
        id=row["id"],
        place=place(slice_name, row["seq"]),
        call=row["call"],
        name="" if why_not else row["name"],
        arguments=hidden(why_not) if why_not else arguments,
        verdict=row["verdict"],
        state=row["state"],
        words=state_words(row["state"], Level(row["level"])),
        why="" if why_not else why,
        cited=() if why_not else tuple(row["cited"]),
        grounded=None if why_not else row["grounded"],
    )


def _proposal(actions: tuple[ActionView, ...]) -> Content | None:
    """The first action of a run as a decision: what agreement compares."""
    if not actions:
        return None
    first = actions[0]
    if not first.arguments.kept:
        return first.arguments
    return Content(state="kept", value={"action": first.name, "arguments": first.arguments.value})
