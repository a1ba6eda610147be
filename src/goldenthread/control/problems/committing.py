"""Commit a version of the problem map: load, decide, commit. Its owner's signature puts it in force."""

from __future__ import annotations

from goldenthread.control.problems.fold import (
    COMMIT,
    PROBLEM_KINDS,
    ProblemVersions,
    map_statement,
    require_map_owner,
)
from goldenthread.control.problems.model import ProblemMap
from goldenthread.promise.errors import NotPermitted, ProblemsConflict
from goldenthread.promise.values import Json
from goldenthread.record.ledger import ORGANISATION, Ledger, Record
from goldenthread.record.principals import STATEMENT_TYPE, KeyRing, Principals, load_principals, version_problem


def commit_problems(ledger: Ledger, ring: KeyRing, problems: ProblemMap, *, by: str) -> Record | None:
    """
    Put a version of the map on record and in force, signed by `by` with the key in `ring`.

    Args:
        problems: As read from the file; what is signed is the digest of its bytes.
        by: The owner whom the file names, who owns every slice.

    Returns:
        The record, or None where this text is on record as this version already.

    Raises:
        ProblemsConflict: This version was committed with another text, or it is not the next one.
        NotPermitted, DemoKeyRefused, PrincipalUnknown, NotInitialised: The signature would not count.
        KeyMissing, KeyLocked: The key cannot be used here.
    """
    if by != problems.owner:
        raise NotPermitted(
            f"'{by}' is not the owner whom the file names, who is '{problems.owner}'. "
            "Have them commit it, or write the other name in the file."
        )
    principals = load_principals(ledger)
    require_map_owner(principals, by)
    with ledger.transaction(ORGANISATION) as tx:
        known = load_problems(ledger, principals)
        committed = {number: version.digest for number, version in known.versions.items()}
        conflict = version_problem(committed, problems.version, problems.digest, of="the problem map")
        if conflict is not None:
            raise ProblemsConflict(conflict)
        if problems.version in committed:
            return None
        said = map_statement(principals, problems.version, problems.digest, by)
        envelope = ring.sign(by, STATEMENT_TYPE, said)
        principals.require_signed(by, envelope, STATEMENT_TYPE, said)
        content: dict[str, Json] = {"version": problems.version, "digest": problems.digest, "text": problems.text}
        return tx.append(ORGANISATION, COMMIT, by, {**content, "envelope": envelope})


def load_problems(ledger: Ledger, principals: Principals | None = None) -> ProblemVersions:
    """Every version on record, and which is in force."""
    everybody = principals if principals is not None else load_principals(ledger)
    versions = ProblemVersions(lambda: everybody)
    for record in ledger.read(ORGANISATION, kinds=PROBLEM_KINDS):
        versions.apply(record)
    return versions
