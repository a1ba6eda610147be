"""`ToolSide`: a tool that acts on signed permits only."""

from __future__ import annotations

import inspect
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, cast

from goldenthread.control.guard.fingerprint import tool_schema
from goldenthread.control.guard.signed import SignedPermit, open_permit
from goldenthread.promise.errors import GoldenthreadError, NotCanonical, PermitRefused, StopUnconfirmed, ValueProblem
from goldenthread.promise.values import Json, canonical
from goldenthread.surfaces.wire import Wire

FRESH_S = 1.0
"""How long, in seconds, the server's yes may have been on its way when a tool begins."""


class ToolSide:
    """
    The side that owns a tool. Thread-safe once its tools are registered.

    Args:
        url: Where the server of the guard is.
        token: The tool's own, from `goldenthread token create --tool NAME --action ...`.
        keys: The server's public keys, 64 hex digits each; None asks the server, over a line that must be trusted then.
        tls: How the server's certificate is checked; by default as this machine does.
        monotonic: Seconds.
        clock: Now, aware; for expiry, which the server checks again by its own clock.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        keys: Sequence[str] | None = None,
        tls: ssl.SSLContext | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._wire = Wire(url, token, tls=tls)
        self._pinned = tuple(keys) if keys is not None else None
        self._known: Mapping[str, Any] | None = None
        self._tools: dict[str, Callable[..., Any]] = {}
        self._monotonic = monotonic
        self._clock = clock

    def action(self, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """
        Register the function that carries out an action; from then on only `act` calls it on behalf of an agent.

        Raises:
            ValueProblem: Registered twice.
        """

        def decorate(tool: Callable[..., Any]) -> Callable[..., Any]:
            if name in self._tools:
                raise ValueProblem(f"Action '{name}' is registered twice. Register each action once.")
            self._tools[name] = tool
            return tool

        return decorate

    def declare(self) -> None:
        """
        Tell the server what parameters the registered actions take; they are part of every agent's fingerprint.

        Raises:
            ScopeRefused: The token does not own one of them.
        """
        schemas = {name: tool_schema(tool) for name, tool in sorted(self._tools.items())}
        self._wire.post("tools", "declare", body={"actions": schemas})

    def act(self, action: str, permit: Mapping[str, Any], arguments: Mapping[str, Json]) -> Any:
        """
        Carry out an action for an agent.

        Args:
            permit: As the agent sent it: `{"envelope": ..., "proof": ...}`.
            arguments: Those that the agent wants; they must be the permitted ones.

        Returns:
            What the tool returned.

        Raises:
            PermitRefused: Forged, altered, stolen, replayed, expired, for another tool, action or arguments, or the
                state has changed.
            StopInForce, StopUnconfirmed, ServerUnreachable: Not now, or nobody can say; the tool was not called.
            ValueProblem: No such action here.
        """
        tool = self._tools.get(action)
        if tool is None:
            raise ValueProblem(f"No action '{action}' here; there are {', '.join(self._tools) or 'none'}. Name one.")
        envelope, proof = _taken_apart(permit)
        opened = open_permit(
            envelope, self.keys(), now=self._clock(), tool=self.name, action=action, arguments=arguments
        )
        _require_fitting(action, tool, arguments)
        presented: dict[str, Any] = {"permit": dict(envelope), "proof": proof, "arguments": dict(arguments)}
        if opened.kind == "read":
            return self._read(opened, tool, arguments, presented)
        return self._effect(opened, tool, arguments, presented)

    @property
    def name(self) -> str:
        """The tool as a principal, by the server's word for its token."""
        return str(self._server()["tool"])

    def keys(self) -> tuple[str, ...]:
        """The keys that permits are verified with."""
        return self._pinned or tuple(str(key["public"]) for key in self._server()["keys"])

    def close(self) -> None:
        """Close the line."""
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _server(self) -> Mapping[str, Any]:
        if self._known is None:
            self._known = self._wire.get("keys")
        return self._known

    def _read(
        self, permit: SignedPermit, tool: Callable[..., Any], arguments: Mapping[str, Json], presented: dict[str, Any]
    ) -> Any:
        """A read has no effect; so it comes first, and is handed out only once the server knows what it gave."""
        result = tool(**arguments)
        self._wire.post("runs", permit.run, "reads", body={**presented, "result": _recordable(result)})
        return result

    def _effect(
        self, permit: SignedPermit, tool: Callable[..., Any], arguments: Mapping[str, Json], presented: dict[str, Any]
    ) -> Any:
        asked = self._monotonic()
        self._wire.post("permits", permit.id, "consume", body=presented)
        took = self._monotonic() - asked
        if took > FRESH_S:
            self._report(permit, {"outcome": "not begun"})
            raise StopUnconfirmed(
                f"Whether '{permit.action}' may begin was answered after {took:.1f} s, and after {FRESH_S:g} s an "
                "answer is no news, so it does not begin. Look why the line or the server is so slow; then ask anew."
            )
        try:
            result = tool(**arguments)
        except BaseException as error:
            failure: dict[str, Json] = {"error": type(error).__name__[:80], "message": str(error)[:2000]}
            with suppress(GoldenthreadError):  # the tool's own error matters more; the server finds the effect in doubt
                self._report(permit, {"outcome": "failed", "failure": failure})
            raise
        self._report(permit, {"outcome": "done", "result": _recordable(result)})
        return result

    def _report(self, permit: SignedPermit, said: Mapping[str, Json]) -> None:
        self._wire.post("permits", permit.id, "effect", body=said)


def _taken_apart(permit: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    envelope, proof = permit.get("envelope"), permit.get("proof")
    if not isinstance(envelope, Mapping) or not isinstance(proof, str):
        raise PermitRefused(
            "What was presented as a permit has no envelope or no proof. "
            "Nothing happened; send what `Permit.as_json()` gives."
        )
    return envelope, proof


def _require_fitting(action: str, tool: Callable[..., Any], arguments: Mapping[str, Json]) -> None:
    """What the tool can't take is refused before the permit is consumed, so that nothing is in doubt."""
    try:
        inspect.signature(tool).bind(**arguments)
    except TypeError as problem:
        raise ValueProblem(
            f"'{action}' does not take these arguments: {problem}. Send those that it declares."
        ) from None


def _recordable(result: Any) -> Json:
    """The result if JSON can carry it; else None, and nothing in it counts as a source."""
    try:
        canonical(result)
    except (NotCanonical, TypeError):
        return None
    return cast(Json, result)
