"""Where a text sends whoever reads it: the addresses in it that one can go, write or pay to."""

from __future__ import annotations

import re

_OPEN = r"[^\s<>\"'`,;:()\[\]]"
_REST = r"(?::[0-9]{1,5})?(?:[/?#][^\s<>\"'`]*)?"
_FOUND = (
    re.compile(r"\b[a-z][a-z0-9+.-]{1,15}:(?://)?[^\s<>\"'`]+", re.IGNORECASE),  # with a scheme
    re.compile(rf"(?<!{_OPEN}){_OPEN}{{1,255}}@{_OPEN}{{1,255}}"),
    re.compile(rf"(?<![\w@.-])(?:[\w-]+\.)+[^\W\d_]{{2,24}}{_REST}(?![\w@])"),
    re.compile(rf"(?<![\w.])(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}{_REST}(?![\w.])"),
    re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}\b|\b[A-Za-z]{2}[0-9]{2}[A-Za-z0-9]{11,30}\b"),
    re.compile(r"\b0x[0-9a-fA-F]{16,64}\b|\b(?:bc1|[13])[A-HJ-NP-Za-km-z0-9]{25,62}\b"),  # what coins are sent to
    re.compile(r"(?<![\w.,-])\+?\(?[0-9](?:[ ()/.-]{0,2}[0-9]){7,14}(?![\w-])"),  # a telephone
)
_DAY = re.compile(r"(?<![0-9])(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4})(?![0-9])")

_TRAILING = ".,;:!?)]}…*_"


def links(text: str) -> tuple[str, ...]:
    """
    Links, hosts, e-mail addresses, account and telephone numbers in a text, each as it stands there, in order.

    Errs on the side of too many: a file name looks like a host.
    """
    searched = _DAY.sub(lambda day: "\n" * len(day[0]), text)  # a date is no telephone number
    found: list[tuple[int, int]] = []
    taken = bytearray(len(text))
    for pattern in _FOUND:
        for match in pattern.finditer(searched):
            start = match.start()
            end = start + len(match[0].rstrip(_TRAILING))
            if end > start and not any(taken[start:end]):
                found.append((start, end))
                taken[start:end] = b"\x01" * (end - start)
    return tuple(text[start:end] for start, end in sorted(found))


def address(link: str) -> str:
    """A link without what every browser adds or leaves out: `http(s)://` and the last slash."""
    bare = link.strip()
    for scheme in ("https://", "http://"):
        if bare.lower().startswith(scheme):
            bare = bare[len(scheme) :]
            break
    return bare.rstrip("/")
