"""The values that a run has read, by where they came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from goldenthread.promise.values import Json


class Origins:
    """
    What one run has read, and from which sources; grows while the run goes on.

    A value that decides an effect is good if it stands in a source that the contract trusts: the task a person gave,
    a list of the contract, the output of a tool that it trusts.
    """

    def __init__(self) -> None:
        self._trusted: set[str] = set()
        self._untrusted: dict[str, str] = {}

    def read(self, source: str, value: Json, trust: tuple[str, ...] | None = ()) -> None:
        """
        Take in what a source gave.

        Args:
            source: Its name as people read it: `get_page, call 2`.
            value: What it gave.
            trust: Paths of the value that are to be trusted; () none of it, None all of it.
        """
        for leaf in _leaves(value):
            if trust is None:
                self._trusted.add(leaf)
            else:
                self._untrusted.setdefault(leaf, source)

    def problem(self, value: Json, lists: Iterable[str] = ()) -> str | None:
        """Why a value that decides an effect is not trusted, in words that follow its name; None if it is."""
        trusted = self._trusted.union(lists)
        for leaf in _leaves(value):
            if leaf not in trusted:
                source = self._untrusted.get(leaf)
                return f"stands only in untrusted content ({source})" if source else "stands in no source of this run"
        return None


def _leaves(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif value is not None:
        yield str(value)
