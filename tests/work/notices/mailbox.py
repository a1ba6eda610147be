"""A mail server for tests: speaks just enough SMTP on loopback to take messages, and remembers them."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


class Mailbox:
    """What came; `refuse` makes it say no."""

    def __init__(self) -> None:
        self.came: list[EmailMessage] = []
        self.refuse = False
        mailbox = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 mailbox")
                while line := self.rfile.readline():
                    verb = line[:4].upper()
                    if verb == b"DATA":
                        self._take()
                    elif verb == b"QUIT":
                        self._say("221 bye")
                        return
                    else:
                        self._say("550 no" if mailbox.refuse and verb == b"RCPT" else "250 mailbox")

            def _take(self) -> None:
                self._say("354 go on")
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line[1:] if line.startswith(b".") else line)
                message: Any = message_from_bytes(b"".join(lines), policy=policy.default)
                mailbox.came.append(message)
                self._say("250 taken")

            def _say(self, words: str) -> None:
                self.wfile.write(words.encode() + b"\r\n")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        """The address as Apprise writes it, for lee@example.com."""
        port = self.server.server_address[1]
        return f"mailto://example.com:{port}?smtp=127.0.0.1&mode=insecure&from=agents@example.com&to=lee@example.com"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A mailbox that is open for the length of a block."""
    made = Mailbox()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        thread.join()
