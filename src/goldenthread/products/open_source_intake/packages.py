"""What a package is before anybody decided on it: what the agent may see, and apart from it the declaration."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TypeAlias

from goldenthread.products.open_source_intake import redaction
from goldenthread.products.open_source_intake.reading import Unreadable

MOST_TEXTS = 12
MOST_CHARACTERS = 24_000
_NAME = re.compile(r"(?:@[a-z0-9~][\w.~-]{0,100}/)?[a-z0-9_~][\w.+~-]{0,150}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """The author's own words on the licence, held back from the agent: field by field, most specific first."""

    statements: tuple[str, ...]
    dialect: str  # "spdx", "debian" or "python": which table of names applies


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the agent may see; built only by `evidence`, which redacts."""

    name: str
    ecosystem: str
    version: str
    summary: str
    homepage: str
    files: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Package:
    """One source package as installed here. `request` identifies the case, e.g. `pypi/requests`."""

    request: str
    evidence: Evidence
    declaration: Declaration

    @property
    def sibling_key(self) -> str:
        """The same for packages cut from one source: binding prefixes, versions and ecosystem left out."""
        return sibling_key(self.request)

    def as_input(self) -> dict[str, str | list[str]]:
        """The case's input for the run, in JSON types; nothing of the declaration."""
        seen = self.evidence
        return {
            "request": self.request,
            "package": seen.name,
            "ecosystem": seen.ecosystem,
            "version": seen.version,
            "summary": seen.summary,
            "homepage": seen.homepage,
            "files": list(seen.files),
            "texts": list(seen.texts),
        }


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Something that is no case, with the reason it is counted under."""

    place: str
    reason: str


Found: TypeAlias = Package | Skipped


def evidence(
    *,
    name: str,
    ecosystem: str,
    version: str,
    summary: str,
    homepage: str,
    files: tuple[str, ...],
    texts: tuple[str, ...],
) -> Evidence:
    """Redacted and bounded evidence; texts in order of digest, so that their order tells nothing."""
    return Evidence(
        name=name,
        ecosystem=ecosystem,
        version=_encodable(version)[:60],
        summary=redaction.words_about(_encodable(summary)),
        homepage=redaction.address(_encodable(homepage)),
        files=tuple(_encodable(file)[:120] for file in files if "licen" not in file.lower())[:20],
        texts=_bounded(texts),
    )


def request_id(ecosystem: str, name: str) -> str:
    """
    `ecosystem/name`, the name in lower case with runs of `-_.` as one hyphen (PEP 503) outside npm.

    Raises:
        Unreadable: No name that any of the three ecosystems allows.
    """
    if _NAME.fullmatch(name) is None:
        raise Unreadable("malformed name")
    plain = name.lower()
    return f"{ecosystem}/{plain if ecosystem == 'npm' else re.sub(r'[-_.]+', '-', plain)}"


def place_in_order(request: str) -> str:
    """Sort key of the fixed order: a digest of the name, so that related packages do not arrive together."""
    return hashlib.sha256(f"open-source-intake:{request}".encode()).hexdigest()


def sibling_key(request: str) -> str:
    """
    The stem of a package's name, e.g. `requests` for `debian/python-requests` and `gcc` for `debian/gcc-12`.

    A heuristic on names: it joins a few strangers of one name, and misses siblings whose names differ.
    """
    ecosystem, _, name = request.partition("/")
    bare = name.rpartition("/")[2] if ecosystem == "npm" else name
    stem = re.sub(r"^(?:python3?|node|ruby|golang|rust|lib)-?(?=\w{2})", "", bare)
    return re.sub(r"[-_.]?\d[\d.]*$", "", stem) or bare


def _bounded(texts: tuple[str, ...]) -> tuple[str, ...]:
    cleaned = {redaction.licence_text(_encodable(text))[:MOST_CHARACTERS] for text in texts}
    ordered = sorted(cleaned - {""}, key=lambda text: hashlib.sha256(text.encode()).hexdigest())
    return tuple(ordered[:MOST_TEXTS])


def _encodable(text: str) -> str:
    """Without lone surrogates, which JSON can carry in and UTF-8 cannot carry out."""
    return text.encode("utf-8", "replace").decode()
