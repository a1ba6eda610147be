"""What a check was, told once it was answered, and never before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goldenthread.control.guard import Writing
from goldenthread.control.vigilance import Known


def revealed(writing: Writing, row: Mapping[str, Any]) -> str | None:
    """What an answered item was, for who answered it; None for one that was what it seemed, or waits."""
    if row["purpose"] is None or row["state"] != "answered":
        return None
    if row["purpose"] == "shared":
        first = f"{row['first_by']} said '{row['first_answer']}'"
        return f"This was asked of two people apart, and {first}; nothing more happens."
    if writing.desk.ledger.vault.is_erased(row["case_ref"]):
        return "This was a check; nothing happens. Its case was erased."
    known = Known.of_record(writing.content(row["secret"]))
    right = "right to approve" if known.right == "approve" else "wrong"
    return f"This was a check; nothing happens. It was {right}: {known.because}."
