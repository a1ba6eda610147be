"""
OTLP over gRPC: the same intake as over HTTP, for senders whose default it is. Messages pass as bytes; nothing parses
them twice.

The specification: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc. What is to be sent again says when (RetryInfo).
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg

from goldenthread.promise.errors import (
    AddressRefused,
    GoldenthreadError,
    StoreUnavailable,
    TelemetryError,
    TelemetryMalformed,
    TelemetryMissing,
)
from goldenthread.surfaces.otlp.answers import UNIMPLEMENTED, rpc_code, status_with_retry, taken_octets
from goldenthread.surfaces.otlp.intake import LOGS, METRICS_REFUSED, TRACES, Intake

if TYPE_CHECKING:
    from goldenthread.surfaces.served import Tls

_LOG = logging.getLogger("goldenthread.telemetry")
_AT_ONCE = 64
_LARGEST = 4 * 1024 * 1024
"""Of a message, unpacked: gRPC's own default. Those of twice that size gRPC itself refuses, before anybody counts."""

_SERVICES = {
    "opentelemetry.proto.collector.trace.v1.TraceService": TRACES,
    "opentelemetry.proto.collector.logs.v1.LogsService": LOGS,
}
_METRICS = "opentelemetry.proto.collector.metrics.v1.MetricsService"


class GrpcDoor:
    """
    Serves gRPC from threads until it is stopped; `port` is where.

    Args:
        intake: Takes what comes.
        host: An address of this machine, already found to be safe.
        port: 0 takes any that is free.
        tls: Certificate and key; None serves in the clear.

    Raises:
        TelemetryMissing: grpcio is not installed.
        AddressRefused: The port is taken.
    """

    def __init__(self, intake: Intake, host: str, port: int, tls: Tls | None) -> None:
        try:
            import grpc
        except ImportError:
            raise TelemetryMissing(
                "Telemetry over gRPC is served with grpcio, which is not installed. "
                "Run `pip install 'goldenthread[telemetry-grpc]'`."
            ) from None
        self._grpc, self._intake = grpc, intake
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="goldenthread-grpc")
        self._server = grpc.server(
            self._threads,
            maximum_concurrent_rpcs=_AT_ONCE,
            options=[
                ("grpc.max_receive_message_length", 2 * _LARGEST),
                ("grpc.max_metadata_size", 16 * 1024),
                ("grpc.so_reuseport", 0),
            ],
        )
        self._server.add_generic_rpc_handlers(
            [
                *(self._handler(service, self._taking(signal)) for service, signal in _SERVICES.items()),
                self._handler(_METRICS, self._metrics),
            ]
        )
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if tls is None:
                self.port = int(self._server.add_insecure_port(where))
            else:
                pair = (tls.key.read_bytes(), tls.certificate.read_bytes())
                self.port = int(self._server.add_secure_port(where, grpc.ssl_server_credentials([pair])))
        except RuntimeError as problem:
            raise AddressRefused(
                f"The receiver of telemetry cannot take port {port} on {host} for gRPC. "
                "Stop what holds it, or choose another with `--grpc-port`."
            ) from problem
        self._server.start()

    def stop(self, patience_s: float = 5.0) -> None:
        """End it; requests under way have so many seconds."""
        self._server.stop(patience_s).wait()
        self._threads.shutdown()

    def _handler(self, service: str, answer: Any) -> Any:
        handler = self._grpc.unary_unary_rpc_method_handler(answer)
        return self._grpc.method_handlers_generic_handler(service, {"Export": handler})

    def _taking(self, signal: str) -> Any:
        def take(body: bytes, context: Any) -> bytes:
            try:
                caller = self._intake.caller(*_presented(context))
                self._intake.require_small(len(body), most=_LARGEST)
                taking = self._intake.take(body, caller, signal=signal)
                return taken_octets(taking.whole(taking.done.result()))
            except GoldenthreadError as error:
                self._refuse(error, context)
            except psycopg.Error:
                self._refuse(
                    StoreUnavailable("The database does not answer. Nothing was taken; send it again."), context
                )
            except Exception as error:  # noqa: BLE001 - said as an answer, without words that somebody else wrote
                _LOG.error("A request failed with %s", type(error).__name__, exc_info=error)
                words = f"{type(error).__name__}: this is a fault of goldenthread. Its place is in the log."
                self._refuse(TelemetryError(words), context)
            return b""

        return take

    def _metrics(self, _: bytes, context: Any) -> bytes:
        try:
            self._intake.caller(*_presented(context))
        except GoldenthreadError as error:
            self._refuse(error, context)
            return b""
        self._intake.count("signal")
        self._refuse(TelemetryMalformed(METRICS_REFUSED), context, UNIMPLEMENTED)
        return b""

    def _refuse(self, error: GoldenthreadError, context: Any, code: int | None = None) -> None:
        found = rpc_code(error) if code is None else code
        context.set_code(next(one for one in self._grpc.StatusCode if one.value[0] == found))
        context.set_details(str(error))
        more = status_with_retry(error, found)
        if more is not None:
            context.set_trailing_metadata((("grpc-status-details-bin", more),))


def _presented(context: Any) -> tuple[str | None, str]:
    """The token of a call, None if it has none or more than one; and the address that it comes from."""
    sent = [value for key, value in context.invocation_metadata() if key == "authorization"]
    scheme, _, token = str(sent[0]).partition(" ") if len(sent) == 1 else ("", "", "")
    peer = str(context.peer()).rpartition(":")[0]
    return (token.strip() if scheme.lower() == "bearer" and token.strip() else None), peer
