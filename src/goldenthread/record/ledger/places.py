"""What group commits have in common: requests that share a transaction, each with an answer or an error of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, TypeVar, cast

from goldenthread.promise.errors import LedgerError, StoreUnavailable
from goldenthread.record.ledger.transaction import Transaction

Request = TypeVar("Request")
Result = TypeVar("Result")
Handler = Callable[[Transaction, Sequence[Request]], Sequence[Result]]
Hold = Callable[[Sequence[Request]], AbstractContextManager[Transaction]]
"""Opens the transaction for requests; more may join them once it is open."""


class Place(Generic[Request, Result]):
    """One request in the line."""

    __slots__ = ("done", "error", "request", "result")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.result: Result | None = None
        self.error: Exception | None = None
        self.done = False

    def settle(self) -> None:
        """Nothing more becomes of it: an error if there is neither result nor error."""
        if not self.done and self.error is None:
            self.error = StoreUnavailable(
                "The writing thread was interrupted: this may or may not have been recorded. "
                "Look at the ledger before trying again."
            )
        self.done = True

    def outcome(self) -> Result:
        """The result; raises the error if there is one."""
        if self.error is not None:
            raise self.error
        return cast(Result, self.result)


Gather = Callable[["Transaction | None"], Sequence[Place[Request, Result]]]


def answer_all(
    batch: Sequence[Place[Request, Result]],
    hold: Hold[Request],
    handler: Handler[Request, Result],
    gather: Gather[Request, Result],
) -> list[Place[Request, Result]]:
    """
    Run the handler for all of them in one transaction, or for each alone if that fails; each place has its result or
    its error then.

    Args:
        batch: Whose requests.
        hold: Opens a transaction that holds the chain.
        handler: `handler(tx, requests) -> results`, as many and in the same order.
        gather: Who joins them once the chain is held: waiting for it took a while. Called with None where there is no
            transaction to be had.

    Returns: All places, those who joined included.
    """
    places = list(batch)
    if not _together(places, hold, handler, gather) and len(places) > 1:
        for place in places:
            place.error = None
            _together([place], hold, handler, _nobody)
    return places


def _nobody(_: Transaction | None) -> Sequence[Place[Request, Result]]:
    return ()


def _together(
    places: list[Place[Request, Result]],
    hold: Hold[Request],
    handler: Handler[Request, Result],
    gather: Gather[Request, Result],
) -> bool:
    """False if nothing of it was recorded and each may be tried alone."""
    begun = False
    committing: Transaction | None = None
    try:
        with hold([place.request for place in places]) as tx:
            begun = True
            places += gather(tx)
            results = handler(tx, [place.request for place in places])
            _check_count(results, places)
            committing = tx
    except Exception as problem:  # noqa: BLE001 - whatever a handler raises belongs to its caller
        if not begun:
            places += gather(None)
        unknown = committing is not None and committing.lost()
        for place in places:
            place.error = _unknown(problem) if unknown else problem
        return unknown or not begun
    for place, result in zip(places, results, strict=True):
        place.result, place.done = result, True
    return True


def _check_count(results: Sequence[object], batch: Sequence[object]) -> None:
    if len(results) != len(batch):
        raise LedgerError(
            f"A handler gave {len(results)} results for {len(batch)} requests, so nothing was recorded. "
            "Mend the handler."
        )


def _unknown(problem: Exception) -> StoreUnavailable:
    """The answer to the commit was lost: whether it stands is unknown, so it must not be tried again."""
    why = str(problem.__cause__ or problem).strip()
    error = StoreUnavailable(
        f"The database went away during a commit ({why}): it may or may not have been recorded. "
        "Look at the ledger before trying again."
    )
    error.__cause__ = problem
    return error
