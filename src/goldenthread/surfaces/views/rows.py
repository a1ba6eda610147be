"""Rows of the projection tables, for reading only; the ledger is the truth they follow."""

from __future__ import annotations

from typing import Any

from psycopg.rows import dict_row

from goldenthread.record.ledger import Ledger


def select(ledger: Ledger, sql: str, *parameters: object) -> list[dict[str, Any]]:
    """Rows of one query, as dictionaries."""
    with ledger.store.session() as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(sql, parameters).fetchall()


def place(chain: str, seq: int) -> str:
    """Where a record stands: `open-source-intake#1042`."""
    return f"{chain}#{seq}"
