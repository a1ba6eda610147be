"""The scene's processes: started, harmed, and started again, as a supervisor would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from chaos.place import FOLDER, NAME, Place

_ROOT = Path(__file__).parents[1]
_LOOK_S = 0.2
_SETTLED_S = 30.0


class Part:
    """
    One process, in a group of its own.

    Args:
        place: The scene.
        name: Of the process.
        command: Words after `python -m`.
        settings: More environment.
    """

    def __init__(self, place: Place, name: str, command: Sequence[str], settings: Mapping[str, str]) -> None:
        self.name = name
        self._place = place
        self._log = place.folder / f"{name}.log"
        self._said = 0
        self._command = [sys.executable, "-m", *command]
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._again_at, self._began = 0.0, 0.0
        self.deaths = 0
        """Ends that nobody brought about."""

    @property
    def runs(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it; what it says goes to a file."""
        self._began = time.monotonic()
        paths = [str(_ROOT), str(_ROOT / "src"), os.environ.get("PYTHONPATH", "")]
        environment = {
            **os.environ,
            FOLDER: str(self._place.folder),
            NAME: self.name,
            "GOLDENTHREAD_HOME": str(self._place.home),
            "GOLDENTHREAD_CACHE": str(self._place.folder / "cache"),
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "PYTHONUNBUFFERED": "1",
            "PYTHONPYCACHEPREFIX": str(self._place.folder / "bytecode"),
            **self._settings,
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._log.touch()
        self._said = self._log.stat().st_size
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=environment, stdout=log, stderr=log, cwd=_ROOT, start_new_session=True
            )

    @property
    def settled(self) -> bool:
        """Whether it has said that it works, or had time enough: a kill before that hits nothing but imports."""
        if not self.runs:
            return False
        return self._log.stat().st_size > self._said or time.monotonic() - self._began > _SETTLED_S

    def kill(self, *, back_s: float) -> bool:
        """Signal 9; it is started again after a while. False if it is dead, or has hardly begun."""
        if self._process is None or not self.settled:
            return False
        self._again_at = time.monotonic() + back_s
        self._process.kill()
        self._process.wait()
        return True

    def signal(self, number: int) -> bool:
        """A signal, such as SIGSTOP; False if it is dead."""
        if self._process is None or not self.runs:
            return False
        self._process.send_signal(number)
        return True

    def look(self) -> None:
        """Start it again where it is time."""
        if self.runs or time.monotonic() < self._again_at:
            return
        if self._process is not None and self._process.poll() not in (-signal.SIGKILL, 0):
            self.deaths += 1
            self._again_at = time.monotonic() + 0.5
        self.start()

    def end(self, grace_s: float) -> None:
        """For good: in order, then by force."""
        if self._process is None:
            return
        for number in (signal.SIGCONT, signal.SIGTERM):
            self.signal(number)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_s)
        if self.runs:
            self._process.kill()
            self._process.wait()


class Parts:
    """All processes, looked after by a thread."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.by_name = {part.name: part for part in parts}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start all of them."""
        for part in self.by_name.values():
            part.start()
        self._thread.start()

    def end(self, *names: str, grace_s: float = 10.0) -> None:
        """End some, or all, for good."""
        chosen = names or tuple(self.by_name)
        if not names:
            self._stopping.set()
            self._thread.join()
        for name in chosen:
            part = self.by_name.pop(name) if names else self.by_name[name]
            part.end(grace_s)

    def _look(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            for part in list(self.by_name.values()):
                part.look()


def all_parts(place: Place) -> Parts:
    """The whole scene: one worker and the server beside the database, one worker at the end of a line that is cut."""
    far = {"GOLDENTHREAD_DATABASE_URL": f"postgresql://postgres@127.0.0.1:{place.ports['database_line']}/goldenthread"}
    work = ("chaos.program", "work", "chaos.desk:worker", "--grace", "5")
    return Parts(
        [
            Part(place, "book", ("chaos.book",), {}),
            Part(place, "model", ("chaos.model",), {}),
            Part(place, "guard", ("chaos.guard",), {}),
            Part(place, "tools", ("chaos.tools",), {}),
            Part(place, "teller", ("chaos.teller",), {}),
            Part(place, "people", ("chaos.people",), far),
            Part(place, "worker-1", work, {}),
            Part(place, "worker-2", work, far),
        ]
    )
