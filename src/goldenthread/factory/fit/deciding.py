"""Which approach was chosen, on the record: as recommended, or overruled by a person who says why, with their key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from goldenthread.factory.fit.facts import FACTS
from goldenthread.factory.fit.recommend import Recommendation
from goldenthread.factory.fit.table import Approach
from goldenthread.promise.errors import GoldenthreadError, NotPermitted, ValueProblem
from goldenthread.promise.values import LADDER, Json, Level, canonical, digest_bytes
from goldenthread.record.ledger import ORGANISATION, Ledger, Record
from goldenthread.record.principals import STATEMENT_TYPE, KeyRing, Principals, load_principals

DECIDE = "fit:approach:decide"
"""The kind of record, on the organisation's chain: a slice may have no chain of its own yet."""

FIT_DECISION = "urn:goldenthread:fit-decision:v1"
MAY_DECIDE = ("owner", "expert")
_FEWEST_WORDS = 4


@dataclass(frozen=True, kw_only=True)
class Decision:
    """
    One decision on record.

    Attributes:
        slice: That it is about.
        recommended: What the table said; None: nothing may be built.
        recommended_ceiling: The same of the ceiling.
        chosen: What was chosen.
        ceiling: How high it may climb.
        because: The reason, in the words of whoever decided.
        by: Who.
        at: When, UTC.
        seq: Record of the organisation's chain.
        table_version: Of the table that recommended.
        facts: That it rested on, by name, as text.
    """

    slice: str
    recommended: Approach | None
    recommended_ceiling: Level | None
    chosen: Approach
    ceiling: Level
    because: str
    by: str
    at: datetime
    seq: int
    table_version: int
    facts: Mapping[str, Json]

    @property
    def overruled(self) -> bool:
        """Whether it gives more freedom, or other, than was recommended."""
        return self.chosen is not self.recommended or self.ceiling is not self.recommended_ceiling


def decide(
    ledger: Ledger,
    ring: KeyRing,
    found: Recommendation,
    *,
    slice_name: str,
    by: str,
    because: str,
    approach: Approach | None = None,
    ceiling: Level | None = None,
) -> Record:
    """
    Put on record which approach was chosen, signed by whoever chose it.

    Args:
        found: What the table recommends.
        slice_name: The slice; it needs no contract yet.
        by: Owner or expert of the slice, with a key in `ring`.
        because: Why, in a sentence; also of a recommendation that is followed.
        approach: The one chosen; None follows the recommendation.
        ceiling: The highest level; None follows the recommendation.

    Raises:
        ValueProblem: No reason, or the recommendation is to build nothing and none other is chosen.
        NotPermitted, PrincipalUnknown, NotInitialised, DemoKeyRefused: `by` may not decide that.
        KeyMissing, KeyLocked: The key cannot be used here.
    """
    chosen, highest = approach or found.approach, ceiling or found.ceiling
    if chosen is None or highest is None:
        raise ValueProblem(
            f"The table says that nothing may be built for '{slice_name}', so following it leaves nothing to choose. "
            "Name an approach and a ceiling to overrule it."
        )
    reason = " ".join(because.split())
    if len(reason.split()) < _FEWEST_WORDS:
        raise ValueProblem(f"'{reason}' is no reason that somebody could judge later; say why in a sentence.")
    content = _content(found, slice_name, chosen, highest, reason)
    principals = load_principals(ledger)
    _require_person(principals, by, slice_name)
    with ledger.transaction(ORGANISATION) as tx:
        said = _statement(principals, content, by)
        envelope = ring.sign(by, STATEMENT_TYPE, said)
        principals.require_signed(by, envelope, STATEMENT_TYPE, said)
        return tx.append(ORGANISATION, DECIDE, by, {**content, "envelope": envelope})


def decisions(ledger: Ledger, slice_name: str | None = None) -> Iterator[Decision]:
    """Every decision on record whose signature counts, oldest first; of one slice, if it is named."""
    principals = load_principals(ledger)
    for record in ledger.read(ORGANISATION, kinds=(DECIDE,)):
        found = _counted(principals, record)
        if found is not None and slice_name in (None, found.slice):
            yield found


def _content(found: Recommendation, slice_name: str, chosen: Approach, ceiling: Level, because: str) -> dict[str, Json]:
    return {
        "slice": slice_name,
        "facts": {name: _plain(found.facts.value(name)) for name in FACTS},
        "table": {"version": found.table_version, "digest": found.table_digest},
        "recommended": _pair(found.approach, found.ceiling),
        "chosen": _pair(chosen, ceiling),
        "because": because,
    }


def _plain(value: str | bool | Decimal | None) -> Json:
    return f"{value:f}" if isinstance(value, Decimal) else value


def _pair(approach: Approach | None, ceiling: Level | None) -> Json:
    return {"approach": approach and approach.value, "ceiling": ceiling and ceiling.value}


def _require_person(principals: Principals, by: str, slice_name: str) -> None:
    if principals.require_role(by, MAY_DECIDE, slice_name).kind != "person":
        raise NotPermitted(f"'{by}' is no person, and how free an agent is, is for a person to say.")


def _statement(principals: Principals, content: Mapping[str, Json], by: str) -> dict[str, Any]:
    digest = digest_bytes(canonical(dict(content))).removeprefix("sha256:")
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": f"fit of {content['slice']}", "digest": {"sha256": digest}}],
        "predicateType": FIT_DECISION,
        "predicate": {"signer": by, "organisation": principals.organisation},
    }


def _counted(principals: Principals, record: Record) -> Decision | None:
    """The decision, or None for a record that is malformed or that nobody who might has signed."""
    try:
        data = dict(record.data)
        envelope = data.pop("envelope")
        then = principals.at(record.seq)
        _require_person(then, record.by, data["slice"])
        then.require_signed(record.by, envelope, STATEMENT_TYPE, _statement(then, data, record.by))
        recommended, chosen = data["recommended"], data["chosen"]
        return Decision(
            slice=data["slice"],
            recommended=_maybe_approach(recommended["approach"]),
            recommended_ceiling=_maybe_level(recommended["ceiling"]),
            chosen=Approach(chosen["approach"]),
            ceiling=Level(chosen["ceiling"]),
            because=data["because"],
            by=record.by,
            at=record.at,
            seq=record.seq,
            table_version=data["table"]["version"],
            facts=data["facts"],
        )
    except (GoldenthreadError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _maybe_approach(text: str | None) -> Approach | None:
    return None if text is None else Approach(text)


def _maybe_level(text: str | None) -> Level | None:
    return None if text is None else next(level for level in LADDER if level.value == text)
