"""A slice's verdicts and levels derived again from the record, with the code that is installed now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from goldenthread.control.guard import words_of_owners
from goldenthread.control.replay import Replay, replay_slice
from goldenthread.control.rules import rules_signatures
from goldenthread.control.stops import voices
from goldenthread.promise.errors import CaseErased
from goldenthread.promise.values import Json
from goldenthread.record.ledger import ORGANISATION, Ledger, Record
from goldenthread.record.principals import contract_signature_problem, load_principals


def replayed(ledger: Ledger, slice_name: str, tick: Callable[[int], None] | None = None) -> Replay:
    """
    Replay a slice.

    Args:
        ledger: Read.
        slice_name: The slice.
        tick: Told now and then how many of its records were read.
    """
    principals = load_principals(ledger)
    return replay_slice(
        slice_name,
        _ticking(ledger.read(slice_name), tick),
        _opener(ledger, slice_name),
        lambda contract, record: contract_signature_problem(principals, contract, record),
        organisation=ledger.read(ORGANISATION),
        voice_of=voices(lambda: principals),
        rules_problem=rules_signatures(lambda: principals),
        word_problem=words_of_owners(slice_name, lambda: principals),
    )


def _ticking(records: Iterable[Record], tick: Callable[[int], None] | None) -> Iterator[Record]:
    for number, record in enumerate(records, start=1):
        if tick is not None and number % 500 == 0:
            tick(number)
        yield record


def _opener(ledger: Ledger, slice_name: str) -> Callable[[str], Json]:
    """
    Opens what actions were decided on.

    The content of an erased case is not stored any more, so the ledger cannot tell whose it was; the records can.
    """
    decided = ledger.read(slice_name, kinds=["action:decide"])
    erased = {record.data["arguments"] for record in decided if ledger.vault.is_erased(str(record.data["case"]))}

    def open_content(digest: str) -> Json:
        if digest in erased:
            raise CaseErased(f"The content {digest} was erased on request. The record that names it still verifies.")
        return ledger.open(digest)

    return open_content
