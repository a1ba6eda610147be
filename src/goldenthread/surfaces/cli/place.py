"""The home that a command works in: opened, and closed again, with the keys that are in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from goldenthread.promise.errors import ContractNotFound, KeyLocked

if TYPE_CHECKING:
    from goldenthread.control.guard import Desk
    from goldenthread.record.ledger import Ledger
    from goldenthread.record.principals import KeyRing
    from goldenthread.record.store import Home

DEMO_MARK = "this-is-the-demo"
"""File in the demo's home: what has it may be thrown away, also by a version that cannot read its tables."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """An opened home."""

    home: Home
    ledger: Ledger

    def slices(self) -> list[str]:
        """Every slice that has a record, in the order of their names."""
        from goldenthread.record.ledger import ORGANISATION

        return sorted(chain for chain in self.ledger.chains() if chain != ORGANISATION)

    def desk(self, slice_name: str | None) -> Desk:
        """
        The desk of a slice; the only one there is, if none is named.

        Raises:
            ContractNotFound: No such slice, or none is named and the home does not have exactly one.
        """
        from goldenthread.control.guard import Desk

        return Desk(self.ledger, self.chosen(slice_name))

    def chosen(self, slice_name: str | None) -> str:
        """The slice that is meant; errors as `desk`."""
        slices = self.slices()
        listed = ", ".join(slices) or "none"
        if slice_name is not None and slice_name not in slices:
            raise ContractNotFound(
                f"No slice '{slice_name}' in this home; it has {listed}. Run `goldenthread contract list`."
            )
        if slice_name is None and len(slices) != 1:
            raise ContractNotFound(f"This home has {len(slices)} slices ({listed}), so name the one you mean.")
        return slice_name or slices[0]

    def keys(self, *names: str, new: str | None = None, unattended: bool = False) -> KeyRing:
        """The private keys in this home, those of `names` opened; see `unlocked`."""
        return unlocked(self.home, *names, new=new, unattended=unattended)


@contextmanager
def opened(home: str | None) -> Iterator[Place]:
    """
    Open a home that exists; its database starts if it sleeps.

    Raises:
        HomeInvalid: There is no home; `goldenthread init` makes one.
    """
    from goldenthread.record.store import Home
    from goldenthread.surfaces.opening import open_ledger

    place = Home(home)
    place.identity()
    ledger = open_ledger(place.path)
    try:
        yield Place(home=place, ledger=ledger)
    finally:
        ledger.store.close()


def unlocked(home: Home, *names: str, new: str | None = None, unattended: bool = False) -> KeyRing:
    """
    The private keys of a home, with those of `names` opened now: before a transaction, which waits for nobody.

    A passphrase is GOLDENTHREAD_PASSPHRASE, else asked for at a terminal; never in the demo's home, whose keys are
    published.

    Args:
        home: Where the keys are.
        names: Whose keys will sign.
        new: Who gets a key, if there is none: its passphrase is asked for twice, and may be left empty.
        unattended: `new` works where nobody sits, as an agent does: no passphrase is asked for.

    Raises:
        KeyMissing: This home has no private key of that name.
        KeyLocked: It is encrypted, and the passphrase is missing or wrong.
    """
    from goldenthread.record.principals import KeyRing

    unasked = {new} if unattended and new is not None else set()
    passphrases = Passphrases(new=new, unasked=unasked, ask=not (home.path / DEMO_MARK).exists())
    ring = KeyRing(home, passphrase=passphrases)
    for name in names:
        _unlock(ring, name)
    if new is not None and not ring.has(new):
        passphrases(new)
    return ring


class Passphrases:
    """Answers a key ring's question for a passphrase; asks a person once a principal."""

    def __init__(self, *, new: str | None = None, unasked: Collection[str] = (), ask: bool = True) -> None:
        self._new = new
        self._unasked = unasked
        self._ask = ask
        self._known: dict[str, str | None] = {}

    def __call__(self, principal: str) -> str | None:
        """The passphrase of that principal's key, or None for none."""
        if principal not in self._known:
            self._known[principal] = os.environ.get("GOLDENTHREAD_PASSPHRASE") or self._asked(principal)
        return self._known[principal]

    def _asked(self, principal: str) -> str | None:
        if not self._ask or principal in self._unasked or not sys.stdin.isatty():
            return None
        fresh = principal == self._new
        words = f"Passphrase for the new key of {principal} (empty: none)" if fresh else f"Passphrase of {principal}"
        answer: str = click.prompt(
            words, hide_input=True, confirmation_prompt=fresh, default="", show_default=False, err=True
        )
        return answer or None


def _unlock(ring: KeyRing, name: str) -> None:
    try:
        ring.public_key(name)
    except KeyLocked as problem:
        raise KeyLocked(
            f"{problem.message} A passphrase comes from GOLDENTHREAD_PASSPHRASE or, at a terminal, from a question."
        ) from problem
