"""What the parts of a whiteboard mean, in plain words: for safety, for impact, and for what the agent may own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from goldenthread.promise.contract import Action, Contract
from goldenthread.promise.values import Effect, Level
from goldenthread.surfaces.views.figures import count
from goldenthread.surfaces.views.timeline_words import took_words
from goldenthread.surfaces.views.whiteboard_seen import Seen


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a part means, in three sentences."""

    safety: str
    impact: str
    own: str


def meaning(kind: str, contract: Contract, level: str, *, action: Action | None, undeclared: bool) -> Meaning:
    """What a part of this kind means in a contract, at the level where the agent is."""
    if undeclared:
        return _UNDECLARED.get(kind, _UNDECLARED["tool"])
    if action is not None:
        return _of_source(action) if kind == "source" else _of_tool(action, level)
    return _MEANT[kind](contract, level)


def measured(kind: str, name: str, seen: Seen) -> Iterator[str]:
    """What was measured at a part, a line each; nothing where nobody measured it."""
    if kind in ("tool", "source"):
        yield from _calls(name, seen)
    reading = (seen.sources if kind == "knowledge" else seen.reads).get(name)
    if kind in ("knowledge", "source") and reading is not None:
        yield f"{count(reading.times, 'look-up')} in the steps that were opened; last {_at(reading.last)}"
    delegated = sum(number for (agent, _), number in seen.delegated.items() if agent == name)
    if kind == "called agent" and delegated:
        yield f"called {count(delegated, 'time')} by the runs that were looked at"
    if kind in _SPAN_KINDS:
        yield from _spans(_SPAN_KINDS[kind], name, seen)
    if kind == "guard":
        yield from _decisions(seen)
    if kind == "telemetry":
        calls = sum(span.calls for span in seen.spans.values())
        if calls:
            yield f"{count(calls, 'span')} of tools, models, sources and agents in 28 days"
    if kind == "case" and seen.runs:
        yield f"{count(seen.runs, 'run')} looked at, the first {_at(seen.since)}"


def effect_note(action: Action) -> str:
    """An action's effect in a few words."""
    if action.effect is Effect.READ:
        return "reads, and sends data out" if action.egress else f"read; {_trust(action)}"
    return f"{action.effect}, sends data out" if action.egress else str(action.effect)


def path_of(contract: Contract) -> str:
    """Who is asked, in order."""
    steps = contract.autonomy.escalate if contract.autonomy is not None else ()
    return ", then ".join(step.to for step in steps) or "nobody is named"


def _trust(action: Action) -> str:
    if action.trust is None:
        return "trusted"
    return "trusted in part" if action.trust else "not trusted"


def _of_source(action: Action) -> Meaning:
    if action.trust is None:
        safety = "A system of record: a value that stands in it may decide where an effect goes."
    elif action.trust:
        safety = f"Only {', '.join(action.trust)} of it is trusted; whatever else it says may have been planted."
    else:
        safety = "Others can write into it, so nothing it says may decide where an effect goes, nor give orders."
    return Meaning(
        safety=safety,
        impact="Proposals rest on it: what it lacks or gets wrong, the agent gets wrong or hands over.",
        own="Reading has no effect, so the agent may do it at every level.",
    )


def _of_tool(action: Action, level: str) -> Meaning:
    undo = f"; '{action.undo}' takes it back" if action.undo else ""
    safety = {
        Effect.READ: "It sends data out of the house, so it counts as an effect.",
        Effect.REVERSIBLE: f"Its effect can be taken back{undo}.",
        Effect.IRREVERSIBLE: "Its effect cannot be taken back, so alone it is done in enforcing mode only.",
    }[action.effect]
    decides = f" Where it goes ({', '.join(action.decides)}) must come from a trusted source." if action.decides else ""
    return Meaning(
        safety=f"{safety}{decides}",
        impact="Here work gets done: each effect that did not happen is work that people have left.",
        own=_leave(action, level),
    )


def _leave(action: Action, level: str) -> str:
    limits = [
        f"{'at every level' if at is None else f'at {at}'}: {' and '.join(map(str, of))}"
        for at, of in action.limits.items()
    ]
    bounds = [*limits, *(f"at most {budget}" for budget in action.budget)]
    within = f" Its bounds: {'; '.join(bounds)}." if bounds else " The contract bounds it no further."
    now = {
        Level.SHADOW: "At shadow, where the agent is, it does not happen; the proposal is recorded.",
        Level.DRAFT: "At draft, where the agent is, people get the proposal and do it themselves.",
        Level.APPROVAL: "At approval, where the agent is, each one takes a person's yes.",
    }.get(Level(level), f"At {level}, where the agent is, it does this alone within its bounds.")
    return f"{now}{within}"


def _knowledge(contract: Contract, _: str) -> Meaning:
    technique = contract.technique
    refresh = technique.knowledge.get("refresh") if technique is not None else None
    age = f" It is to be refreshed {refresh}." if refresh else " Nobody says how old it may be."
    cited = technique is not None and technique.grounding is not None and "citations required" in technique.grounding
    bear = "Every proposal must cite it, and the citation is checked." if cited else "Citations are not required."
    return Meaning(
        safety=f"{bear}{age}",
        impact="What it does not know, the agent cannot ground, and should hand to a person.",
        own="A gate on ungrounded proposals, where the contract has one, holds the agent back while citations fail.",
    )


def _owners(contract: Contract, _: str) -> Meaning:
    expert = f", and {contract.expert} judges whether it is right" if contract.expert else ""
    return Meaning(
        safety=f"{contract.owner} answers for the slice{expert}; nobody signs in two roles.",
        impact="They say what must get better, and by when.",
        own="No signature, no contract in force: then the agent stays in shadow and earns nothing.",
    )


_MEANT: Mapping[str, Callable[[Contract, str], Meaning]] = {
    "case": lambda _contract, _level: Meaning(
        safety="Whoever asks wrote it. It may hold orders to the agent, which are no reason to do anything.",
        impact="One case is one piece of work: everything that is measured is measured by case.",
        own="A case counts once for what the agent may own, by its first run that did not end in a fault.",
    ),
    "knowledge": _knowledge,
    "memory": lambda _contract, _level: Meaning(
        safety="What it keeps from case to case can carry one customer's matter into another's, or something planted.",
        impact="It may make later cases quicker.",
        own="It is part of the agent's fingerprint: changed, the agent starts again from the bottom.",
    ),
    "model": lambda _contract, _level: Meaning(
        safety="It may be wrong, or be talked into something; so nothing it says has an effect by itself.",
        impact="It proposes; its quality, its time and its cost are those of every case.",
        own="It is part of the agent's fingerprint: another model earns its level anew.",
    ),
    "agent": lambda _contract, level: Meaning(
        safety="In enforcing mode it holds no key to any effect; in cooperative mode it must keep to the guard.",
        impact="It turns cases into proposals.",
        own=f"It has earned {level}, and no more than the contract's gates have proved.",
    ),
    "guard": lambda _contract, _level: Meaning(
        safety="Every effect passes here. No contract, no evidence, no answer in time, an error: it does not happen.",
        impact="It lets through what was earned, within the limits, and records each verdict with its clause.",
        own="It moves the level by evidence alone, up through the gates and down at the tripwires.",
    ),
    "approvers": lambda contract, _level: Meaning(
        safety=f"They are asked where the agent may not act alone: {path_of(contract)}.",
        impact="Their time is the largest cost of a case while the agent is at approval.",
        own="Their answers are the evidence: approvals without edit, and decisions made blind.",
    ),
    "owners": _owners,
    "called agent": lambda contract, _level: Meaning(
        safety="It works under a contract of its own, with no more than its caller was left, and calls go at most "
        f"{contract.technique.calls_depth if contract.technique else 0} deep.",
        impact="It does part of the case.",
        own="What it does counts against the caller's budgets, and earns the caller nothing.",
    ),
    "telemetry": lambda _contract, _level: Meaning(
        safety="It is what the agent says of itself, so no verdict and no level rests on it.",
        impact="It says where time and money go, and shows what goes past the guard.",
        own="It earns no level.",
    ),
    "audience": lambda _contract, _level: Meaning(
        safety="They bear what goes wrong.",
        impact="Whether it is better for them is what the customer's outcome line asks.",
        own="An outcome that fails holds the product, whatever the agent has earned.",
    ),
    "data owner": lambda _contract, _level: Meaning(
        safety="They measure where nobody who built the agent can reach.",
        impact="What it brings is what they report, and nothing else; until then it is unknown.",
        own="They sign the contract, since they answer for its figures.",
    ),
}

_UNDECLARED: Mapping[str, Meaning] = {
    "tool": Meaning(
        safety="Nobody declared it. The guard denies it; what only telemetry saw went past the guard.",
        impact="Nobody has said what it is for, so nothing it does counts.",
        own="Nothing: declare it with its effect and have that signed, or take it from the agent.",
    ),
    "model": Meaning(
        safety="The agent's manifest does not name it, so what was proved of the agent may not hold for it.",
        impact="What it costs and takes is in every case that used it.",
        own="Nothing was earned with it: have the agent declare it, and it starts again from the bottom.",
    ),
    "knowledge": Meaning(
        safety="The contract does not name it, so nobody has said how old it may be or who may read it.",
        impact="Proposals may rest on it all the same.",
        own="Name it under knowledge, and have that signed.",
    ),
    "called agent": Meaning(
        safety="The contract does not let the agent call it; a call through the guard would be refused.",
        impact="Part of the work is done where nobody looks.",
        own="Nothing: name it under calls, with how deep, and have that signed.",
    ),
}

_SPAN_KINDS = {"tool": "tool", "source": "tool", "model": "model", "knowledge": "source", "called agent": "agent"}


def _calls(name: str, seen: Seen) -> Iterator[str]:
    calls = seen.calls.get(name)
    if calls is not None:
        parts = [
            f"{number:,} {words}"
            for number, words in (
                (calls.done, "done"),
                (calls.waiting, "waiting for a yes"),
                (calls.drafted, "drafted"),
                (calls.denied, "denied"),
                (calls.failed, "failed or in doubt"),
            )
            if number
        ]
        yield f"asked of the guard {count(calls.asked, 'time')}: {', '.join(parts) or 'none ended yet'}"
    if seen.breaches.get(name):
        yield f"broke its contract {count(seen.breaches[name], 'time')}"


def _spans(kind: str, name: str, seen: Seen) -> Iterator[str]:
    found = seen.spans.get((kind, name))
    if found is None:
        return
    failed = f", {found.failed:,} of them failed" if found.failed else ""
    yield f"{count(found.calls, 'call')} in telemetry{failed}; last {_at(found.last)}"
    yield f"takes {took_words(found.median_s)} in the middle, {took_words(found.p95_s)} at the 95th percentile"
    if found.tokens is not None:
        yield f"{count(found.tokens, 'token')}"
    if found.cost_micros is not None:
        yield f"cost {found.cost_micros / 1e6:.4f}, as its senders say"


def _decisions(seen: Seen) -> Iterator[str]:
    calls = seen.calls.values()
    asked, denied = sum(one.asked for one in calls), sum(one.denied for one in calls)
    if asked:
        yield f"{count(asked, 'decision')} in {count(seen.runs, 'run')}, {denied:,} denied"
    breaches = sum(seen.breaches.values())
    if breaches:
        yield f"{count(breaches, 'breach of a tool contract')} found".replace("contracts", "contract")


def _at(at: datetime | None) -> str:
    return f"{at.day} {at:%b %Y, %H:%M} UTC" if at is not None else "never"
