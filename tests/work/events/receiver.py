"""A receiver of events for tests: an HTTP server on loopback that answers as it is told, and remembers what came."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Came:
    """One request: its headers by lower-case name, and its body."""

    headers: Mapping[str, str]
    body: bytes
    status: int

    @property
    def event(self) -> dict[str, Any]:
        """The CloudEvent."""
        found: dict[str, Any] = json.loads(self.body)
        return found


Answering = Callable[[dict[str, Any]], int]


class Receiver:
    """Answers each event with the status that `answering` gives for it, 204 at first."""

    def __init__(self) -> None:
        self.came: list[Came] = []
        self.answering: Answering = lambda _: 204
        self.more: Mapping[str, str] = {}
        receiver, lock = self, threading.Lock()

        class Service(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with lock:
                    status = receiver.answering(json.loads(body))
                    receiver.came.append(Came(headers=headers, body=body, status=status))
                self.send_response(status)
                for name, value in receiver.more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook?token=not-for-anybody"

    def taken(self, type_end: str = "") -> list[dict[str, Any]]:
        """The events that it said yes to, in the order in which they came."""
        return [one.event for one in self.came if one.status == 204 and one.event["type"].endswith(type_end)]

    def serve(self) -> None:
        """Until `stop`."""
        self._server.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that serves for the length of a block."""
    made = Receiver()
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.stop()
        thread.join()
