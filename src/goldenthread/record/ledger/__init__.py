"""
The record of everything that happened, a hash chain a slice, and the case content that it names by digest.

Knows: records, chains and their heads, checkpoints, encrypted case content, how to find tampering.
Refuses to know: what a kind of record means; who may append it; whose key signs a checkpoint.
Invariants: the bytes that are hashed are the bytes that are stored; a head is never remembered outside a transaction;
nothing is updated or deleted but sealed content of an erased case; a record stands when its transaction returned.
"""

from goldenthread.record.ledger.async_commit import AsyncCommit
from goldenthread.record.ledger.checkpoints import (
    CHECKPOINT_TYPE,
    Sign,
    Snapshot,
    checkpoint,
    load_checkpoints,
    open_checkpoint,
    snapshot,
    verify,
)
from goldenthread.record.ledger.group_commit import GroupCommit
from goldenthread.record.ledger.ledger import Ledger, utc_now
from goldenthread.record.ledger.places import Handler
from goldenthread.record.ledger.reading import read_about, unsealed
from goldenthread.record.ledger.records import ORGANISATION, Head, Record
from goldenthread.record.ledger.schema import LEDGER_SCHEMA
from goldenthread.record.ledger.taking import Ahead, Since
from goldenthread.record.ledger.transaction import Clock, Transaction
from goldenthread.record.ledger.vault import Sealed, Vault
from goldenthread.record.ledger.verification import Checkpoint, Finding, StoredRecord, Verification, verify_rows

__all__ = [
    "CHECKPOINT_TYPE",
    "LEDGER_SCHEMA",
    "ORGANISATION",
    "Ahead",
    "AsyncCommit",
    "Checkpoint",
    "Clock",
    "Finding",
    "GroupCommit",
    "Handler",
    "Head",
    "Ledger",
    "Record",
    "Sealed",
    "Sign",
    "Since",
    "Snapshot",
    "StoredRecord",
    "Transaction",
    "Vault",
    "Verification",
    "checkpoint",
    "load_checkpoints",
    "open_checkpoint",
    "read_about",
    "snapshot",
    "unsealed",
    "utc_now",
    "verify",
    "verify_rows",
]
