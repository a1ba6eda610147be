"""What is typed, and what it stands for: NAME=VALUE, the name of a file with a key."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from goldenthread.promise.errors import FileUnusable, ValueProblem
from goldenthread.promise.values import Json

_LARGEST_KEY = 64 * 1024


class Assignment(click.ParamType[Any]):
    """NAME=VALUE; VALUE is JSON if it can be read as JSON, else the text itself."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Json]:
        """The name and its value."""
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        if not name or not equals:
            self.fail(f"'{value}' is no NAME=VALUE; write e.g. licence=MIT or amount=120.", param, ctx)
        return name, _json_or_text(text)


ASSIGNMENT = Assignment()


def together(assignments: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    """
    All assignments as one object.

    Raises:
        click.UsageError: A name twice.
    """
    names = [name for name, _ in assignments]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise click.UsageError(f"'{twice}' is given twice; give each name once.")
    return dict(assignments)


def typed(value: Json) -> str:
    """
    A value as one would type it after NAME=, and as it is shown to people who answer for it.

    Text stands bare only where it would be read back as the same text and hides nothing: a "5" that is text keeps
    its quotes, and what steers a terminal is written out.
    """
    if isinstance(value, str):
        honest = value.isprintable() and value.strip() == value != "" and _json_or_text(value) == value
        return value if honest else json.dumps(value, ensure_ascii=not value.isprintable())
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)


def call(action: str, arguments: Mapping[str, Json]) -> str:
    """`admit_package(package=click, licence=MIT)`."""
    return f"{action}({', '.join(f'{name}={typed(value)}' for name, value in arguments.items())})"


def read_at_most(path: Path, size: int) -> bytes:
    """
    The first `size` bytes of a file or a pipe: what has no end is not read to its end.

    Raises:
        FileUnusable: It is no file or pipe, or cannot be read.
    """
    try:
        kind = path.stat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISFIFO(kind)):
            raise FileUnusable(f"{path} cannot be read: it is no ordinary file. Name one that is.")
        with path.open("rb") as file:
            return file.read(size)
    except OSError as problem:
        raise _unusable(path, problem, "read") from problem


def read_text_at_most(path: Path, size: int) -> str:
    """
    A file's text; of one that is larger, enough that its reader says so.

    Raises:
        FileUnusable: It cannot be read, or holds bytes that are no UTF-8.
    """
    content = read_at_most(path, size + 1)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as problem:
        if len(content) > size and problem.start >= size - 3:
            return content[: problem.start].decode("utf-8")  # cut inside a character
        raise FileUnusable(
            f"{path} cannot be read: byte 0x{content[problem.start]:02X} at {problem.start} is not UTF-8. "
            "Save the file as UTF-8."
        ) from problem


def write_text(path: Path, text: str) -> None:
    """
    Write a file that somebody named, in UTF-8.

    Raises:
        FileUnusable: The place or the disk does not take it.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise _unusable(path, problem, "written") from problem


def write_work(path: Path, text: str, *, new: bool = False) -> None:
    """
    Write a file that people work in, whole or not at all: what they wrote into it must not be lost to a full disk.

    Raises:
        ValueProblem: It is to be new, and there is one.
        FileUnusable: The place or the disk does not take it; what was there stays.
    """
    from goldenthread.record.store import write_whole

    try:
        write_whole(path.resolve(), text, new=new, mode=0o666)
    except FileExistsError as problem:
        raise ValueProblem(f"{path} is there already and is never overwritten. Name another file.") from problem
    except OSError as problem:
        raise _unusable(path, problem, "written") from problem


def require_apart(*files: Path | None) -> None:
    """
    Raises:
        ValueProblem: Two of them are one file, so that one would be written over the other.
    """
    seen: set[Path] = set()
    for file in files:
        real = None if file is None else file.resolve()
        if real in seen and (real.is_file() or not real.exists()):
            raise ValueProblem(f"{file} is named twice, so one would be written over the other. Name another file.")
        if real is not None:
            seen.add(real)


def require_folder_of(path: Path) -> None:
    """
    Raises:
        FileUnusable: The folder that the file would lie in is not there.
    """
    if not path.parent.is_dir():
        raise FileUnusable(
            f"{path} cannot be written: there is no folder {path.parent}. Make it, or name another place."
        )


def _unusable(path: Path, problem: OSError, use: str) -> FileUnusable:
    return FileUnusable(
        f"{path} cannot be {use}: {problem.strerror or problem}. Name another place, or mend the cause, then try again."
    )


def read_public_key(path: Path) -> str:
    """
    The ed25519 public key in a file, PEM or hex digits, as hex digits.

    Raises:
        FileUnusable: It cannot be read.
        ValueProblem: It holds something else.
    """
    text = read_at_most(path, _LARGEST_KEY).decode(errors="replace").strip()
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return text.lower()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(text.encode())
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueProblem(
            f"The file {path} holds no ed25519 public key. "
            "Write one with `openssl pkey -in private.pem -pubout -out public.pem`."
        )
    return key.public_bytes_raw().hex()


def _json_or_text(text: str) -> Json:
    try:
        value: Json = json.loads(text, parse_constant=_refuse)
    except ValueError:
        return text
    return value


def _refuse(constant: str) -> Json:
    """NaN and Infinity are no JSON: taken as text."""
    raise ValueError(constant)
