"""Case content as a reader may see it: kept, erased, missing, or hidden until a person has decided."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from goldenthread.promise.errors import CaseErased, ContentMissing
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Ledger
from goldenthread.record.ledger.vault import Sealed
from goldenthread.surfaces.views.rows import select

BLIND = "hidden: a person decides this case before seeing the proposal"
UNSEEN = "unseen: at shadow nobody sees a proposal before people have decided the case"


@dataclass(frozen=True, kw_only=True)
class Content:
    """
    One piece of case content. `state` is 'kept', 'erased', 'missing' (should be there and is not) or 'hidden';
    `value` is None for all but 'kept'; `why` says why not, in words.
    """

    state: str
    value: Json = None
    why: str = ""

    @property
    def kept(self) -> bool:
        """True when there is something to show."""
        return self.state == "kept"

    @property
    def words(self) -> str:
        """The value as one line of text, or why there is none."""
        if not self.kept:
            return self.why
        return self.value if isinstance(self.value, str) else json.dumps(self.value, ensure_ascii=False, sort_keys=True)

    def part(self, name: str) -> Content:
        """One field of an object; the same state where there is no object."""
        if not self.kept or not isinstance(self.value, dict):
            return self
        return Content(state="kept", value=self.value.get(name))


ERASED = Content(state="erased", why="erased")
MISSING = Content(state="missing", why="missing: the record names it, and it is not stored here")


def hidden(why: str) -> Content:
    """Content that must not be shown yet."""
    return Content(state="hidden", why=why)


def open_contents(ledger: Ledger, wanted: Mapping[str, str]) -> dict[str, Content]:
    """Open kept content in one query; `wanted` is digest -> pseudonym of its case."""
    erased = {case_ref for case_ref in set(wanted.values()) if ledger.vault.is_erased(case_ref)}
    found = {digest: ERASED if case_ref in erased else MISSING for digest, case_ref in wanted.items()}
    sought = [digest for digest, content in found.items() if content is MISSING]
    if not sought:
        return found
    rows = select(ledger, "select digest, case_ref, sealed from ledger_content where digest = any(%s)", sought)
    for row in rows:
        found[row["digest"]] = _unseal(ledger, Sealed(**row))
    return found


def _unseal(ledger: Ledger, sealed: Sealed) -> Content:
    try:
        return Content(state="kept", value=json.loads(ledger.vault.unseal(sealed)))
    except CaseErased:
        return ERASED
    except ContentMissing:
        return MISSING


@dataclass(frozen=True, kw_only=True)
class Concealment:
    """Which proposals nobody may see yet: the cases with an open blind question, and shadow without a decision."""

    blind: frozenset[str]
    decided: frozenset[str]  # cases with an earlier recorded decision

    def why(self, case_ref: str, level: str) -> str | None:
        """Why a proposal made at `level` on the case is hidden, or None when it may be shown."""
        if case_ref in self.blind:
            return BLIND
        return UNSEEN if level == "shadow" and case_ref not in self.decided else None


def concealment(ledger: Ledger, slice_name: str, case_refs: Iterable[str]) -> Concealment:
    """What must stay hidden of these cases, in one query."""
    wanted = list(set(case_refs))
    rows = select(
        ledger,
        "select case_ref, true as blind from inbox"
        " where slice = %s and state = 'open' and kind = 'blind question' and case_ref = any(%s)"
        " union all select case_ref, false from recorded_decision where slice = %s and case_ref = any(%s)",
        slice_name,
        wanted,
        slice_name,
        wanted,
    )
    return Concealment(
        blind=frozenset(row["case_ref"] for row in rows if row["blind"]),
        decided=frozenset(row["case_ref"] for row in rows if not row["blind"]),
    )


def blind_among(ledger: Ledger, case_refs: Iterable[str]) -> frozenset[str]:
    """Those of these cases, of any slice, in which a blind question is open, in one query."""
    rows = select(
        ledger,
        "select distinct case_ref from inbox where state = 'open' and kind = 'blind question' and case_ref = any(%s)",
        list(set(case_refs)),
    )
    return frozenset(row["case_ref"] for row in rows)
