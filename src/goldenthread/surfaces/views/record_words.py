"""What a record of the ledger means, in a sentence for people; of kinds that are new, at least their name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from goldenthread.surfaces.views.timeline_words import one_line

Data = Mapping[str, Any]


def record_words(kind: str, data: Data) -> str:
    """A record in a line. Nothing in it is believed to have the form that it should have."""
    try:
        return one_line(_SAID[kind](data))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return one_line(_named(kind))


def _named(kind: str) -> str:
    """`tool:declare` as `Tool: declare`."""
    area, _, act = kind.partition(":")
    return f"{area.capitalize()}: {act.replace(':', ' ').replace('-', ' ')}" if act else kind


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _version(data: Data) -> str:
    return f"version {_text(data['version'])}"


def _roles(data: Data) -> str:
    return ", ".join(f"{one['role']}@{one['slice']}" for one in data["roles"]) or "no role"


def _observed(data: Data) -> str:
    seen = ", ".join(f"{one['metric']} {_value(one['value'])}" for one in data["observations"])
    return f"A case brought to the metrics: {seen}"


def _value(value: object) -> str:
    if value is None:
        return "pending"
    return f"{value:.3g}" if isinstance(value, int | float) else _text(value)


def _level(data: Data) -> str:
    return f"The level went from {data['from']} to {data['to']}: {data['reason']}"


def _effect(data: Data) -> str:
    return f"The effect of action {data['decision']}: {data['outcome']}"


def _decided(data: Data) -> str:
    return f"The guard said {data['verdict']} to {data['action']}: {data['reason']} (clause {data['clause']})"


def _asked(data: Data) -> str:
    return f"A person was asked ({data['kind']}), item {data['item']}"


def _answered(data: Data) -> str:
    return f"A person answered item {data['item']}: {_text(data.get('answer', 'an answer'))}"


_SAID: Mapping[str, Callable[[Data], str]] = {
    "run:start": lambda data: f"A run began on a case at {data['level']} ({data['source']}), run {data['run']}",
    "run:end": lambda data: f"Run {data['run']} ended: {data['status']}",
    "run:escalate": lambda data: f"Run {data['run']} handed its case to a person",
    "run:call": lambda data: f"An agent called {data['to']['agent']} in {data['to']['slice']}",
    "action:decide": _decided,
    "action:effect": _effect,
    "permit:consume": lambda data: f"Permit {data['permit']} was used",
    "approval:ask": _asked,
    "approval:answer": _answered,
    "approval:expire": lambda data: f"Item {data['item']} expired: nobody answered in time",
    "approval:claim": lambda data: f"Somebody took item {data['item']}",
    "approval:release": lambda data: f"Somebody gave item {data['item']} back",
    "approval:handover": lambda data: f"Item {data['item']} was handed on",
    "approval:question": lambda data: f"Something was asked back about item {data['item']}",
    "approval:reply": lambda data: f"A question about item {data['item']} was replied to",
    "approval:remind": lambda data: f"Somebody was reminded of item {data['item']}",
    "approval:overdue": lambda data: f"Item {data['item']} is overdue",
    "case:observe": _observed,
    "case:erase": lambda _: "The content of a case was erased on request; its records stay",
    "case:decision:record": lambda _: "What people decided on a case before was put on record",
    "case:decision:import": lambda _: "Decisions of people were imported",
    "contract:version:commit": lambda data: f"Contract {_version(data)} was committed, {_text(data['digest'])}",
    "contract:version:sign": lambda data: f"Contract {_version(data)} was signed as {data['role']}",
    "contract:version:refuse": lambda data: f"A signature under contract {_version(data)} was refused",
    "contract:version:ask": lambda data: f"Somebody was asked to sign contract {_version(data)}",
    "level:change": _level,
    "slice:suspend": lambda data: f"The slice was suspended: {_text(data.get('reason', 'no reason stated'))}",
    "agent:fingerprint:declare": lambda data: f"Agent {data['agent']} declared what it is: {data['fingerprint']}",
    "agent:fingerprint:refuse": lambda data: f"What agent {data['agent']} declared was refused",
    "tool:breach": lambda data: f"A tool broke its contract ({data['action']}, {data['breach']}): {data['words']}",
    "tool:try": lambda data: f"A call of {data['action']} failed with {data['error']} and was made again",
    "decision:breach": lambda data: f"Decision {data['choice']} broke its contract: {data['words']}",
    "budget:reserve": lambda data: f"Held back of a budget: {_text(data['amounts'])}",
    "budget:settle": lambda data: f"Used of a budget: {_text(data['amounts'])}",
    "principal:bootstrap": lambda data: f"The organisation began; {data['name']} administers it",
    "principal:grant": lambda data: f"{data['name']} ({data['kind']}) was granted {_roles(data)}",
    "principal:revoke": lambda data: f"Something was taken from {data['name']}",
    "principal:leave": lambda data: f"{data['name']} is away",
    "principal:return": lambda data: f"{data['name']} is back",
    "token:create": lambda _: "A token was made",
    "token:revoke": lambda _: "A token was revoked",
    "stop:set": lambda data: f"Something was stopped: {_text(data.get('reason', 'no reason stated'))}",
    "stop:lift": lambda data: f"A stop was lifted: {_text(data.get('reason', 'no reason stated'))}",
    "rules:version:commit": lambda data: f"The organisation's rules, {_version(data)}, were committed",
    "rules:version:sign": lambda data: f"The organisation's rules, {_version(data)}, were signed as {data['role']}",
    "release:sign": lambda data: f"A release was signed: {_text(data['fingerprint'])}",
    "release:refuse": lambda data: f"A signature under a release was refused: {_text(data['fingerprint'])}",
    "incident:open": lambda data: f"An incident was opened: {_text(data['words'])}",
    "incident:add": lambda data: f"To an incident was added: {_text(data['words'])}",
    "incident:recover": lambda data: f"An incident recovered: {_text(data['words'])}",
    "incident:take": lambda _: "Somebody took an incident",
    "incident:note": lambda data: f"Somebody noted on an incident: {_text(data['words'])}",
    "incident:close": lambda data: f"Somebody closed an incident: {_text(data['words'])}",
    "undo:order": lambda _: "Somebody ordered that an effect be taken back",
    "undo:begin": lambda _: "An effect began to be taken back",
    "undo:end": lambda data: f"Taking an effect back: {_text(data['outcome'])}",
    "vigilance:add": lambda _: "Cases whose right answer is known were added",
    "coverage:lost": lambda _: "Nobody is left who could answer; the level falls",
    "coverage:back": lambda _: "Somebody who can answer is back",
    "runs:import": lambda _: "Runs of agents were imported as evidence from elsewhere",
}
