"""Receiving telemetry, until it is stopped."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from goldenthread.control.serving import Access
from goldenthread.record.ledger import Ledger
from goldenthread.record.telemetry import Collector, Flattener, Limits, Pace, Places, Policy, Retention
from goldenthread.surfaces.otlp.application import application
from goldenthread.surfaces.otlp.intake import Intake
from goldenthread.surfaces.otlp.keeping import anchoring, content_policy, detectors
from goldenthread.surfaces.otlp.lines import Hurried
from goldenthread.surfaces.otlp.over_grpc import GrpcDoor
from goldenthread.surfaces.served import Served, Tls, bind, host_of, require_safe


class Receiver(Served):
    """A receiver that is being served; made by `receive`. `url` is where."""

    def __init__(self, collector: Collector, intake: Intake, bound: socket.socket, host: str, tls: Tls | None) -> None:
        self.collector = collector
        self.grpc: GrpcDoor | None = None
        super().__init__(
            application(intake),
            bound,
            what="receiver of telemetry",
            url=f"{'https' if tls else 'http'}://{host_of(host)}:{bound.getsockname()[1]}",
            patience_s=5,
            http=Hurried,
            ssl_certfile=str(tls.certificate) if tls else None,
            ssl_keyfile=str(tls.key) if tls else None,
        )
        self._closed = False

    def stop(self) -> None:
        """As `Served.stop`; what was taken is in the log, and another may begin."""
        super().stop()
        if not self._closed:
            self._closed = True
            if self.grpc is not None:
                self.grpc.stop()
            self.collector.close()


def receive(
    ledger: Ledger,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    grpc_port: int | None = None,
    tls: Tls | None = None,
    plain: bool = False,
    content: bool = False,
    share: float = 1.0,
    limits: Limits | None = None,
    pace: Pace | None = None,
    retention: Retention | None = None,
    clock_ns: Callable[[], int] = time.time_ns,
) -> Receiver:
    """
    Receive telemetry for a home from a thread, and return at once.

    Args:
        ledger: Stays open until the receiver is stopped.
        host: An address of this machine.
        port: 0 takes any that is free.
        grpc_port: Where gRPC is served besides; 0 takes any that is free, None serves none.
        tls: Needed for any address that is not loopback.
        plain: Serve such an address without TLS all the same: something else encrypts.
        content: Keep what people and models said, without secrets and personal data, where no contract forbids it.
        share: Of spans that did nothing, those that are kept, 0 to 1; what did something is always kept.
        limits: How much is taken of anything.
        pace: How work is grouped.
        retention: How long what is kept; without it, for ever.
        clock_ns: Nanoseconds since 1970.

    Raises:
        AddressRefused: Another machine could listen in on the address, or it is taken.
        FileUnusable: Certificate or key cannot be read.
        TelemetryHeld: Another process takes telemetry in for this home.
        TelemetryMissing: gRPC is wanted, and grpcio is not installed.
        TelemetryUnwritable: Its folders cannot be used.
    """
    address = "127.0.0.1" if host == "localhost" else host
    require_safe(address, tls, plain=plain)
    limits = limits or Limits()
    flattener = Flattener(detectors(), limits, Policy(content=content_policy(ledger, content), share=share))
    bound = bind("receiver of telemetry", address, port)
    try:
        places = Places.of(ledger.vault.home.path)
        collector = Collector(places, flattener, anchoring(ledger), pace=pace, retention=retention, clock_ns=clock_ns)
    except BaseException:
        bound.close()
        raise
    intake = Intake(collector, Access(ledger), limits)
    receiver = Receiver(collector, intake, bound, address, tls)
    try:
        if grpc_port is not None:
            receiver.grpc = GrpcDoor(intake, address, grpc_port, tls)
    except BaseException:
        bound.close()
        collector.close()
        raise
    return receiver.start()
