"""The gateway itself: a list or a call of a client, from the request to the answer, in plain records."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from goldenthread.control import guard
from goldenthread.promise.contract import Action, Contract
from goldenthread.promise.errors import (
    CaseRefused,
    GoldenthreadError,
    GuardTimeout,
    UpstreamUnreachable,
    frames_of,
    kind_of,
)
from goldenthread.promise.values import Json
from goldenthread.surfaces.gateway import answers
from goldenthread.surfaces.gateway.answers import Answer
from goldenthread.surfaces.gateway.case import CaseRun, Claim
from goldenthread.surfaces.gateway.cases import Cases
from goldenthread.surfaces.gateway.listing import View, is_silent, listed, require_match, takes_ticket
from goldenthread.surfaces.gateway.names import Names
from goldenthread.surfaces.gateway.pins import Pins, require_pinned
from goldenthread.surfaces.gateway.tools import TICKET, Tool, require_fitting, require_sound
from goldenthread.surfaces.gateway.upstream import Upstream
from goldenthread.surfaces.sdk.thread import Thread

_LOG = logging.getLogger("goldenthread.gateway")

GUARD_S = 30.0
"""How long, in seconds, the guard may take before a call is given up."""

TOOL_S = 60.0
"""How long a tool may take where the contract says nothing (`within`)."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Where a request comes from: its session, the case and the ticket that the client's program named, if any."""

    session: str
    case: str | None = None
    ticket: str | None = None


@dataclass(frozen=True, kw_only=True)
class Terms:
    """
    On which terms a gateway works.

    `slice`: whose contract holds. `prefix`: an action is called `prefix_tool`; '' for the tool's own name. `case`: the
    one case of this gateway; None for one a session. `client_names_cases`: the client may name them, and is believed.
    """

    slice: str
    prefix: str = ""
    case: str | None = None
    client_names_cases: bool = False
    guard_s: float = GUARD_S
    tool_s: float = TOOL_S


class Gateway:
    """One agent's way to one MCP server."""

    def __init__(self, thread: Thread, upstream: Upstream, pins: Pins, cases: Cases, terms: Terms) -> None:
        self._thread = thread
        self._upstream = upstream
        self._pins = pins
        self._cases = cases
        self._terms = terms
        self._names = Names(server=upstream.name, prefix=terms.prefix)

    async def list_tools(self) -> list[dict[str, Any]]:
        """
        The tools that a client is shown, in the server's order; see `View.shows`.

        Raises:
            UpstreamUnreachable: The server can't be asked.
            StoreUnavailable, ContractNotFound, GuardTimeout: The guard can't be asked.
        """
        offered = await self._upstream.tools()
        view = await self._in_time(asyncio.to_thread(self._view))
        shown = []
        for name in offered:
            action = self._names.action(name)
            if view.shows(action):
                try:
                    self._names.tool(self._names.told(name), self._known(offered))
                    tool = self._usable(view.contract, offered, name)
                except GoldenthreadError as problem:
                    _LOG.warning("not listed: %s", problem)
                else:
                    shown.append(listed(tool, self._names.told(name), view.contract.actions[action]))
        return shown

    async def call_tool(self, name: str, arguments: Mapping[str, Json], caller: Caller) -> Answer:
        """What comes of a call. Never raises: whatever fails is an answer that says that it did not happen."""
        try:
            async with self._cases.turn(self._case(caller)):
                return await self._call(name, arguments, caller)
        except GoldenthreadError as error:
            return answers.refused(error)
        except Exception as error:  # noqa: BLE001 - whatever fails inside is no call
            _LOG.error("A call failed inside the gateway: %s\n%s", kind_of(error), frames_of(error))
            return answers.broken(error)

    async def _call(self, told: str, arguments: Mapping[str, Json], caller: Caller) -> Answer:
        offered = await self._upstream.tools()
        name = self._names.tool(told, self._known(offered))
        action = self._names.action(name)
        contract = await self._in_time(asyncio.to_thread(self._contract))
        tool = self._usable(contract, offered, name)
        wanted, ticket = dict(arguments), caller.ticket
        if takes_ticket(tool) and TICKET in wanted:
            ticket = str(wanted.pop(TICKET)) or ticket
        require_fitting(tool, wanted)
        return await self._ask(action, tool, contract.actions.get(action), wanted, ticket, caller)

    async def _ask(
        self,
        action: str,
        tool: Tool,
        declared: Action | None,
        arguments: Mapping[str, Json],
        ticket: str | None,
        caller: Caller,
    ) -> Answer:
        case, ordinal = self._case(caller), None
        if ticket is not None and not (declared is not None and is_silent(declared)):
            redeemed = await self._in_time(asyncio.to_thread(self._redeem, ticket, action, arguments))
            case, ordinal = redeemed.case, redeemed.call
        claim = Claim()
        loop = asyncio.get_running_loop()
        within_s = _seconds(declared) or self._terms.tool_s

        def act(permitted: Mapping[str, Json]) -> Answer:
            """Called in the case's thread: the server is spoken with in the loop's."""
            calling = asyncio.run_coroutine_threadsafe(self._upstream.call(tool.name, permitted, within_s), loop)
            return calling.result(within_s + 10)

        def job(run: CaseRun) -> Answer:
            claim.check()
            return run.ask(action, arguments, act, claim, ordinal)

        return await self._claimed(claim, asyncio.ensure_future(self._cases.work(case, job)))

    async def _claimed(self, claim: Claim, working: asyncio.Future[Answer]) -> Answer:
        """Wait for the guard as long as it may take, and for a tool that has begun until it ends."""
        try:
            done, _ = await asyncio.wait([working], timeout=self._terms.guard_s)
            if not done and claim.give_up():
                working.add_done_callback(_heard)
                raise self._too_slow()
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            claim.give_up()  # the client went away: what has not begun does not begin
            working.add_done_callback(_heard)
            raise

    async def _in_time(self, question: Any) -> Any:
        try:
            return await asyncio.wait_for(question, self._terms.guard_s)
        except TimeoutError as error:
            raise self._too_slow() from error

    def _too_slow(self) -> GuardTimeout:
        return GuardTimeout(
            f"The guard did not answer within {self._terms.guard_s:g} s, so the tool was not called. "
            "Call again; if this lasts, look at the load of the database."
        )

    def _case(self, caller: Caller) -> str:
        if caller.case is None:
            return self._terms.case or self._cases.of_session(caller.session)
        if not self._terms.client_names_cases and caller.case != self._terms.case:
            raise CaseRefused(
                f"The client named the case {caller.case[:80]!r}, and this gateway takes none from clients: one could "
                "leave behind what it read in another. Start it with `--client-names-cases` if its program is to "
                "be believed."
            )
        if not caller.case.isprintable() or not 0 < len(caller.case.strip()) <= 200:
            raise CaseRefused("The client named a case that is no name. Send 1 to 200 printable characters.")
        return caller.case

    def _redeem(self, ticket: str, action: str, arguments: Mapping[str, Json]) -> guard.Redeemed:
        return guard.redeem_ticket(self._desk, self._thread.agent, ticket, action, arguments)

    def _usable(self, contract: Contract, offered: Mapping[str, Tool], name: str) -> Tool:
        tool = require_pinned(self._pins, offered, name)
        require_sound(tool)
        action = contract.actions.get(self._names.action(name))
        if action is not None:
            require_match(tool, action)
        return tool

    def _known(self, offered: Mapping[str, Tool]) -> set[str]:
        """What is offered or was pinned, declared or not: of a call of any, the guard or the client is to hear."""
        return {*self._pins.tools, *offered}

    def _contract(self) -> Contract:
        return self._desk.contract()

    def _view(self) -> View:
        standing = self._desk.standing()
        return View(
            contract=self._desk.contract(),
            signed=standing.in_force is not None,
            level=standing.level(self._thread.fingerprint),
            stops=self._desk.stops(),
        )

    @property
    def _desk(self) -> guard.Desk:
        return self._thread.desk(self._terms.slice)


def _heard(working: asyncio.Future[Any]) -> None:
    """Nobody waits for it any more; that it failed is on record or in the log."""
    problem = None if working.cancelled() else working.exception()
    if problem is not None:
        _LOG.warning("A call that nobody waits for ended: %s", kind_of(problem))


_UNITS = {"ms": Decimal("0.001"), "s": Decimal(1), "min": Decimal(60), "h": Decimal(3600), "d": Decimal(86400)}


def _seconds(action: Action | None) -> float | None:
    """The longest time that the contract gives a call of it."""
    if action is None or action.within is None or action.within.unit not in _UNITS:
        return None
    return float(action.within.amount * _UNITS[action.within.unit])


async def first_tools(upstream: Upstream) -> dict[str, Tool]:
    """
    What the server offers, as far as it can be pinned.

    Raises:
        UpstreamUnreachable: It can't be asked, or offers nothing that can be used.
    """
    offered = await upstream.tools()
    sound = {}
    for name, tool in offered.items():
        try:
            require_sound(tool)
        except GoldenthreadError as problem:
            _LOG.warning("%s", problem)
        else:
            sound[name] = tool
    if not sound:
        raise UpstreamUnreachable(f"The MCP server '{upstream.name}' offers no tool that can be used. Name another.")
    return sound
