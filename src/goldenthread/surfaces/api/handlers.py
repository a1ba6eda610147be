"""What each address does: the request's fields to one call of the server, and its answer to JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from goldenthread.control import serving
from goldenthread.control.serving import Answer, Caller, House, Opened
from goldenthread.promise.values import Json

Body = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request that got through: who asks, for which run or permit, and what for."""

    house: House
    caller: Caller
    id: str
    body: Body


def declare_agent(asked: Asked) -> Json:
    """An agent's fingerprint, its level there, and the tools that the server added."""
    body = asked.body
    declaration, level = serving.declare_served(asked.house, asked.caller, body["slice"], body["manifest"])
    return {"fingerprint": declaration.fingerprint, "level": level.value, "tools": dict(declaration.tools)}


def give_task(asked: Asked) -> Json:
    """A run for an agent, opened by whoever gives tasks."""
    return _opened(serving.give_task(*_case(asked), agent=asked.body["agent"], **_given(asked)))


def open_run(asked: Asked) -> Json:
    """A run that an agent opens or resumes."""
    return _opened(serving.open_case(*_case(asked), fingerprint=asked.body["fingerprint"], **_given(asked)))


def act(asked: Asked) -> Json:
    """The guard's answer to one call."""
    body = asked.body
    call = body.get("call")
    answer = serving.act(
        asked.house,
        asked.caller,
        asked.id,
        body["action"],
        body["arguments"],
        call=int(call) if call is not None else None,
        cited=body.get("cited", ()),
    )
    return _answer(answer)


def show(asked: Asked) -> Json:
    """A run of one's own."""
    return serving.show_run(asked.house, asked.caller, asked.id)


def escalate(asked: Asked) -> Json:
    """The inbox item that a case went to people with."""
    item = serving.escalate_case(asked.house, asked.caller, asked.id, asked.body["reason"])
    return {"status": "escalated", "item": item}


def pause(asked: Asked) -> Json:
    """Whether the run waits for a person."""
    return {"status": "waiting" if serving.pause(asked.house, asked.caller, asked.id) else "open"}


def end(asked: Asked) -> Json:
    """How the run ended, or that it waits."""
    return {"status": serving.end(asked.house, asked.caller, asked.id, asked.body["status"])}


def declare_tool(asked: Asked) -> Json:
    """The actions that a tool now speaks for."""
    serving.declare_tool(asked.house.ledger, asked.house.access, asked.caller, asked.body["actions"])
    return {"tool": asked.caller.name, "actions": sorted(asked.body["actions"])}


def consume(asked: Asked) -> Json:
    """The action of a permit that is used up now, and how long the tool may take."""
    body = asked.body
    action = serving.consume_permit(
        asked.house, asked.caller, asked.id, body["permit"], body["proof"], body["arguments"]
    )
    return {"action": action, "seconds": asked.house.flight_s}


def effect(asked: Asked) -> Json:
    """What the action has become of a tool's word."""
    body = asked.body
    failure = body.get("failure", {"error": "", "message": ""})
    state = serving.report_effect(
        asked.house,
        asked.caller,
        asked.id,
        outcome=body["outcome"],
        result=body.get("result"),
        failure=(failure["error"] or "Error", failure["message"]),
    )
    return {"state": state}


def read(asked: Asked) -> Json:
    """That a tool's read is on record."""
    body = asked.body
    serving.report_read(
        asked.house, asked.caller, asked.id, body["permit"], body["proof"], body["arguments"], body["result"]
    )
    return {"state": "done"}


def keys(asked: Asked) -> Json:
    """The keys that verify permits."""
    key: Json = {"keyid": asked.house.public_key, "algorithm": "ed25519", "public": asked.house.public_key}
    return {"keys": [key], "organisation": asked.house.organisation, "tool": asked.caller.name}


def _case(asked: Asked) -> tuple[House, Caller, str, str]:
    return asked.house, asked.caller, asked.body["slice"], asked.body["case"]


def _given(asked: Asked) -> dict[str, Any]:
    return {"given": asked.body.get("given", {}), "segment": asked.body.get("segment", {})}


def _opened(opened: Opened) -> Json:
    run = opened.run
    return {
        "run": run.id,
        "slice": run.slice,
        "case": run.case,
        "agent": run.agent,
        "level": run.level.value,
        "replay": run.replay,
        "resumed": run.resumed,
        "given": dict(opened.given),
        "trusted": opened.trusted,
        "reads": list(opened.reads),
    }


def _answer(answer: Answer) -> Json:
    fields: dict[str, Any] = asdict(answer)
    return {**fields, "verdict": answer.verdict.value, "tools": list(answer.tools)}
