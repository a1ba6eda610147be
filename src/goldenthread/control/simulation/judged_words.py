"""What a contract says of recorded runs, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from goldenthread.control.autonomy import ClauseReading
from goldenthread.control.simulation.judged import AgentJudged, Judged
from goldenthread.promise.contract import Contract, clause_sentences
from goldenthread.promise.values import Level


def judged_words(found: Judged) -> str:
    """The whole report, ready to print."""
    lines: list[str] = []
    for agent in found.agents:
        lines += [*_agent(found.contract, agent), ""]
    if found.chosen is not None:
        lines += [*_compared(found), ""]
    lines.append("These runs were looked at; they earn no level, and nothing was recorded.")
    return "\n".join(lines)


def counted_words(agent: AgentJudged) -> str:
    """`50 tasks, not 200 runs: ...`."""
    tasks = "1 task" if agent.counted == 1 else f"{agent.counted:,} tasks"
    if agent.runs == agent.counted:
        words = f"{tasks}, one run each."
    else:
        words = f"{tasks}, not {agent.runs:,} runs: a task counts once, by its first run that did not end in a fault."
    if agent.faults:
        words += f" Ended in a fault, and no failure: {agent.faults:,}."
    if agent.cases > agent.counted:
        words += f" Without any run that counts: {agent.cases - agent.counted:,}."
    return words


def _agent(contract: Contract, agent: AgentJudged) -> Iterator[str]:
    yield f"{agent.name} ({agent.fingerprint[:19]}), from {', '.join(agent.files)}"
    yield f"  Counted: {counted_words(agent)}"
    yield from (f"  Note: {note}" for note in agent.notes)
    yield f"  Would have earned: {_earned_words(contract, agent)}"
    said: dict[str, Level] = {}
    for level, readings in agent.readings.items():
        yield f"  Gate to {level}: {'proved' if agent.clears(level) else 'not proved'}"
        for reading in readings:
            yield from _reading(contract, reading, said.get(reading.title))
            said.setdefault(reading.title, level)


def _earned_words(contract: Contract, agent: AgentJudged) -> str:
    assert contract.autonomy is not None
    start = contract.autonomy.start
    steps = []
    for moment in agent.changes:
        rang = f"; tripwire '{moment.change['tripwire']}' was hit" if moment.fell else ""
        what = f"{moment.before} to {moment.after}" if moment.after is not moment.before else f"still {moment.after}"
        steps.append(f"{what} at case {moment.cases:,}{rang}")
    if not steps:
        return f"nothing; it stays at {start}."
    return f"{agent.earned} ({'; then '.join(steps)})."


def _reading(contract: Contract, reading: ClauseReading, said: Level | None) -> Iterator[str]:
    origin = " (the workflow's line, which every gate requires)" if reading.from_workflow else ""
    verdict = "passed" if reading.passed else "not passed"
    yield f"    {reading.title}: {verdict}, evidence {int(reading.meter * 100)} %{origin}"
    if said is not None:
        yield f"      As at the gate to {said}."
        return
    if reading.error or reading.evidence is None or not reading.evidence.n:
        yield f"      {reading.error or reading.missing}."
        return
    assert contract.autonomy is not None
    yield f"      {clause_sentences(reading.evidence, claim=contract.autonomy.claim, segment=reading.segment)}"


def _compared(found: Judged) -> Iterator[str]:
    assert found.chosen is not None
    assert found.contract.autonomy is not None
    names = {agent.fingerprint: agent.name for agent in found.agents}
    wrong = f"{100 - found.contract.autonomy.confidence} %"
    yield (
        f"{len(found.agents)} agents were compared. The more one tries, the more look good by chance: on average, at "
        f"most {wrong} of those named here are named wrongly."
    )
    for level, chosen in found.chosen.items():
        yield f"  Gate to {level}: {_names(chosen, names)}"


def _names(chosen: frozenset[str], names: dict[str, str]) -> str:
    listed = [name for fingerprint, name in names.items() if fingerprint in chosen]
    return ", ".join(listed) if listed else "none clears it."
