"""The golden thread on a terminal: one line a part, top to bottom, each with its place in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from goldenthread.surfaces.views.changes import evidence_words
from goldenthread.surfaces.views.content import Content
from goldenthread.surfaces.views.thread_parts import ThreadView

_NAME = 10
_KNOT, _LINE = "o", "|"


@dataclass(frozen=True, kw_only=True)
class _Knot:
    """One part of the thread; `more` are lines that belong to it."""

    name: str
    words: str
    place: str = ""
    more: tuple[str, ...] = ()


def thread_text(view: ThreadView) -> str:
    """
    A compact vertical thread, from the business number down to the effect.

    No colour, control characters written out. What was erased reads 'erased', what nobody measured 'unknown'.
    """
    lines = []
    for knot in _knots(view):
        where = f"  [{knot.place}]" if knot.place else ""
        lines.append(f"{_KNOT} {knot.name:<{_NAME}}{knot.words}{where}")
        lines += [f"{_LINE} {'':<{_NAME}}{more}" for more in knot.more]
    return "\n".join(map(_visible, lines))


def _knots(view: ThreadView) -> Iterator[_Knot]:
    for line in view.outcomes:
        yield _Knot(name="promise", words=line.text, more=(line.words,))
    yield _contract(view)
    yield _level(view)
    yield _agent(view)
    yield _run(view)
    yield from _grounds(view)
    yield _decision(view)
    yield from _answers(view)
    yield from _permit(view)
    yield _effect(view)
    for one in view.breaches:
        name = "tried" if one.clause == "try" else "broken"
        clause = "" if one.clause == "try" else f"{one.clause}: "
        yield _Knot(name=name, words=f"{clause}{one.words}, {_at(one.at)}", place=one.place)


def _contract(view: ThreadView) -> _Knot:
    contract = view.contract
    signed = [f"signed by {one.by} as {one.role}, {_at(one.at)}  [{one.place}]" for one in contract.signatures]
    missing = [f"not signed by {one.by} as {one.role}" for one in contract.missing]
    words = f"{contract.slice} version {contract.version}, {contract.digest}"
    return _Knot(name="contract", words=words, place=contract.place, more=(*signed, *missing))


def _level(view: ThreadView) -> _Knot:
    level, earned = view.level, view.level.earned
    if earned is None:
        return _Knot(name="level", words=f"{level.level}: {level.meaning}")
    evidence = tuple(evidence_words(one) for one in earned.evidence)
    words = f"{level.level}, from {earned.before}: {earned.reason}"
    return _Knot(name="level", words=words, place=earned.place, more=evidence)


def _agent(view: ThreadView) -> _Knot:
    agent = view.agent
    model = agent.manifest.get("model")
    more = [f"answered for by {agent.responsible}"] if agent.responsible else []
    more += [f"model: {model}"] if model else []
    return _Knot(name="agent", words=f"{agent.name}, {agent.fingerprint}", place=agent.place, more=tuple(more))


def _run(view: ThreadView) -> _Knot:
    run = view.run
    ended = f"; {run.status}  [{run.ended}]" if run.ended else f"; {run.status}"
    steps = ", ".join(step.kind for step in run.steps)
    refused = [f"refused: {step.words}" for step in run.steps if step.kind == "refuse"]
    more = (f"steps: {steps}{ended}" if steps else f"no steps on record{ended}", *refused)
    return _Knot(name="run", words=f"{run.id} on case {run.case.words} ({run.source})", place=run.place, more=more)


def _grounds(view: ThreadView) -> Iterator[_Knot]:
    for one in view.cited:
        score = f", {one.source}, score {one.score:g}" if one.score is not None else ", never retrieved in this run"
        score = ", erased" if one.retrieved is None else score
        yield _Knot(name="cites", words=f"{one.id}{score}", more=(one.digest,) if one.digest else ())
    if view.recorded is not None:
        yield _Knot(name="people", words=f"decided before: {_call(view.recorded)}")


def _decision(view: ThreadView) -> _Knot:
    decision, clause = view.decision, view.decision.clause
    stated = f", line {clause.line} of {clause.file}: {clause.text}" if clause.line else ""
    more = [f"clause {clause.path}{stated}"] if clause.path else []
    said = f"{decision.verdict}: {decision.reason}, {_at(decision.at)}"
    return _Knot(
        name="action",
        words=f"{view.action or 'an action'} {view.arguments.words}",
        place=decision.place,
        more=(said, *more, f"{decision.mode} mode"),
    )


def _answers(view: ThreadView) -> Iterator[_Knot]:
    for one in view.questions:
        if one.answer is None:
            yield _Knot(name="asked", words=f"{one.kind} {one.item}: nobody has answered yet", place=one.place)
        else:
            words = f"{one.kind} {one.item}: {one.answer} by {one.by}, {_at(one.answered_at)}"
            asked = f"asked {_at(one.at)}  [{one.place}]"
            yield _Knot(name="person", words=words, place=one.answered or "", more=(asked,))
    if view.permitted is not None:
        yield _Knot(name="edited", words=view.permitted.words)


def _permit(view: ThreadView) -> Iterator[_Knot]:
    permit = view.permit
    if permit is None:
        return
    used = f"unused, until {_at(permit.expires)}"
    if permit.consumed is not None:
        used = f"used {_at(permit.consumed_at)}  [{permit.consumed}]"
    yield _Knot(name="permit", words=f"{permit.id}, {permit.digest}", place=permit.place, more=(used,))


def _effect(view: ThreadView) -> _Knot:
    effect = view.effect
    if effect is None:
        return _Knot(name="effect", words=f"none: {view.decision.words}")
    result = (f"result: {effect.result.words}",) if effect.result is not None else ()
    return _Knot(name="effect", words=f"{effect.outcome}, {_at(effect.at)}", place=effect.place, more=result)


def _call(content: Content) -> str:
    if not content.kept or not isinstance(content.value, dict):
        return content.words
    arguments = content.value.get("arguments")
    shown = Content(state="kept", value=arguments).words if arguments else ""
    return f"{content.value.get('action')} {shown}".strip()


def _visible(line: str) -> str:
    """The line with control characters written out: content must not move the cursor or forge a line."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in line)


def _at(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC") if at is not None else ""
