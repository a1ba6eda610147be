"""Python distributions: the metadata folders of every site-packages that is given, one case per name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

from goldenthread.products.open_source_intake.packages import (
    Declaration,
    Found,
    Package,
    Skipped,
    evidence,
    request_id,
)
from goldenthread.products.open_source_intake.reading import Unreadable, entries, folders, read_text

OURSELVES = "pypi/goldenthread"
_LICENCE_FILE = re.compile(r"(?i)(?:un)?licen[cs]e|copying")


def installed(places: Iterable[Path]) -> Iterator[Found]:
    """Each distribution once, the first place that has it counts; what cannot be read comes as skipped."""
    seen = {OURSELVES}
    for place in places:
        for folder in folders(place):
            if folder.name.endswith((".dist-info", ".egg-info")):
                found = distribution(folder)
                name = found.place if isinstance(found, Skipped) else found.request
                if name not in seen:
                    seen.add(name)
                    yield found


def distribution(folder: Path) -> Found:
    """The distribution that a `.dist-info` or `.egg-info` folder describes."""
    try:
        metadata = _metadata(folder)
        name = _field(metadata, "Name")
        if not name:
            raise Unreadable("metadata without a name")
        return _package(folder, name, metadata)
    except Unreadable as problem:
        return Skipped(place=f"pypi/{folder.name}", reason=str(problem))


def declared(metadata: Message) -> tuple[str, ...]:
    """`License-Expression` alone if there is one (PEP 639), else `License`, else the licence classifiers."""
    expression = _field(metadata, "License-Expression")
    if expression:
        return (expression,)
    classifiers = sorted(
        str(value) for value in metadata.get_all("Classifier", []) if str(value).startswith("License ::")
    )
    # Several classifiers do not say whether all hold or one may be chosen (PEP 639), so they decide nothing.
    stated = (_field(metadata, "License"), classifiers[0] if len(classifiers) == 1 else "")
    return tuple(statement for statement in stated if statement)


def _package(folder: Path, name: str, metadata: Message) -> Package:
    return Package(
        request=request_id("pypi", name),
        evidence=evidence(
            name=name,
            ecosystem="pypi",
            version=_field(metadata, "Version"),
            summary=_field(metadata, "Summary"),
            homepage=_field(metadata, "Home-page"),
            files=_top_level(folder),
            texts=tuple(_texts(folder)),
        ),
        declaration=Declaration(statements=declared(metadata), dialect="python"),
    )


def _metadata(folder: Path) -> Message:
    for name in ("METADATA", "PKG-INFO"):
        try:
            return HeaderParser().parsestr(read_text(folder / name, within=folder))
        except Unreadable as problem:
            if str(problem) != "no such file":
                raise
    raise Unreadable("no metadata file")


def _field(metadata: Message, name: str) -> str:
    value = str(metadata.get(name, "")).strip()
    return "" if value.upper() == "UNKNOWN" else value


def _top_level(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(read_text(folder / "top_level.txt", within=folder).split())
    except Unreadable:
        return ()


def _texts(folder: Path, depth: int = 0) -> Iterator[str]:
    """Licence files of the distribution itself; a file that cannot be read is simply no evidence."""
    for entry in entries(folder):
        if _LICENCE_FILE.match(entry.name):
            try:
                yield read_text(Path(entry.path), within=folder)
            except Unreadable:
                continue
    if depth == 0:
        for name in ("licenses", "license_files"):
            yield from _texts(folder / name, depth + 1)
