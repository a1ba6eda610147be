"""The running server as its own postmaster.pid tells it, believed only after a look at the process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

# A process that began this long after the file was written is another one that was given the same id.
_START_TOLERANCE_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Postmaster:
    """
    One reading of postmaster.pid.

    Shapes: `started` in seconds since 1970; `status` is starting, ready, stopping or empty.
    """

    pid: int
    data: Path
    started: int
    port: int
    socket_folder: Path
    status: str

    @classmethod
    def read(cls, data: Path) -> Postmaster | None:
        """What the file in the data folder says; None when there is none or it is only half written."""
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
            pid, folder, started, port, socket_folder = (line.strip() for line in lines[:5])
            return cls(
                pid=int(pid),
                data=Path(folder),
                started=int(started),
                port=int(port),
                socket_folder=Path(socket_folder),
                status=lines[7].strip() if len(lines) > 7 else "",
            )
        except (OSError, ValueError):
            return None

    def alive(self) -> bool:
        """Whether that process lives and is this server: no zombie, named postgres, working in this data folder."""
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith("postgres"):
                return False
            return self._works_here(process)
        except psutil.NoSuchProcess:
            return False

    def _works_here(self, process: psutil.Process) -> bool:
        try:
            return os.path.realpath(process.cwd()) == os.path.realpath(self.data)
        except psutil.AccessDenied:
            # Where another's folder can't be read, only the start time is left. It is not used otherwise, because
            # a clock that was set makes it differ for the right process.
            return process.create_time() <= self.started + _START_TOLERANCE_S


def pid_alive(pid: int) -> bool:
    """Whether a process runs under that id; a zombie does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def workers_of(data: Path) -> list[psutil.Process]:
    """Living postgres processes that work in the data folder, for instance those of a killed postmaster."""
    folder = os.path.realpath(data)
    return [process for process in psutil.process_iter(["name"]) if _is_worker(process, folder)]


def _is_worker(process: psutil.Process, folder: str) -> bool:
    try:
        if not (process.info["name"] or "").startswith("postgres"):
            return False
        return process.status() != psutil.STATUS_ZOMBIE and os.path.realpath(process.cwd()) == folder
    except psutil.Error:
        return False
