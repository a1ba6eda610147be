"""Who may come in, and with how much: tokens, wrong ones counted by address, and bodies of a bounded size."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from starlette.requests import Request

from goldenthread.promise.errors import RequestInvalid, TooManyFailures
from goldenthread.surfaces.api.shapes import LARGEST_BYTES

MOST_FAILURES = 20
"""Wrong tokens from one address within a minute; after that, wrong ones are not even looked at."""

_WINDOW_S = 60.0
_MOST_ADDRESSES = 10_000


class Failures:
    """
    Wrong tokens by address; thread-safe.

    A good token always gets through: else whoever shares an address with others could keep them out. Guessing is
    hopeless in any case (32 random bytes); this keeps it from costing anything.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._by_address: dict[str, deque[float]] = {}

    def count(self, address: str) -> None:
        """
        One more wrong token.

        Raises:
            TooManyFailures: There were too many from there.
        """
        now = self._monotonic()
        with self._lock:
            times = self._by_address.setdefault(address, deque(maxlen=MOST_FAILURES + 1))
            times.append(now)
            while times and now - times[0] > _WINDOW_S:
                times.popleft()
            if len(self._by_address) > _MOST_ADDRESSES:
                del self._by_address[next(iter(self._by_address))]
            if len(times) > MOST_FAILURES:
                raise TooManyFailures(
                    f"More than {MOST_FAILURES} requests with wrong tokens came from this address within a minute. "
                    "Wait a minute, and mend the token."
                )


class BodyRefused(Exception):
    """A body that is not read at all."""

    def __init__(self, error: RequestInvalid, status: int) -> None:
        super().__init__()
        self.error = error
        self.status = status


def presented(request: Request) -> str | None:
    """The token of a request, None if it has none or more than one."""
    sent = request.headers.getlist("authorization")
    scheme, _, token = sent[0].partition(" ") if len(sent) == 1 else ("", "", "")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def address(request: Request) -> str:
    """Where a request comes from, as the connection says; headers that anybody can write are not asked."""
    return request.client.host if request.client is not None else ""


async def read_body(request: Request) -> bytes:
    """
    The body of a request.

    Raises:
        BodyRefused: It is too large, or not said to be JSON.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise BodyRefused(
            RequestInvalid("The body is not said to be JSON. Send it with `Content-Type: application/json`."), 415
        )
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BYTES:
            raise BodyRefused(
                RequestInvalid(f"The body is larger than {LARGEST_BYTES} bytes. Send less; refer to large things."), 413
            )
    return body
