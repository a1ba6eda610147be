"""A sender: a process of its own that sends as fast as it is answered, and says how many spans were acknowledged."""

from __future__ import annotations

import http.client
import json
import pickle
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from bench.telemetry.load import SPANS, Template


class Line:
    """One connection, kept open."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._parts = urlsplit(url)
        self._headers = {"Content-Type": "application/x-protobuf", **headers}
        self._line = http.client.HTTPConnection(self._parts.netloc, timeout=120)

    def send(self, body: bytes) -> bool:
        """Whether it was acknowledged; if the receiver is busy, after a pause."""
        self._line.request("POST", self._parts.path, body, self._headers)
        answer = self._line.getresponse()
        answer.read()
        if answer.status in (429, 503):
            time.sleep(0.05)
        elif answer.status != 200:
            raise RuntimeError(f"{answer.status} from {self._parts.netloc}")
        return answer.status == 200


def send(
    bodies: Sequence[Template], url: str, headers: dict[str, str], *, seconds: float, most: int, lines: int
) -> dict[str, float]:
    """Send from several threads for so long, or so many spans; what was acknowledged, and how long it took."""
    acknowledged = [0] * lines
    began = time.monotonic()

    def work(place: int) -> None:
        line, chance = Line(url, headers), np.random.default_rng([place, time.time_ns()])
        number = place
        while time.monotonic() - began < seconds and sum(acknowledged) < most:
            if line.send(bodies[number % len(bodies)].fresh(chance)):
                acknowledged[place] += SPANS
            number += lines

    threads = [threading.Thread(target=work, args=(place,)) for place in range(lines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"acknowledged": sum(acknowledged), "seconds": time.monotonic() - began}


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    made: list[Template] = pickle.loads(Path(sys.argv[2]).read_bytes())  # noqa: S301 - written by the bench itself
    print(json.dumps(send(made, **wanted)))
