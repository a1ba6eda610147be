"""Asking a server of the guard, with the standard library alone; its errors come back as the classes they are."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from goldenthread.promise.errors import GoldenthreadError, ServerUnreachable, ValueProblem
from goldenthread.promise.values import Json

TIMEOUT_S = 30.0

_LARGEST_ANSWER = 16 * 1024 * 1024


class Wire:
    """
    One token's line to a server; a connection a thread, kept open. Never prints its token.

    Args:
        url: `https://host:port`, or `http://` where something else encrypts or nobody can listen.
        token: From `goldenthread token create`.
        timeout_s: Seconds that an answer may take.
        tls: How certificates are checked; by default as this machine does.

    Raises:
        ValueProblem: The address is none, or there is no token.
    """

    def __init__(
        self, url: str, token: str, *, timeout_s: float = TIMEOUT_S, tls: ssl.SSLContext | None = None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.path.strip("/"):
            raise ValueProblem(
                f"'{parts.scheme}://{parts.hostname or ''}' is no address of a server. Write e.g. https://guard:7443."
            )
        if not token or not token.isascii() or not token.isprintable():
            raise ValueProblem(
                "There is no token to ask the server with. Pass `token`, or set GOLDENTHREAD_TOKEN to what "
                "`goldenthread token create` printed."
            )
        self.url = f"{parts.scheme}://{parts.netloc}"
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._token = token
        self._timeout_s = timeout_s
        self._tls = tls or (ssl.create_default_context() if self._secure else None)
        self._local = threading.local()
        self._lock = threading.Lock()
        self._connections: list[http.client.HTTPConnection] = []

    def __repr__(self) -> str:
        return f"Wire({self.url!r})"

    def get(self, *path: str) -> dict[str, Any]:
        """The answer to a look; errors as `post`."""
        return self._ask("GET", path, None)

    def post(self, *path: str, body: Mapping[str, Json] | None = None) -> dict[str, Any]:
        """
        The answer to a request, sent once: what got no answer may have been done.

        Raises:
            ServerUnreachable: No answer in time, or none that can be read.
            GoldenthreadError: What the server says; its own class where this version knows the code.
        """
        return self._ask("POST", path, json.dumps(body or {}, allow_nan=False).encode())

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()

    def _ask(self, method: str, path: tuple[str, ...], body: bytes | None) -> dict[str, Any]:
        address = "/v1/" + "/".join(quote(part, safe="") for part in path)
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = self._connection()
        try:
            connection.request(method, address, body, headers)
            response = connection.getresponse()
            content = response.read(_LARGEST_ANSWER)
        except (OSError, http.client.HTTPException) as problem:
            self._drop(connection)
            raise ServerUnreachable(
                f"The server at {self.url} gave no answer ({type(problem).__name__}: {problem}). "
                "See that it runs and can be reached; what was asked for may or may not have been recorded."
            ) from problem
        if response.will_close:
            self._drop(connection)
        return self._read(response.status, content)

    def _read(self, status: int, content: bytes) -> dict[str, Any]:
        try:
            value = json.loads(content)
            if status == 200 and isinstance(value, dict):
                return value
            code, message = str(value["code"]), str(value["message"])
        except (ValueError, KeyError, TypeError) as problem:
            raise ServerUnreachable(
                f"What answers at {self.url} is no server of the guard (status {status}). Mend the address."
            ) from problem
        raise error_of(code, message)

    def _connection(self) -> http.client.HTTPConnection:
        """This thread's connection; asked for again at once if the server closed it while nobody used it."""
        known: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if known is not None and known.sock is not None and not _is_gone(known):
            return known
        if known is not None:
            self._drop(known)
        if self._secure:
            assert self._tls is not None
            fresh: http.client.HTTPConnection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout_s, context=self._tls
            )
        else:
            fresh = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        self._local.connection = fresh
        with self._lock:
            self._connections.append(fresh)
        return fresh

    def _drop(self, connection: http.client.HTTPConnection) -> None:
        connection.close()
        self._local.connection = None
        with self._lock:
            if connection in self._connections:
                self._connections.remove(connection)


def error_of(code: str, message: str) -> GoldenthreadError:
    """The error that a server's answer stands for; of an unknown code, one that says it."""
    known = {error.code: error for error in _tree(GoldenthreadError)}
    kind = known.get(code)
    if kind is None:
        return ServerUnreachable(f"The server answered '{code}': {message}")
    error = kind.__new__(kind)
    GoldenthreadError.__init__(error, message)  # some classes are made from more than words
    return error


def _tree(error: type[GoldenthreadError]) -> Iterator[type[GoldenthreadError]]:
    yield error
    for child in error.__subclasses__():
        if child.__module__ == GoldenthreadError.__module__:
            yield from _tree(child)


def _is_gone(connection: http.client.HTTPConnection) -> bool:
    """Whether the other side closed an idle connection: it is readable although nothing was asked."""
    import select

    sock = connection.sock
    if sock is None:
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
