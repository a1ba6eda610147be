"""
The world outside: a service with a store of its own, in a process of its own.

POST /pay?key=K&amount=A  pays once a key;  POST /post?text=T  posts each time it is called, as a tool without
an idempotency key does;  GET /all gives everything. Prints its port and serves until killed.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


def main(path: Path) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("create table if not exists paid (key text primary key, amount text)")
    database.execute("create table if not exists posted (id integer primary key, text text)")

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            if asked.path == "/pay":
                database.execute("insert or ignore into paid values (?, ?)", (query["key"], query["amount"]))
            else:
                database.execute("insert into posted (text) values (?)", (query["text"],))
            self._answer({"ok": True})

        def do_GET(self) -> None:
            self._answer(
                {
                    "paid": database.execute("select key, amount from paid").fetchall(),
                    "posted": [text for (text,) in database.execute("select text from posted")],
                }
            )

        def _answer(self, body: Any) -> None:
            content = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the caller was killed

    server = HTTPServer(("127.0.0.1", 0), Service)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
