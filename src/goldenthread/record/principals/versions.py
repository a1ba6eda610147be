"""Versions of what people sign: numbered from 1 without a gap, and committed once, with one text."""

from __future__ import annotations

from collections.abc import Mapping


def version_problem(committed: Mapping[int, str], version: int, digest: str, *, of: str) -> str | None:
    """
    Why a text cannot be signed as a version, or None: it is the next one, or on record with this text.

    Args:
        committed: The digest of each version on record.
        version: As the file says.
        digest: Of the file's text.
        of: What it is a version of, as part of a sentence: "'refunds'".
    """
    there, latest = committed.get(version), max(committed, default=0)
    if there is not None and there != digest:
        return (
            f"Version {version} of {of} was committed with another text, {there[:19]}..., and this file is "
            f"{digest[:19]}.... Sign that text, or write `version: {latest + 1}` in this one."
        )
    if there is None and version != latest + 1:
        return (
            f"This is version {version} of {of}, and the next one is {latest + 1}. "
            f"Write `version: {latest + 1}` in the file."
        )
    return None
