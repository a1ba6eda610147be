"""The application: OTLP over HTTP. A request is let in, unpacked within bounds, and answered when it is durable."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Callable

import psycopg
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from goldenthread.control.serving import Access, Caller
from goldenthread.promise.errors import (
    CredentialsRefused,
    GoldenthreadError,
    ScopeRefused,
    StoreUnavailable,
    TelemetryError,
    TelemetryMalformed,
    TelemetryTooLarge,
)
from goldenthread.record.telemetry import Body, Collector, Limits, Outcome, traces_from_json
from goldenthread.surfaces.api.doors import Failures, address, presented
from goldenthread.surfaces.otlp.answers import JSON, PROTOBUF, refused, taken

_LOG = logging.getLogger("goldenthread.telemetry")
_AT_ONCE = 64
"""Requests that are unpacked or wait for the disk at a time; what they hold is bounded besides."""


def application(collector: Collector, access: Access, limits: Limits) -> Starlette:
    """
    The receiver, as an ASGI application.

    Args:
        collector: Takes what comes.
        access: Whose tokens are good.
        limits: How much one request may hold.
    """
    receiver = _Receiver(collector, access, limits)
    app = Starlette(
        routes=[
            Route("/v1/traces", receiver.traces, methods=["POST"]),
            Route("/v1/health", receiver.health, methods=["GET"]),
        ]
    )
    app.router.redirect_slashes = False
    return app


class _Receiver:
    def __init__(self, collector: Collector, access: Access, limits: Limits) -> None:
        self._collector, self._access, self._limits = collector, access, limits
        self._failures = Failures()
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def traces(self, request: Request) -> Response:
        """Spans."""
        form = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            caller = await run_in_threadpool(self._caller, presented(request), address(request))
            if form not in (PROTOBUF, JSON):
                return self._unserved(f"content of type '{form[:80]}'", "application/x-protobuf or application/json")
            packing = request.headers.get("content-encoding", "identity").strip().lower()
            if packing not in ("identity", "gzip"):
                return self._unserved(f"content that is packed with '{packing[:40]}'", "gzip, or not packed", form)
            async with self._places:
                body = await self._body(request, packing)
                return taken(await self._take(body, caller, form), form)
        except ClientDisconnect:
            return Response(status_code=400)
        except psycopg.Error:
            return refused(StoreUnavailable("The database does not answer. Nothing was taken; send it again."), form)
        except GoldenthreadError as error:
            return self._refused(error, form)
        except Exception as error:  # noqa: BLE001 - said as an answer, without words that somebody else wrote
            _LOG.error("A request failed with %s", type(error).__name__, exc_info=error)
            words = f"{type(error).__name__}: this is a fault of goldenthread. Its place is in the log."
            return refused(TelemetryError(words), form)

    async def health(self, _: Request) -> Response:
        """Whether tokens can be told; what was taken and refused is for `goldenthread telemetry status`."""
        try:
            await run_in_threadpool(self._access.tokens)
        except (GoldenthreadError, psycopg.Error):
            return JSONResponse({"status": "the database does not answer"}, 503)
        return JSONResponse({"status": "ok"})

    def _caller(self, token: str | None, come_from: str) -> Caller:
        try:
            caller = self._access.caller(token)
            caller.require("telemetry")
        except CredentialsRefused:
            self._failures.count(come_from)
            raise
        return caller

    async def _body(self, request: Request, packing: str) -> bytes:
        parts, size = [], 0
        async for part in request.stream():
            parts.append(part)
            size += len(part)
            self._require_small(size)
        packed = b"".join(parts)
        return packed if packing == "identity" else await run_in_threadpool(self._unpacked, packed)

    def _unpacked(self, packed: bytes) -> bytes:
        """What was packed with gzip; never more of it than is taken, so that a small bomb stays small."""
        unpacker = zlib.decompressobj(wbits=31)
        try:
            found = unpacker.decompress(packed, self._limits.body_bytes + 1)
        except zlib.error:
            self._collector.counts.add("malformed")
            raise TelemetryMalformed(
                "The body is no gzip, though its Content-Encoding says so. Send it again."
            ) from None
        self._require_small(len(found))
        if not unpacker.eof or unpacker.unused_data:
            self._collector.counts.add("malformed")
            raise TelemetryMalformed("The body is no gzip that is whole, and one only. Send it again.")
        return found

    def _require_small(self, size: int) -> None:
        if size > self._limits.body_bytes:
            raise TelemetryTooLarge(
                f"The body is larger than {self._limits.body_bytes} bytes. Send fewer spans at a time."
            )

    async def _take(self, body: bytes, caller: Caller, form: str) -> Outcome:
        if form == JSON:
            try:
                body = await run_in_threadpool(traces_from_json, body)
            except TelemetryMalformed:
                self._collector.counts.add("malformed")
                raise
        sent = Body(octets=body, source=caller.name, reaches=_reach(caller))
        return await asyncio.wrap_future(self._collector.submit(sent))

    def _unserved(self, what: str, wanted: str, form: str = JSON) -> Response:
        self._collector.counts.add("encoding")
        error = TelemetryMalformed(f"{what[0].upper()}{what[1:]} is not served. Send {wanted}.")
        return refused(error, form, 415)

    def _refused(self, error: GoldenthreadError, form: str) -> Response:
        if isinstance(error, TelemetryTooLarge):
            self._collector.counts.add("too-large")
        elif isinstance(error, CredentialsRefused | ScopeRefused):
            self._collector.counts.add("credentials")
        return refused(error, form)


def _reach(caller: Caller) -> Callable[[str], bool]:
    """Whether a token reaches a slice; spans that name none come from whoever may send any."""
    everywhere = caller.token.reaches("*")
    return lambda slice: (everywhere and not slice) or caller.token.allowed(caller.tokens.principals, slice)
