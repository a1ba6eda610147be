"""The ladder of a slice: what is earned, on which evidence, and what the next level takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from goldenthread.control.autonomy import ClauseReading, Evaluation, Outline, Standing, evaluate, read_gate
from goldenthread.control.guard import Desk
from goldenthread.control.stops import Stop
from goldenthread.promise.contract import Autonomy, ClauseEvidence, ClauseTest, clause_sentences, clause_test
from goldenthread.promise.contract.page import MEANING
from goldenthread.promise.evidence import RateTest
from goldenthread.promise.values import LADDER, GateVerdict, Level
from goldenthread.surfaces.views.changes import ChangeView, change_view
from goldenthread.surfaces.views.figures import of_clause
from goldenthread.surfaces.views.forecasts import MoreCases, clause_forecast, more_cases, only_waits
from goldenthread.surfaces.views.kept import kept, whole
from goldenthread.surfaces.views.spans import RateSpan, span_of


@dataclass(frozen=True, kw_only=True)
class ClauseView:
    """
    One clause of a gate and its evidence. `meter` is the share of the evidence needed, in [0, 1]; `missing` says
    why nothing can be judged; `forecast` how many more cases it takes at the present rate, `more` the same in numbers;
    `waits` that what is known would prove it, and only open cases hold it back; `span` is given for rates.
    """

    text: str
    from_workflow: bool
    passed: bool
    meter: float
    cases: int
    pending: int
    failures: int | None
    estimate: str | None
    proved: str | None
    missing: str | None
    needs: int | None  # fewest clean cases
    words: str
    forecast: str | None = None
    more: MoreCases | None = None
    waits: bool = False
    span: RateSpan | None = None


@dataclass(frozen=True, kw_only=True)
class Rung:
    """
    One level. `state` is 'here', 'earned' (below), 'next', 'later', or 'beyond' (above the contract's ceiling).
    `falls` are the tripwires that bring an agent down to it.
    """

    level: Level
    state: str
    meaning: str
    clauses: tuple[ClauseView, ...]
    falls: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StopView:
    """A stop that reaches the slice; `words` say what stands still, by whom and why."""

    id: str
    words: str


@dataclass(frozen=True, kw_only=True)
class LadderView:
    """
    How far the agent of a slice has come. `fingerprint` is the one declared last, None before any agent
    connected; `verdict` and `reason` say what the evidence says of the next gate now. `suspended`: nothing has effect;
    `stops` are all that reach the slice, those of a single tool too.
    """

    slice: str
    level: Level
    ceiling: Level | None
    suspended: bool
    stops: tuple[StopView, ...]
    agent: str | None
    fingerprint: str | None
    since: datetime | None
    cases: int
    verdict: GateVerdict
    target: Level | None
    reason: str
    meter: float
    rungs: tuple[Rung, ...]
    changes: tuple[ChangeView, ...]
    earlier: tuple[str, ...]  # fingerprints that were declared before, newest first
    forecast: str | None


def _being_read(view: LadderView) -> LadderView:
    return replace(view, verdict=GateVerdict.INSUFFICIENT, reason=view.reason if view.suspended else READING)


def _of_now(desk: Desk, view: LadderView) -> LadderView:
    """What was kept, with the level and the stops of now; whose level moved since, climbs on other evidence."""
    outline, everywhere = desk.outline(), desk.outlines.everywhere().in_force
    agent, stops = outline.current, outline.reached_by(everywhere)
    fingerprint = agent.fingerprint if agent is not None else None
    level = outline.level(fingerprint or "")
    held = stop_words(stops)
    reason = held or (
        READING if view.suspended or (fingerprint, level) != (view.fingerprint, view.level) else view.reason
    )
    return replace(
        view,
        level=level,
        fingerprint=fingerprint,
        agent=agent.agent if agent is not None else None,
        suspended=any(stop.tool is None for stop in stops),
        stops=tuple(StopView(id=stop.id, words=stop.words) for stop in stops),
        reason=reason,
        changes=_changes(outline),
    )


@kept("ladder", blank=_being_read, fresh=_of_now)
def ladder(desk: Desk) -> LadderView:
    """The ladder of the fingerprint declared last."""
    return ladder_of(whole(desk), desk.everywhere().in_force)


def ladder_of(standing: Standing, everywhere: tuple[Stop, ...] = (), *, forecasts: bool = True) -> LadderView:
    """
    The same from a standing and from what is stopped everywhere; `forecasts` False leaves out how many more cases
    each clause takes.
    """
    stops = standing.reached_by(everywhere)
    agent = standing.current
    fingerprint = agent.fingerprint if agent else ""
    level = standing.level(fingerprint)
    verdict, held = evaluate(standing, fingerprint), standing.held(fingerprint)
    rungs = tuple(_rung(standing, fingerprint, level, rung, forecasts) for rung in LADDER)
    coming = next((rung for rung in rungs if rung.state == "next"), None)
    autonomy = _autonomy(standing)
    changes = _changes(standing)
    mine = [change for change in changes if change.fingerprint == fingerprint]
    return LadderView(
        slice=standing.slice,
        level=level,
        ceiling=autonomy.ceiling if autonomy else None,
        suspended=any(stop.tool is None for stop in stops),
        stops=tuple(StopView(id=stop.id, words=stop.words) for stop in stops),
        agent=agent.agent if agent else None,
        fingerprint=agent.fingerprint if agent else None,
        since=mine[-1].at if mine else None,
        cases=len(agent.rows) if agent else 0,
        verdict=verdict.verdict,
        target=verdict.target,
        reason=_reason(standing, stops, verdict, held),
        meter=min((clause.meter for clause in coming.clauses), default=0.0) if coming else 0.0,
        rungs=rungs,
        changes=changes,
        earlier=_earlier(standing, fingerprint),
        forecast=_slowest(coming.clauses) if coming else None,
    )


READING = "The evidence is being read"
"""In place of a reason, until somebody has worked it out."""


def stop_words(stops: tuple[Stop, ...]) -> str | None:
    """Why nothing has effect, if a stop holds all of it."""
    stop = next((stop for stop in stops if stop.tool is None), None)
    return f"{stop.words}. Nothing has effect until two people lift it" if stop is not None else None


def _reason(standing: Standing, stops: tuple[Stop, ...], verdict: Evaluation, held: str | None) -> str:
    stopped = stop_words(stops)
    if stopped is not None:
        return stopped
    if standing.contract is not None and standing.current is None:
        return "No agent has connected yet"
    return f"{held}; it has earned {verdict.level}" if held is not None else verdict.reason


def _autonomy(standing: Standing) -> Autonomy | None:
    version = standing.in_force or standing.latest
    return version.contract.autonomy if version else None


def _rung(standing: Standing, fingerprint: str, level: Level, rung: Level, forecasts: bool) -> Rung:
    autonomy = _autonomy(standing)
    if autonomy is None:
        state = "here" if rung is level else "beyond"
        return Rung(level=rung, state=state, meaning=MEANING[rung], clauses=(), falls=())
    state = _state(rung, level, autonomy.ceiling)
    readings = read_gate(standing, fingerprint, rung)
    clauses = tuple(_clause(reading, autonomy, forecasts and state == "next") for reading in readings)
    return Rung(
        level=rung,
        state=state,
        meaning=MEANING[rung],
        clauses=clauses or _unjudged(autonomy, rung),
        falls=tuple(str(clause) for clause in autonomy.tripwires.get(rung, ())),
    )


def _state(rung: Level, level: Level, ceiling: Level) -> str:
    if rung is level:
        return "here"
    if rung < level:
        return "earned"
    if rung > ceiling:
        return "beyond"
    return "next" if rung is level.next else "later"


def _unjudged(autonomy: Autonomy, rung: Level) -> tuple[ClauseView, ...]:
    """A gate before any agent has come: what it asks for."""
    return tuple(
        _clause(ClauseReading(clause=clause, evidence=None, missing="no agent has worked a case"), autonomy, False)
        for clause in autonomy.gates.get(rung, ())
    )


def _clause(reading: ClauseReading, autonomy: Autonomy, forecasts: bool) -> ClauseView:
    test = clause_test(reading.clause, autonomy.alpha)
    needs = test.test.fewest() if isinstance(test, ClauseTest) and isinstance(test.test, RateTest) else None
    evidence = reading.evidence
    if evidence is None or reading.missing:
        missing = reading.error or reading.missing or "nothing is known yet"
        return _view(reading, evidence, needs, missing, words=f"Not enough evidence: {missing}.")
    words = str(clause_sentences(evidence, claim=autonomy.claim, segment=reading.segment))
    view = _view(reading, evidence, needs, None, words=words)
    if not forecasts or not isinstance(test, ClauseTest) or evidence.passed:
        return view
    return replace(
        view,
        forecast=clause_forecast(test, evidence, autonomy.claim),
        more=more_cases(test, evidence, autonomy.claim),
        waits=only_waits(test, evidence, autonomy.claim),
    )


def _view(
    reading: ClauseReading,
    evidence: ClauseEvidence | None,
    needs: int | None,
    missing: str | None,
    *,
    words: str,
) -> ClauseView:
    clause = reading.clause
    proved = None
    if evidence is not None and evidence.lower is not None:
        proved = f"at least {of_clause(clause, evidence.lower)}"
    elif evidence is not None and evidence.upper is not None:
        proved = f"at most {of_clause(clause, evidence.upper)}"
    return ClauseView(
        text=reading.title,
        from_workflow=reading.from_workflow,
        passed=reading.passed,
        meter=reading.meter,
        cases=evidence.n if evidence else 0,
        pending=evidence.pending if evidence else 0,
        failures=evidence.failures if evidence else None,
        estimate=of_clause(clause, evidence.estimate) if evidence else None,
        proved=proved,
        missing=missing,
        needs=needs,
        words=words,
        span=span_of(clause, evidence) if evidence is not None else None,
    )


def _slowest(clauses: Iterable[ClauseView]) -> str | None:
    """The forecast of the clause that is furthest from being proved."""
    open_clauses = [clause for clause in clauses if clause.forecast is not None]
    furthest = min(open_clauses, key=lambda clause: clause.meter, default=None)
    return f"{furthest.text}: {furthest.forecast}" if furthest else None


def _changes(standing: Outline) -> tuple[ChangeView, ...]:
    records = [record for agent in standing.agents.values() for record in agent.changes]
    return tuple(change_view(record) for record in sorted(records, key=lambda record: record.seq))


def _earlier(standing: Standing, fingerprint: str) -> tuple[str, ...]:
    others = [agent for agent in standing.agents.values() if agent.fingerprint != fingerprint]
    return tuple(agent.fingerprint for agent in sorted(others, key=lambda agent: -agent.seq))
