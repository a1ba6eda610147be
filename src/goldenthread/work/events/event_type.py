"""A type of event: which records it stands for, and what it says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from goldenthread.record.ledger import ORGANISATION, Record

PREFIX = "goldenthread."


@dataclass(frozen=True, kw_only=True, slots=True)
class EventType:
    """
    One type of event. It stands for records of `kind` whose data has all of `where`, on a slice's chain or on the
    organisation's. `fields` beyond `slice`, `record` and `link`; what ends with '?' may be absent. `called` are fields
    that the record calls otherwise, `says` those that it has no word for.
    """

    name: str
    kind: str
    words: str
    fields: tuple[str, ...]
    where: Mapping[str, str] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    organisation: bool = False

    @property
    def full_name(self) -> str:
        """As the CloudEvents attribute `type` has it."""
        return PREFIX + self.name

    def covers(self, record: Record) -> bool:
        """Whether that record is an event of this type."""
        return (
            record.kind == self.kind
            and (record.chain == ORGANISATION) is self.organisation
            and all(record.data.get(name) == value for name, value in self.where.items())
        )
