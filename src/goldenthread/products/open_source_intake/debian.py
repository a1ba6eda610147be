"""
Debian source packages: the status file of dpkg, and machine-readable copyright files (DEP-5).

The declaration is the licence of the package as a whole: the `License` field of the header, else that of
`Files: *`. The evidence is the texts that stand over those files, without the short names that join them.
https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from goldenthread.products.open_source_intake.packages import (
    Declaration,
    Found,
    Package,
    Skipped,
    evidence,
    request_id,
)
from goldenthread.products.open_source_intake.reading import Unreadable, read_text

MOST_STATUS_BYTES = 50_000_000
Stanza: TypeAlias = Mapping[str, str]
_FIELD = re.compile(r"([!-9;-~]+):(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Licence:
    """A `License` field: the names on its first line, and the text below it."""

    names: str
    text: str


def installed(root: Path) -> Iterator[Found]:
    """Each source package whose binaries carry a DEP-5 copyright file; the rest as skipped, with reasons."""
    try:
        status = read_text(root / "var/lib/dpkg/status", within=root / "var/lib/dpkg", most_bytes=MOST_STATUS_BYTES)
    except Unreadable:
        return
    for source, binaries in sorted(_by_source(stanzas(status)).items()):
        yield _source_package(root / "usr/share/doc", source, binaries)


def stanzas(text: str) -> Sequence[Stanza]:
    """
    The stanzas of a control file as fields in lower case; a field's further lines stay below its first.

    Raises:
        Unreadable: A line that is neither a field nor a continuation.
    """
    found: list[dict[str, str]] = []
    name = ""
    for line in [*text.splitlines(), ""]:
        if not line.strip():
            name = ""
        elif line[0] in " \t":
            if not name:
                raise Unreadable("malformed control file")
            found[-1][name] += "\n" + _continuation(line)
        elif (match := _FIELD.fullmatch(line)) is not None:
            found.extend([{}] if not name else [])
            name = match[1].lower()
            found[-1][name] = match[2].strip()
        elif not line.startswith("#"):
            raise Unreadable("malformed control file")
    return found


def main_licence(paragraphs: Sequence[Stanza]) -> tuple[str, tuple[str, ...]]:
    """
    The declared names for the whole package, and the licence texts that they stand for.

    Raises:
        Unreadable: Nothing is declared for the package as a whole.
    """
    whole = [p for p in paragraphs[1:] if p.get("files", "").split() and "*" in p["files"].split()]
    carriers = [p for p in (paragraphs[0], *whole) if licence(p).names]
    if not carriers:
        raise Unreadable("no licence declared for the whole package")
    declared = licence(carriers[0])
    return declared.names, _texts(declared, paragraphs)


def licence(paragraph: Stanza) -> Licence:
    """The paragraph's `License` field, empty if it has none."""
    names, _, text = paragraph.get("license", "").partition("\n")
    return Licence(names=" ".join(names.split()), text=text.strip())


def _texts(declared: Licence, paragraphs: Sequence[Stanza]) -> tuple[str, ...]:
    if declared.text:
        return (declared.text,)
    alone = {licence(p).names.lower(): licence(p).text for p in paragraphs[1:] if "files" not in p and licence(p).text}
    elsewhere = {licence(p).names.lower(): licence(p).text for p in paragraphs[1:] if licence(p).text}
    texts = elsewhere | alone
    if (whole := declared.names.lower()) in texts:
        return (texts[whole],)
    parts = re.split(r",?\s+(?:and|or)\s+", whole)
    return tuple(texts[part] for part in parts if part in texts)


def _continuation(line: str) -> str:
    """DEP-5 writes an empty line as a lone dot."""
    return "" if line.strip() == "." else line[1:]


def _by_source(binaries: Sequence[Stanza]) -> dict[str, list[Stanza]]:
    sources: dict[str, list[Stanza]] = {}
    for binary in binaries:
        if binary.get("package") and "installed" in binary.get("status", "").split():
            source = binary.get("source", binary["package"]).split()[0]
            sources.setdefault(source, []).append(binary)
    return sources


def _source_package(docs: Path, source: str, binaries: Sequence[Stanza]) -> Found:
    reason = "no copyright file"
    for binary in sorted(binaries, key=lambda b: (b["package"] != source, b["package"])):
        try:
            text = read_text(docs / binary["package"] / "copyright", within=docs)
            return _package(source, binary, binaries, text)
        except Unreadable as problem:
            reason = str(problem)
    return Skipped(place=request_id("debian", source), reason=reason)


def _package(source: str, binary: Stanza, binaries: Sequence[Stanza], text: str) -> Package:
    if not re.search(r"(?im)\A\s*(?:#.*\n)*Format(?:-Specification)?:", text):
        raise Unreadable("copyright file is not machine-readable")
    paragraphs = stanzas(text)
    names, texts = main_licence(paragraphs)
    return Package(
        request=request_id("debian", source),
        evidence=evidence(
            name=source,
            ecosystem="debian",
            version=binary.get("version", ""),
            summary=binary.get("description", "").partition("\n")[0],
            homepage=binary.get("homepage", ""),
            files=tuple(sorted(b["package"] for b in binaries)),
            texts=texts,
        ),
        declaration=Declaration(statements=(names,), dialect="debian"),
    )
