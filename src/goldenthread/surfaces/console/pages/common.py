"""What pages of several areas begin with."""

from __future__ import annotations

from collections.abc import Mapping

from goldenthread.promise.errors import PageNotFound

HOME = (("Factory floor", "/"),)
"""The way to the first page."""


def to_slice(name: str) -> tuple[tuple[str, str], ...]:
    """The way to a slice."""
    return (*HOME, (name, f"/slices/{name}"))


def cursor(query: Mapping[str, str], name: str, what: str) -> int | None:
    """
    Where a page of a list begins; None where the address does not say.

    Raises:
        PageNotFound: It is no number.
    """
    text = query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:
        raise PageNotFound(
            f"No page of {what} begins after '{text[:40]}'; a cursor is a number. Begin at the first page."
        )
    return int(text)


def tallies(*, waiting: int = 0) -> Mapping[str, str]:
    """Numbers beside a slice's tabs."""
    return {"Inbox": f"{waiting} waiting"} if waiting else {}
