"""The home folder: where everything of one installation lies, and which of it is private."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from goldenthread.promise.errors import HomeInvalid
from goldenthread.record.store.files import write_whole

FORMAT = 1
PRIVATE = 0o700
# Root runs the server as another OS user, which must get through this folder but may not list it.
PASSABLE = 0o711


@dataclass(frozen=True, kw_only=True, slots=True)
class HomeIdentity:
    """What home.json says: the layout's format and a random id that stays when the folder moves."""

    id: str
    format: int


class Home:
    """
    One installation's folder: `postgres/`, `keys/`, `vault/`, `checkpoints/`, `home.json`.

    Args:
        path: The folder; by default GOLDENTHREAD_HOME, else `.goldenthread` in the current folder.
            It need not exist before `prepare`.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        chosen = path if path is not None else os.environ.get("GOLDENTHREAD_HOME") or ".goldenthread"
        self.path = Path(chosen).expanduser().absolute()

    def __repr__(self) -> str:
        return f"Home({str(self.path)!r})"

    @property
    def postgres(self) -> Path:
        """Locks of the embedded database and, as a plain user, its data."""
        return self.path / "postgres"

    @property
    def keys(self) -> Path:
        """Private keys of principals."""
        return self.path / "keys"

    @property
    def vault(self) -> Path:
        """Keys of case content; to destroy one erases the case."""
        return self.path / "vault"

    @property
    def checkpoints(self) -> Path:
        """Signed checkpoints, to be copied elsewhere."""
        return self.path / "checkpoints"

    def exists(self) -> bool:
        """Whether `prepare` ever ran here."""
        return (self.path / "home.json").is_file()

    def prepare(self) -> HomeIdentity:
        """
        Create what is missing, with folders private to this OS user, and return the identity.

        Raises:
            HomeInvalid: The path is no folder, cannot be written, or is of a newer format.
        """
        root = os.geteuid() == 0
        try:
            self.path.mkdir(mode=PASSABLE if root else PRIVATE, parents=True, exist_ok=True)
            self.postgres.mkdir(mode=PASSABLE if root else PRIVATE, exist_ok=True)
            for folder in (self.keys, self.vault, self.checkpoints):
                folder.mkdir(mode=PRIVATE, exist_ok=True)
            return self._identify()
        except OSError as problem:
            raise HomeInvalid(
                f"The home folder {self.path} cannot be used: {problem.strerror or problem}. "
                "Set GOLDENTHREAD_HOME to a folder that this OS user can write."
            ) from problem

    def identity(self) -> HomeIdentity:
        """
        Read home.json of a home that exists.

        Raises:
            HomeInvalid: There is none, it cannot be read, or it is of a newer format.
        """
        file = self.path / "home.json"
        try:
            found = json.loads(file.read_text())
            identity = HomeIdentity(id=str(found["id"]), format=int(found["format"]))
        except FileNotFoundError:
            raise HomeInvalid(f"No home at {self.path}. {self._where_else()}") from None
        except PermissionError as problem:
            raise HomeInvalid(
                f"{file} is there, but this OS user (id {os.geteuid()}) has no permission to read it. "
                "Run this as the user whose home it is, or set GOLDENTHREAD_HOME to a home of your own."
            ) from problem
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise HomeInvalid(
                f"{file} cannot be read ({type(problem).__name__}: {problem}). Restore it from a backup of the home."
            ) from problem
        if identity.format > FORMAT:
            raise HomeInvalid(
                f"{file} is of format {identity.format}; this goldenthread knows up to {FORMAT}. Upgrade goldenthread."
            )
        return identity

    def _where_else(self) -> str:
        inside = sorted(file.parent for file in self.path.glob("*/home.json"))
        if inside:
            return f"There is one at {inside[0]}: set GOLDENTHREAD_HOME to it, or run `goldenthread init` for another."
        return "Run `goldenthread init` there, or set GOLDENTHREAD_HOME to the right folder."

    def _identify(self) -> HomeIdentity:
        file = self.path / "home.json"
        if not file.exists():
            with suppress(FileExistsError):  # whoever comes first names the home; the other reads that name
                said = {"format": FORMAT, "id": secrets.token_hex(8)}
                write_whole(file, json.dumps(said) + "\n", new=True, mode=0o666)
        return self.identity()
