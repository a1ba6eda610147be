"""The contract of a slice as it stands: version, signatures with their places, and what is still missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from goldenthread.control.autonomy import Outline, Version
from goldenthread.control.guard import Desk
from goldenthread.promise.errors import ContractNotFound
from goldenthread.record.ledger import Record
from goldenthread.surfaces.views.rows import place

_KINDS = ("contract:version:commit", "contract:version:sign")


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A signature that counts."""

    by: str
    role: str
    at: datetime
    place: str


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A signature that is still to be given."""

    by: str
    role: str


@dataclass(frozen=True, kw_only=True)
class ContractView:
    """One version of a slice's contract. `in_force`: every signer signed it, and no newer version replaced it."""

    slice: str
    version: int
    digest: str
    place: str
    at: datetime
    in_force: bool
    prototype: tuple[str, ...]  # the parts it lacks
    signatures: tuple[Signature, ...]
    missing: tuple[Missing, ...]
    refused: tuple[str, ...]
    versions: tuple[int, ...]
    text: str

    @property
    def words(self) -> str:
        """Its state in one line."""
        if self.prototype:
            return f"a prototype: it lacks {', '.join(self.prototype)}, so the agent stays in shadow and earns nothing"
        if self.in_force:
            return "in force: everybody it names has signed"
        if self.missing:
            return f"not in force: {', '.join(f'{one.by} ({one.role})' for one in self.missing)} must still sign"
        return "replaced by a newer version"


def contract_view(desk: Desk, version: int | None = None) -> ContractView:
    """
    The contract of a slice: the version given, else the one in force, else the newest.

    Raises:
        ContractNotFound: No such version.
    """
    outline = desk.outline()
    shown = _chosen(outline, version)
    records = list(desk.ledger.read(desk.slice, kinds=_KINDS))
    number = shown.contract.version
    mine = [record for record in records if record.data["version"] == number]
    committed = next(record for record in mine if record.seq == shown.seq)
    return ContractView(
        slice=desk.slice,
        version=number,
        digest=shown.digest,
        place=place(desk.slice, shown.seq),
        at=committed.at,
        in_force=shown is outline.in_force,
        prototype=shown.contract.missing_parts,
        signatures=_signatures(desk.slice, shown, mine),
        missing=tuple(Missing(by=name, role=role) for name, role in shown.missing.items()),
        refused=tuple(f"{name}: {words}" for name, words in shown.refused.items() if name not in shown.signatures),
        versions=tuple(sorted(outline.versions)),
        text=shown.contract.text,
    )


def _chosen(outline: Outline, version: int | None) -> Version:
    shown = outline.versions.get(version) if version is not None else outline.in_force or outline.latest
    if shown is None:
        asked = f" at version {version}" if version is not None else ""
        known = ", ".join(map(str, sorted(outline.versions))) or "none"
        raise ContractNotFound(
            f"No contract '{outline.slice}'{asked}; its versions are {known}. Run `goldenthread contract list`."
        )
    return shown


def _signatures(chain: str, version: Version, records: list[Record]) -> tuple[Signature, ...]:
    """The first signature of each signer that counts, in the order of the chain."""
    first: dict[str, Record] = {}
    for record in records:
        if record.kind == "contract:version:sign" and version.signatures.get(record.by) == record.data["role"]:
            first.setdefault(record.by, record)
    return tuple(
        Signature(by=by, role=str(record.data["role"]), at=record.at, place=place(chain, record.seq))
        for by, record in first.items()
    )
