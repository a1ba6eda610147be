"""Pins: which description of each tool people have seen. What differs from it is refused until a person pins again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from goldenthread.promise.errors import GoldenthreadError, NotPermitted, ToolChanged
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Ledger, Record
from goldenthread.record.principals import KeyRing, Principals, load_principals
from goldenthread.surfaces.gateway.tools import Tool

PIN = "gateway:pin"
PIN_TYPE = "application/vnd.goldenthread.gateway-pin+json"
MAY_PIN = ("owner", "expert", "approver")
"""Any of them, for the slice; never the agent, and never the process that serves it."""


@dataclass(frozen=True, kw_only=True)
class Pins:
    """The tools of one server as they were pinned for an agent in a slice; `by` the person, or the agent at first."""

    server: str
    agent: str
    by: str
    tools: Mapping[str, Tool]

    def manifest(self) -> dict[str, Json]:
        """What goes into the agent's fingerprint: other tools make another agent."""
        tools: dict[str, Json] = {name: tool.digest for name, tool in sorted(self.tools.items())}
        return {"server": self.server, "tools": tools}


@dataclass(frozen=True, kw_only=True)
class ToolState:
    """How a tool stands to its pin. `state`: 'same', 'changed' (with what, in `changes`), 'new' or 'gone'."""

    name: str
    state: str
    changes: tuple[str, ...] = ()


def load_pins(ledger: Ledger, slice_name: str, agent: str, server: str) -> Pins | None:
    """
    The pins in force: the first on record, or the last that a person validly signed after it; None without any.

    A record that nobody may have written, or that is not what was signed, pins nothing.
    """
    principals = load_principals(ledger)
    found: Pins | None = None
    for record in ledger.read(slice_name, kinds=[PIN]):
        if (record.data.get("agent"), record.data.get("server")) != (agent, server):
            continue
        if found is None or _is_signed(principals, record):
            tools = [Tool.of_record(tool) for tool in record.data["tools"]]
            found = Pins(server=server, agent=agent, by=record.by, tools={tool.name: tool for tool in tools})
    return found


def pin_first(ledger: Ledger, slice_name: str, agent: str, server: str, tools: Mapping[str, Tool]) -> Pins:
    """The pins in force; what the server offers now, if it was never seen before."""
    found = load_pins(ledger, slice_name, agent, server)
    if found is None:
        with ledger.transaction(slice_name) as tx:
            tx.append(slice_name, PIN, agent, _content(agent, server, tools))
        found = load_pins(ledger, slice_name, agent, server)
        assert found is not None
    return found


def pin(
    ledger: Ledger, ring: KeyRing, slice_name: str, agent: str, server: str, tools: Mapping[str, Tool], *, by: str
) -> Record:
    """
    Pin what the server offers now, in the words of a person who has looked at it. The agent with these tools is another
    one, and begins at the level where agents start.

    Raises:
        NotPermitted, PrincipalUnknown, NotInitialised: `by` is no owner, expert or approver of the slice.
        KeyMissing, KeyLocked: The key of `by` cannot be used here.
        SignatureInvalid, DemoKeyRefused: It is not the one on record.
    """
    principals = load_principals(ledger)
    if principals.require_role(by, MAY_PIN, slice_name).kind != "person":
        raise NotPermitted(f"'{by}' is no person, and people pin tools. Have a person look at them.")
    content = _content(agent, server, tools)
    with ledger.transaction(slice_name) as tx:
        said = _statement(principals, slice_name, tx.head(slice_name) + 1, content)
        envelope = ring.sign(by, PIN_TYPE, said)
        principals.require_signed(by, envelope, PIN_TYPE, said)
        return tx.append(slice_name, PIN, by, {**content, "envelope": envelope})


def compare(pins: Pins, offered: Mapping[str, Tool]) -> list[ToolState]:
    """How each tool, pinned or offered, stands to its pin; by name."""
    return [_state(name, pins.tools.get(name), offered.get(name)) for name in sorted({*pins.tools, *offered})]


def require_pinned(pins: Pins, offered: Mapping[str, Tool], name: str) -> Tool:
    """
    The pinned tool, if the server still offers exactly that.

    Raises:
        ToolChanged: It does not.
    """
    state = _state(name, pins.tools.get(name), offered.get(name))
    if state.state == "same":
        return pins.tools[name]
    what = {
        "changed": f"differs from what was pinned in its {' and '.join(state.changes)}",
        "new": "is new since the tools were pinned",
        "gone": "is no longer offered",
    }[state.state]
    raise ToolChanged(
        f"The tool '{name}' of '{pins.server}' {what}, so it is not called. "
        "Have a person look at it with `goldenthread gateway pin`."
    )


def _state(name: str, pinned: Tool | None, offered: Tool | None) -> ToolState:
    if pinned is None:
        return ToolState(name=name, state="new")
    if offered is None:
        return ToolState(name=name, state="gone")
    then, now = pinned.record(), offered.record()
    changes = tuple(part for part in then if then[part] != now[part])
    return ToolState(name=name, state="changed" if changes else "same", changes=changes)


def _content(agent: str, server: str, tools: Mapping[str, Tool]) -> dict[str, Json]:
    return {"agent": agent, "server": server, "tools": [tool.record() for _, tool in sorted(tools.items())]}


def _statement(principals: Principals, slice_name: str, seq: int, content: Mapping[str, Any]) -> dict[str, Json]:
    """What a person signs: these tools, in this ledger, at this place of its chain."""
    return {
        "record": PIN,
        "organisation": principals.organisation,
        "chain": slice_name,
        "seq": seq,
        **{name: content[name] for name in ("agent", "server", "tools")},
    }


def _is_signed(principals: Principals, record: Record) -> bool:
    then = principals.as_of(record.at)
    try:
        said = _statement(principals, record.chain, record.seq, record.data)
        then.require_signed(record.by, record.data["envelope"], PIN_TYPE, said)
        return then.require_role(record.by, MAY_PIN, record.chain).kind == "person"
    except (GoldenthreadError, KeyError, TypeError, AttributeError, ValueError):
        return False
