"""
The world outside: a service that does what it is told, and a book in which each effect stands before it is answered.

POST /do takes `{action, arguments, key, decision, permit}`: with a key it has one effect however often it comes,
without one an effect each time. GET /effects gives the book. POST /trouble `{mode, seconds}` makes it fail for a while:
'before' (nothing happens, status 503), 'after' (it happens, and the answer is lost), 'slow'.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chaos.leash import hold
from chaos.place import Place

TIMEOUT_S = 5.0
_SLOW_S = 1.5
_TABLE = """
create table if not exists delivery (
    number integer primary key, action text not null, arguments text not null, key text, decision text, permit text,
    effect integer not null, conflict integer not null
)
"""


class Trouble(Exception):
    """The service failed, or refused."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One order that reached the service; `effect` says whether it had one, `conflict` that its key had another."""

    number: int
    action: str
    arguments: Mapping[str, Any]
    key: str | None
    decision: str | None
    permit: str | None
    effect: bool
    conflict: bool


class Client:
    """The service, as tools reach it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def do(
        self,
        action: str,
        arguments: Mapping[str, Any],
        *,
        key: str | None = None,
        decision: str | None = None,
        permit: str | None = None,
    ) -> None:
        """
        Have it done.

        Raises:
            OSError, Trouble: It failed or was not reached; whether it was done is unknown.
        """
        order = {"action": action, "arguments": dict(arguments), "key": key, "decision": decision, "permit": permit}
        self._ask("/do", order)

    def trouble(self, mode: str, seconds: float) -> None:
        """Have it fail for a while."""
        self._ask("/trouble", {"mode": mode, "seconds": seconds})

    def happened(self, *, subject: str) -> bool:
        """Whether money was sent under a subject: what a person finds who looks at the account."""
        return any(one.arguments.get("subject") == subject for one in self.effects())

    def effects(self) -> list[Delivery]:
        """The book."""
        with urllib.request.urlopen(f"{self._url}/effects", timeout=TIMEOUT_S) as answer:
            return [Delivery(**one) for one in json.loads(answer.read())]

    def _ask(self, path: str, body: Any) -> None:
        request = urllib.request.Request(self._url + path, json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            said = json.loads(answer.read())
        if not said["ok"]:
            raise Trouble(said["why"])


class Book:
    """One SQLite file; each order is one durable transaction."""

    def __init__(self, place: Place) -> None:
        self._database = sqlite3.connect(place.book, isolation_level=None, check_same_thread=False)
        self._database.execute("pragma synchronous = full")
        self._database.execute(_TABLE)
        self._lock = threading.Lock()

    def take(self, order: Mapping[str, Any]) -> bool:
        """Do what an order says; False if its key was used for something else."""
        arguments = json.dumps(order["arguments"], sort_keys=True)
        with self._lock:
            known = None
            if order["key"] is not None:
                query = "select arguments from delivery where action = ? and key = ? and effect = 1"
                known = self._database.execute(query, (order["action"], order["key"])).fetchone()
            conflict = known is not None and known[0] != arguments
            values = (order["action"], arguments, order["key"], order["decision"], order["permit"])
            self._database.execute(
                "insert into delivery (action, arguments, key, decision, permit, effect, conflict)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                (*values, known is None, conflict),
            )
        return not conflict

    def all(self) -> list[dict[str, Any]]:
        """Every order, in its order."""
        with self._lock:
            cursor = self._database.execute("select * from delivery order by number")
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return [{**row, "arguments": json.loads(row["arguments"])} for row in rows]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, book: Book) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.book = book
        self.trouble, self.until = "", 0.0


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/trouble":
            self.server.trouble, self.server.until = body["mode"], time.monotonic() + body["seconds"]
            self._answer({"ok": True})
            return
        mode = self.server.trouble if time.monotonic() < self.server.until else ""
        if mode == "before":
            self.send_error(503)
            return
        if mode == "slow":
            time.sleep(_SLOW_S)
        fits = self.server.book.take(body)
        if mode == "after":
            self.close_connection = True  # it happened, and nobody is told
            self.connection.close()
            return
        self._answer({"ok": fits, "why": "" if fits else "the key was used for something else"})

    def do_GET(self) -> None:
        self._answer(self.server.book.all())

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def handle_one_request(self) -> None:
        """As the parent; a caller that was killed is no error."""
        try:
            super().handle_one_request()
        except (OSError, ValueError):
            self.close_connection = True

    def _answer(self, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    hold()
    here = Place.here()
    _Server(here.ports["book"], Book(here)).serve_forever()
