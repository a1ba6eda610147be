"""Drafts in a list, and what a new one begins with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from goldenthread.control.autonomy import Standing
from goldenthread.promise.contract import QUESTIONS, contract_text
from goldenthread.record.drafts import Line
from goldenthread.surfaces.views.authoring import state_words

_MOST_VERSIONS = 20


@dataclass(frozen=True, kw_only=True)
class DraftLine:
    """A draft of the reader's: what it will be, by its own first lines, and when it was saved."""

    id: str
    title: str
    slice: str | None
    saved_at: datetime
    size: int
    anybody: bool  # begun at the machine by whoever acted as nobody


@dataclass(frozen=True, kw_only=True)
class VersionLine:
    """A version on record, and what it is."""

    version: int
    state: str
    waits_for: tuple[str, ...]


def draft_line(line: Line) -> DraftLine:
    """A draft as a list names it."""
    return DraftLine(
        id=line.id,
        title=draft_title(line.beginning),
        slice=line.slice or _said(line.beginning, "slice"),
        saved_at=line.saved_at,
        size=line.size,
        anybody=not line.author,
    )


def draft_title(text: str) -> str:
    """`refunds, version 2`, by what stands in the text; it need not read."""
    name, version = _said(text, "slice"), _said(text, "version")
    if name is None:
        return "A contract without a name"
    return f"{name}, version {version}" if version is not None else name


def version_lines(standing: Standing) -> tuple[VersionLine, ...]:
    """The newest versions of a slice, newest first."""
    numbers = sorted(standing.versions, reverse=True)[:_MOST_VERSIONS]
    return tuple(
        VersionLine(
            version=number,
            state=state_words(standing, number),
            waits_for=()
            if standing.versions[number].contract.is_prototype
            else tuple(standing.versions[number].missing),
        )
        for number in numbers
    )


# --- what a draft begins with ---------------------------------------------------------------------


def outline(slice_name: str, owner: str | None) -> str:
    """A whole contract of a made-up office to write over: sound from the first line, under the name given."""
    answers = {question.key: question.example for question in QUESTIONS}
    answers["slice"] = slice_name
    if owner is not None and owner != answers["expert"]:
        answers["owner"] = owner
    return contract_text(answers)


def renumbered(text: str, version: int) -> str:
    """The text as another version of its slice: only that number differs."""
    return re.sub(r"^version:[ ]*[0-9]+", f"version: {version}", text, count=1, flags=re.MULTILINE)


def renamed(text: str, slice_name: str) -> str:
    """The text as the first version of another slice."""
    return renumbered(re.sub(r"^slice:.*$", f"slice: {slice_name}", text, count=1, flags=re.MULTILINE), 1)


def _said(text: str, key: str) -> str | None:
    found = re.search(rf"^{key}:[ ]+([A-Za-z0-9._@-]{{1,63}})[ ]*$", text, re.MULTILINE)
    return found[1] if found else None
