"""
The contract as the one page that people sign: sections and lines, in the order in which an owner reads.

The page is what the print shows: at most `LINES` lines of `COLUMNS` characters. A contract that needs more is
refused (C1): the work behind it is not clear yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import wrap
from unicodedata import east_asian_width

from goldenthread.promise.contract.model import Contract
from goldenthread.promise.contract.page_rows import MEANING, Row, Section, sections_of

__all__ = ["COLUMNS", "LINES", "MEANING", "Page", "Row", "Section", "page", "page_text", "signature_row"]

COLUMNS = 100
"""Characters a line."""
LINES = 76
"""Lines a page; one sheet of A4 takes them all (tests print it)."""
_LABEL = 16


@dataclass(frozen=True, kw_only=True)
class Page:
    """
    One contract, laid out.

    `lines` is the page in plain text; `overflow` the number of lines that do not fit on it, 0 for a sound one.
    """

    contract: Contract
    sections: tuple[Section, ...]
    lines: tuple[str, ...]

    @property
    def overflow(self) -> int:
        """Lines beyond the sheet."""
        return max(0, len(self.lines) - LINES)


def page(contract: Contract) -> Page:
    """Lay out a contract; pure, the same for the same contract."""
    sections = tuple(section for section in sections_of(contract) if section.rows)
    return Page(contract=contract, sections=sections, lines=tuple(_lines(contract, sections, None)))


def page_text(page: Page, status: Mapping[str, str] | None = None) -> str:
    """
    The page for a terminal: 100 columns, no colours, ends with a newline.

    Args:
        page: Laid out by `page`.
        status: What to say of each signer who has signed, by name, e.g. 'signed on 2026-03-01'; None leaves
            signatures open.
    """
    lines = page.lines if status is None else _lines(page.contract, page.sections, status)
    return "\n".join(lines) + "\n"


# --- text ---------------------------------------------------------------------------------------


def _lines(contract: Contract, sections: tuple[Section, ...], status: Mapping[str, str] | None) -> Iterator[str]:
    product = f" of {contract.product}" if contract.product else ""
    title = f"{contract.slice}{product}, version {contract.version}"
    kind = "PROTOTYPE" if contract.is_prototype else "Agent Impact Contract"
    if len(title) + len(kind) < COLUMNS:
        yield f"{title}{kind:>{COLUMNS - len(title)}}"
    else:
        yield from (*wrap(title, COLUMNS, break_on_hyphens=False), f"{kind:>{COLUMNS}}")
    yield "=" * COLUMNS
    for number, section in enumerate(sections):
        if number:
            yield ""
        yield section.title.upper()
        for row in section.rows:
            yield from _row_lines(signature_row(row, status) if row.role == "signature" else row)


def signature_row(row: Row, status: Mapping[str, str] | None) -> Row:
    """The row of one signer with what is known of the signature."""
    name = row.text.split(" ", 1)[0]
    known = "to sign" if status is None else status.get(name, "has not signed")
    return Row(label=row.label, text=f"{row.text}: {known}", role=row.role)


def _row_lines(row: Row) -> Iterator[str]:
    first, later = f"  {row.label:<{_LABEL}}", " " * (_LABEL + 2)
    if _width(row.label) >= _LABEL:
        first = f"  {row.label} "
    line = first
    for word in row.text.split():
        for piece in _pieces(word, COLUMNS - len(later)):
            if line.strip() and line not in (first, later) and _width(line) + _width(piece) > COLUMNS:
                yield line.rstrip()
                line = later
            elif line == first and _width(first) + _width(piece) > COLUMNS:
                yield first.rstrip()
                line = later
            line += piece
        line += " "
    yield line.rstrip()


def _width(text: str) -> int:
    """Columns on a terminal and, near enough, in print: full-width characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _pieces(word: str, room: int) -> Iterator[str]:
    """A word in pieces that each fit a line."""
    if _width(word) <= room:
        yield word
        return
    piece = ""
    for character in word:
        if _width(piece) + _width(character) > room:
            yield piece
            piece = ""
        piece += character
    yield piece
