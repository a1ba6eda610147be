"""The application: OTLP over HTTP. A request is let in, unpacked within bounds, and answered when it is durable."""

from __future__ import annotations

import asyncio
import logging

import psycopg
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from goldenthread.promise.errors import GoldenthreadError, StoreUnavailable, TelemetryError, TelemetryMalformed
from goldenthread.surfaces.api.doors import address, presented
from goldenthread.surfaces.otlp.answers import JSON, PROTOBUF, UNIMPLEMENTED, refused, taken
from goldenthread.surfaces.otlp.intake import LOGS, METRICS, METRICS_REFUSED, TRACES, Intake

_LOG = logging.getLogger("goldenthread.telemetry")
_AT_ONCE = 64
"""Requests that are unpacked or wait for the disk at a time; what they hold is bounded besides."""


def application(intake: Intake) -> Starlette:
    """The receiver, as an ASGI application."""
    receiver = _Receiver(intake)
    app = Starlette(
        routes=[
            *(Route(f"/v1/{signal}", receiver.take, methods=["POST"], name=signal) for signal in (TRACES, LOGS)),
            Route(f"/v1/{METRICS}", receiver.refuse_metrics, methods=["POST"]),
            Route("/v1/health", receiver.health, methods=["GET"]),
        ]
    )
    app.router.redirect_slashes = False
    return app


class _Receiver:
    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def take(self, request: Request) -> Response:
        """Spans, or events of spans."""
        form = _form(request)
        try:
            return await self._taken(request, form)
        except ClientDisconnect:
            return Response(status_code=400)
        except TimeoutError:
            self._intake.count("slow")
            words = f"The body did not come within {self._intake.limits.body_s:g} seconds. Send it again."
            return refused(TelemetryMalformed(words), form, 408)
        except psycopg.Error:
            return refused(StoreUnavailable("The database does not answer. Nothing was taken; send it again."), form)
        except GoldenthreadError as error:
            return refused(error, form)
        except Exception as error:  # noqa: BLE001 - said as an answer, without words that somebody else wrote
            _LOG.error("A request failed with %s", type(error).__name__, exc_info=error)
            words = f"{type(error).__name__}: this is a fault of goldenthread. Its place is in the log."
            return refused(TelemetryError(words), form)

    async def refuse_metrics(self, request: Request) -> Response:
        """Metrics, which are not taken; whoever sends them should hear so, and not try again."""
        form = _form(request)
        try:
            await run_in_threadpool(self._intake.caller, presented(request), address(request))
        except GoldenthreadError as error:
            return refused(error, form)
        self._intake.count("signal")
        return refused(TelemetryMalformed(METRICS_REFUSED), form, 501, UNIMPLEMENTED)

    async def health(self, _: Request) -> Response:
        """Whether tokens can be told; what was taken and refused is for `goldenthread telemetry status`."""
        try:
            await run_in_threadpool(self._intake.tokens)
        except (GoldenthreadError, psycopg.Error):
            return JSONResponse({"status": "the database does not answer"}, 503)
        return JSONResponse({"status": "ok"})

    async def _taken(self, request: Request, form: str) -> Response:
        intake = self._intake
        caller = await run_in_threadpool(intake.caller, presented(request), address(request))
        if form not in (PROTOBUF, JSON):
            return self._unserved(f"content of type '{form[:80]}'", "application/x-protobuf or application/json")
        packing = request.headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("identity", "gzip"):
            return self._unserved(f"content that is packed with '{packing[:40]}'", "gzip, or not packed", form)
        signal = request.url.path.rpartition("/")[2]
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(intake.limits.body_s):
                await self._read(request, parts)
            async with self._places:
                body = b"".join(parts)
                if packing == "gzip":
                    body = await run_in_threadpool(intake.unpacked, body)
                as_json = form == JSON
                if as_json or signal == LOGS:
                    taking = await run_in_threadpool(lambda: intake.take(body, caller, signal=signal, as_json=as_json))
                else:
                    taking = intake.take(body, caller, signal=signal)
                return taken(taking.whole(await asyncio.wrap_future(taking.done)), form, signal)
        finally:
            intake.let_go(sum(map(len, parts)))

    async def _read(self, request: Request, parts: list[bytes]) -> None:
        """The body, part by part, as long as it is not too large, and there is room for it beside others."""
        size = 0
        async for part in request.stream():
            self._intake.require_small(size + len(part))
            self._intake.hold(len(part))
            parts.append(part)
            size += len(part)

    def _unserved(self, what: str, wanted: str, form: str = JSON) -> Response:
        self._intake.count("encoding")
        error = TelemetryMalformed(f"{what[0].upper()}{what[1:]} is not served. Send {wanted}.")
        return refused(error, form, 415)


def _form(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
