"""The tool that acts on signed permits only, in a process of its own: POST /send_money `{permit, arguments}`."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chaos.book import Client
from chaos.clock import install
from chaos.leash import hold
from chaos.place import NAME, Place
from goldenthread.promise.errors import GoldenthreadError
from goldenthread.surfaces.toolside import ToolSide

_PERMIT: ContextVar[str | None] = ContextVar("permit", default=None)


def send_money(recipient: str, amount: float, subject: str, date: str) -> dict[str, str]:
    """Have it sent, telling the book which permit was shown."""
    place = Place.here()
    order = {"recipient": recipient, "amount": amount, "subject": subject, "date": date}
    Client(place.url("book_line")).do("send_money", order, permit=_PERMIT.get())
    return {"message": "sent"}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, tool: ToolSide) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.tool = tool


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        token = _PERMIT.set(_id(body["permit"]))
        try:
            said: dict[str, Any] = {"result": self.server.tool.act("send_money", body["permit"], body["arguments"])}
        except (GoldenthreadError, OSError) as error:
            said = {"error": getattr(error, "code", type(error).__name__), "message": str(error)}
        finally:
            _PERMIT.reset(token)
        content = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def _id(permit: Mapping[str, Any]) -> str:
    """The id of the permit in a signed envelope."""
    from base64 import b64decode

    return str(json.loads(b64decode(permit["envelope"]["payload"]))["permit"])


def main() -> None:
    """Declare the tool as soon as the server answers, and serve it."""
    hold()
    place = Place.here()
    install(place.clock(os.environ[NAME]))
    tool = ToolSide(place.url("guard_line"), place.tokens["tool"])
    tool.action("send_money")(send_money)
    while True:
        try:
            tool.declare()
            break
        except GoldenthreadError as error:
            print(f"not declared yet: {error.code}", file=sys.stderr)
            time.sleep(0.3)
    print("declared", flush=True)
    _Server(place.ports["tools"], tool).serve_forever()


if __name__ == "__main__":
    main()
