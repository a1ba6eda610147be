"""What is typed, and what it stands for: NAME=VALUE, the name of a file with a key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.values import Json


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


def read_public_key(path: Path) -> str:
    """
    The ed25519 public key in a file, PEM or hex digits, as hex digits.

    Raises:
        ValueProblem: It holds another kind of key.
    """
    text = path.read_text(errors="replace").strip()
    if "-----BEGIN" not in text:
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
