"""Whether people still look: each approver of a slice, with what is known of them, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.control.guard import Desk
from goldenthread.control.vigilance import Agreement, Answered, Times, Watched, agreement_of, times_of
from goldenthread.promise.contract import Approvers
from goldenthread.promise.values import canonical
from goldenthread.record.ledger import Record
from goldenthread.surfaces.views.content import open_contents
from goldenthread.surfaces.views.kept import kept
from goldenthread.surfaces.views.rows import place, select

LATEST = 1000
"""Answers of the slice that times are read from, the newest."""


@dataclass(frozen=True, kw_only=True)
class FlagView:
    """A flag that stands: on what ground, since when, how rarely one is wrong, and where it stands."""

    ground: str  # 'checks' or 'agreement'
    reason: str
    since: datetime
    alpha: float
    place: str


@dataclass(frozen=True, kw_only=True)
class ApproverView:
    """
    One approver of a slice.

    Attributes:
        answered: Approvals that they answered, checks and shared questions among them.
        checks: Checks of theirs that count; `wrong` of them were to be refused, of which they `caught` so many, and of
            the `fine` ones they refused `refused_fine`.
        agreement: With colleagues who were asked apart.
        weight: What a yes of theirs counts as a label: 1, or 0 while flagged.
        flag: The flag that stands, if any; `flags` is how many there ever were.
        words: All of it in plain words, most important first.
    """

    name: str
    answered: int
    times: Times
    checks: int
    wrong: int
    caught: int
    fine: int
    refused_fine: int
    agreement: Agreement
    weight: float
    flag: FlagView | None
    flags: int
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ApproversView:
    """
    A slice's approvers.

    Attributes:
        shared: Per cent of approvals that are asked of a second person too, by the contract in force.
        checks: Per cent of approvals that come with a check.
        alpha: The chance that an approver who looks is ever flagged.
        given: Known cases that an expert gave and nobody was asked yet.
        past: Past cases with a recorded decision that a check may still be made of.
        people: By name; whoever answered anything.
    """

    slice: str
    shared: float
    checks: float
    alpha: float | None
    given: int
    past: int
    people: tuple[ApproverView, ...]
    words: tuple[str, ...]


@kept("approvers")
def approvers(desk: Desk) -> ApproversView:
    """Everybody who answered approvals of a slice. Reads only."""
    standing = desk.standing()
    contract = standing.contract
    autonomy = contract.autonomy if contract is not None else None
    asked = (autonomy.approvers if autonomy is not None else None) or Approvers()
    answers = _answers(desk)
    names = sorted({*(one.by for one in answers), *standing.vigilance.people})
    left = select(desk.ledger, _LEFT, desk.slice, desk.slice)[0]
    alpha = autonomy.alpha if autonomy is not None and autonomy.approvers is not None else None
    return ApproversView(
        slice=desk.slice,
        shared=float(asked.shared),
        checks=float(asked.checks),
        alpha=alpha,
        given=left["given"],
        past=left["past"],
        people=tuple(_approver(desk.slice, name, standing.vigilance.of(name), answers) for name in names),
        words=_words(asked, alpha, left["given"] + left["past"]),
    )


def approver_text(view: ApproversView) -> str:
    """The page as text."""
    lines = [f"Approvers of {view.slice}", *(f"  {line}" for line in view.words)]
    for one in view.people:
        lines += ["", one.name, *(f"  {line}" for line in one.words)]
    if not view.people:
        lines += ["", "Nobody has answered an approval yet."]
    return "\n".join(lines)


_ANSWERS = """
with told as (
    select id, slice, asked_at, answered_at, answered_by,
        lag(answered_at) over (partition by answered_by order by answered_at, id) as before
    from inbox where answered_by is not null and kind = 'approval' and state = 'answered'
)
select t.answered_by, coalesce(r.input, v.input) as input, coalesce(a.arguments, v.arguments) as arguments, i.case_ref,
    extract(epoch from t.answered_at - greatest(t.asked_at, coalesce(t.before, t.asked_at)))::float8 as seconds
from told t join inbox i on i.id = t.id left join run r on r.id = i.run left join action a on a.id = i.action
    left join vigilance_item v on v.item = i.id
where t.slice = %s order by t.answered_at desc, t.id limit %s
"""
_LEFT = """
select (select count(*) from vigilance_known k where k.slice = %s and not exists
        (select 1 from vigilance_item v where v.slice = k.slice and v.known = k.id)) as given,
    (select count(distinct d.case_ref) from recorded_decision d
        join run r on r.slice = d.slice and r.case_ref = d.case_ref and r.source = 'replay'
        where d.slice = %s and not exists
        (select 1 from vigilance_item v where v.slice = d.slice and v.known = d.case_ref)) as past
"""


def _answers(desk: Desk) -> list[Answered]:
    """The latest answers, with the time since it was asked or since their own last answer, whichever is shorter."""
    rows = select(desk.ledger, _ANSWERS, desk.slice, LATEST)
    wanted = {row[name]: row["case_ref"] for row in rows for name in ("input", "arguments")}
    opened = open_contents(desk.ledger, wanted)

    def characters(row: Mapping[str, Any]) -> int:
        kept = [opened[row[name]].value for name in ("input", "arguments") if opened[row[name]].kept]
        return sum(len(canonical(value)) for value in kept)

    return [
        Answered(by=row["answered_by"], seconds=max(0.0, row["seconds"]), characters=characters(row)) for row in rows
    ]


def _approver(slice_name: str, name: str, known: Watched, answers: Sequence[Answered]) -> ApproverView:
    times, agreement = times_of(name, answers), agreement_of(known.all_pairs)
    return ApproverView(
        name=name,
        answered=times.answers,
        times=times,
        checks=known.wrong + len(known.fine),
        wrong=known.wrong,
        caught=known.caught,
        fine=len(known.fine),
        refused_fine=known.fine.count(False),
        agreement=agreement,
        weight=known.weight,
        flag=_flag(slice_name, known.flag) if known.flag is not None else None,
        flags=len(known.past) + (known.flag is not None),
        words=tuple(_said_of(slice_name, name, known, times, agreement)),
    )


def _flag(slice_name: str, record: Record) -> FlagView:
    return FlagView(
        ground=record.data["ground"],
        reason=record.data["reason"],
        since=record.at,
        alpha=record.data["evidence"]["alpha"],
        place=place(slice_name, record.seq),
    )


def _words(asked: Approvers, alpha: float | None, left: int) -> tuple[str, ...]:
    if alpha is None:
        return ("The contract watches nobody, so nobody knows whether they look. See `approvers` in the contract.",)
    lines = [f"Whoever looks is flagged with a chance of at most {percent(alpha)}, however long they are watched."]
    if asked.shared:
        lines.append(f"{asked.shared:f} % of approvals are asked of a second person too.")
    if asked.checks:
        cases = "1 known case is" if left == 1 else f"{left:,} known cases are"
        lines.append(f"{asked.checks:f} % of approvals come with a check; {cases} left to ask.")
        if not left:
            lines.append("Without known cases there are no checks: give some with `goldenthread inbox checks add`.")
    else:
        lines.append("Without checks, two people who differ cannot be told apart; three can.")
    return tuple(lines)


def _said_of(slice_name: str, name: str, known: Watched, times: Times, agreement: Agreement) -> list[str]:
    lines = []
    if known.flag is not None:
        wrongly = percent(known.flag.data["evidence"]["alpha"])
        lines += [
            f"FLAGGED: {known.flag.data['reason'][0].lower()}{known.flag.data['reason'][1:]}.",
            f"  Of people who look, at most {wrongly} would ever be flagged so.",
            "  Their approvals count nothing as labels, and no level of the slice rises.",
            "  Talk to them; then an owner runs",
            f'  `goldenthread inbox clear {name} {slice_name} --reason "..." --as NAME`.',
        ]
    lines.append(f"Answered   {times.answers:,}{_median_words(times)}")
    lines.append(f"Checks     {_check_words(known)}")
    lines.append(f"Agreement  {_agreement_words(agreement)}")
    lines.append(f"Weight     {known.weight:g}: {'a yes counts as a label' if known.weight else 'a yes is no label'}")
    lines += [f"Pace       {words}" for words in _pace_words(times)]
    return lines


def _median_words(times: Times) -> str:
    return f", half of them within {seconds_words(times.median_s)}" if times.median_s is not None else ""


def percent(share: float) -> str:
    """A share in per cent, without digits that nobody needs: `5 %`, `2.5 %`."""
    return f"{round(share * 100, 1):g} %"


def seconds_words(seconds: float) -> str:
    """A time as people say it: `8 s`, `3 min`, `2.5 h`."""
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _check_words(known: Watched) -> str:
    if not known.wrong and not known.fine:
        return "none yet"
    refused = known.fine.count(False)
    fine = f"; refused {refused} of {len(known.fine)} that were right" if known.fine else ""
    return f"caught {known.caught} of {known.wrong} that were wrong{fine}"


def _agreement_words(agreement: Agreement) -> str:
    if not agreement.pairs:
        return "nothing was asked of somebody else too"
    kappa = "unknown" if agreement.kappa is None else f"{agreement.kappa:.2f}"
    return f"the same answer in {agreement.same} of {agreement.pairs} shared cases (kappa {kappa})"


def _pace_words(times: Times) -> list[str]:
    lines = []
    if times.unread:
        lines.append(f"{percent(times.unread)} of the answers came sooner than the item could be read")
    if times.quicker is not None:
        lines.append(f"quicker than a colleague in {percent(times.quicker)} of comparisons")
    if times.by_length is not None:
        lines.append(f"time follows the length of what is asked by {times.by_length:+.2f} (rank correlation)")
    return [*lines, "being quick flags nobody"] if lines else []
