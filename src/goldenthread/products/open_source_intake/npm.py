"""npm packages: `node_modules` trees, nested and scoped, one case per name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from goldenthread.products.open_source_intake.packages import (
    Declaration,
    Found,
    Package,
    Skipped,
    evidence,
    request_id,
)
from goldenthread.products.open_source_intake.reading import Unreadable, entries, folders, read_text

DEEPEST = 6
MOST_PACKAGES = 2_000
_LICENCE_FILE = re.compile(r"(?i)(?:un)?licen[cs]e|copying")


def installed(places: Iterable[Path]) -> Iterator[Found]:
    """Each package once, in order of path; at most `MOST_PACKAGES`, then one note that there were more."""
    seen: set[str] = set()
    for place in places:
        for folder in _packages(place, DEEPEST):
            found = package(folder)
            name = found.place if isinstance(found, Skipped) else found.request
            if name in seen:
                continue
            if len(seen) == MOST_PACKAGES:
                yield Skipped(place=str(place), reason="more npm packages than are read")
                return
            seen.add(name)
            yield found


def package(folder: Path) -> Found:
    """The package that a folder's `package.json` describes."""
    try:
        manifest = _manifest(folder)
        name = _text(manifest.get("name"))
        if not name:
            raise Unreadable("package.json without a name")
        return _package(folder, name, manifest)
    except Unreadable as problem:
        return Skipped(place=f"npm/{folder.name}", reason=str(problem))


def declared(manifest: dict[str, Any]) -> tuple[str, ...]:
    """The `license` field, as text or in the old form of an object; the older plural form decides nothing."""
    field = manifest.get("license")
    stated = field.get("type") if isinstance(field, dict) else field
    return (stated.strip(),) if isinstance(stated, str) and stated.strip() else ()


def _packages(place: Path, deepest: int) -> Iterator[Path]:
    for folder in folders(place):
        if folder.name.startswith("."):
            continue
        if folder.name.startswith("@"):
            yield from _packages(folder, deepest)
            continue
        yield folder
        if deepest:
            yield from _packages(folder / "node_modules", deepest - 1)


def _package(folder: Path, name: str, manifest: dict[str, Any]) -> Package:
    return Package(
        request=request_id("npm", name),
        evidence=evidence(
            name=name,
            ecosystem="npm",
            version=_text(manifest.get("version")),
            summary=_text(manifest.get("description")),
            homepage=_text(manifest.get("homepage")),
            files=(_text(manifest.get("main")),) if _text(manifest.get("main")) else (),
            texts=tuple(_texts(folder)),
        ),
        declaration=Declaration(statements=declared(manifest), dialect="spdx"),
    )


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(read_text(folder / "package.json", within=folder))
    except (ValueError, RecursionError):
        raise Unreadable("malformed package.json") from None
    if not isinstance(manifest, dict):
        raise Unreadable("malformed package.json")
    return manifest


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(folder: Path) -> Iterator[str]:
    for entry in entries(folder):
        if _LICENCE_FILE.match(entry.name):
            try:
                yield read_text(Path(entry.path), within=folder)
            except Unreadable:
                continue
