"""Where the scene's parts find each other: one folder, with addresses and tokens in a file."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FOLDER = "GOLDENTHREAD_CHAOS_FOLDER"
NAME = "GOLDENTHREAD_CHAOS_NAME"

PARTS = ("book", "model", "tools", "guard", "guard_line", "book_line", "database_line")
"""What listens, each on a port of its own; a line is a proxy before a part, which can be cut."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """The folder of one scene; `ports` by part, `tokens` of the agent and of the tool that work through the server."""

    folder: Path
    ports: Mapping[str, int]
    tokens: Mapping[str, str]

    @classmethod
    def here(cls) -> Place:
        """The scene that this process belongs to."""
        return cls.load(Path(os.environ[FOLDER]))

    @classmethod
    def load(cls, folder: Path) -> Place:
        """Read it."""
        said = json.loads((folder / "place.json").read_text())
        return cls(folder=folder, ports=said["ports"], tokens=said["tokens"])

    def save(self) -> None:
        """Write it, for every process of the scene."""
        content = {**asdict(self), "folder": str(self.folder)}
        (self.folder / "place.json").write_text(json.dumps(content))

    @property
    def home(self) -> Path:
        """The installation."""
        return self.folder / "home"

    @property
    def book(self) -> Path:
        """The file in which the world outside keeps what happened to it."""
        return self.folder / "book.sqlite"

    @property
    def journal(self) -> Path:
        """The file in which the agent that comes through the server keeps which case it is at."""
        return self.folder / "agent.sqlite"

    @property
    def requests_twice(self) -> Path:
        """A file with a letter for each request to the server that was delivered twice."""
        return self.folder / "requests-twice"

    def url(self, part: str) -> str:
        """The address of a part."""
        return f"http://127.0.0.1:{self.ports[part]}"

    def clock(self, name: str) -> Path:
        """The file that says how far a process's clock is off."""
        return self.folder / "clocks" / name

    def read(self, name: str) -> Any:
        """A file of the scene's own, JSON."""
        return json.loads((self.folder / name).read_text())

    def write(self, name: str, content: Any) -> None:
        """Keep something for the processes of the scene, as JSON."""
        (self.folder / name).write_text(json.dumps(content))


def free_ports(parts: tuple[str, ...] = PARTS) -> dict[str, int]:
    """A free port each, all different."""
    sockets = {part: socket.socket() for part in parts}
    for one in sockets.values():
        one.bind(("127.0.0.1", 0))
    ports = {part: one.getsockname()[1] for part, one in sockets.items()}
    for one in sockets.values():
        one.close()
    return ports
