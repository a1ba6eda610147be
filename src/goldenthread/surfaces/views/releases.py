"""Releases of agents: what each is made of, what is other in it, what it has shown, and who signed it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from goldenthread.control.autonomy import Qualification, Standing, evaluate
from goldenthread.control.guard import Desk
from goldenthread.control.signing import SignOff, find_release, release_changes, sign_offs, signed_before
from goldenthread.promise.contract import release_signers
from goldenthread.promise.values import Level
from goldenthread.record.ledger import Record
from goldenthread.surfaces.views.changes import evidence_words
from goldenthread.surfaces.views.contracts import Missing, Signature
from goldenthread.surfaces.views.kept import kept
from goldenthread.surfaces.views.rows import place

_KINDS = ("agent:fingerprint:declare", "release:sign")
SHOWN = 12
"""Digits of a fingerprint that are shown where a person is to name it."""


@dataclass(frozen=True, kw_only=True)
class ReleaseView:
    """
    A release: what an agent is made of, as it was declared, under one fingerprint.

    `state`: 'signed', 'waits', 'refused', or 'unasked' where the contract in force wants no signature. `before` is the
    release signed before it, which `changes` compares it with; None where none was. `earned` is what the evidence has
    earned it, `level` what it may use now. `evidence` is what is known of each clause of its next gate. `previous` is
    the release of the agent that was declared before it, signed or not, and `since` what is other than in that.
    """

    slice: str
    agent: str
    fingerprint: str
    declared_at: datetime
    place: str
    newest: bool
    state: str
    signatures: tuple[Signature, ...]
    missing: tuple[Missing, ...]
    refusals: tuple[str, ...]
    before: str | None
    changes: tuple[str, ...]
    previous: str | None
    since: tuple[str, ...]
    cases: int
    earned: Level
    level: Level
    reason: str
    evidence: tuple[str, ...]
    commands: tuple[str, ...]

    @property
    def short(self) -> str:
        """Enough of the fingerprint to name it."""
        return short(self.fingerprint)


@dataclass(frozen=True, kw_only=True)
class SignOffView:
    """A signature that somebody is asked for, as it stands in an inbox; `command` is how they give it."""

    kind: str  # 'signature on a contract' or 'signature on a release'
    id: str
    slice: str
    of: str
    name: str
    role: str
    state: str
    asked_at: datetime
    asked_by: str
    due: datetime
    away: bool
    reason: str | None
    command: str


def release(desk: Desk, fingerprint: str) -> ReleaseView:
    """
    One release, by its fingerprint or the first digits of it.

    Raises:
        ReleaseUnknown: None was declared here, or several begin so.
    """
    standing = desk.standing()
    return _views(desk, standing, [standing.agents[find_release(standing, fingerprint).fingerprint]])[0]


@kept("releases")
def releases(desk: Desk) -> tuple[ReleaseView, ...]:
    """Every release that was declared in a slice, the newest first."""
    standing = desk.standing()
    return tuple(_views(desk, standing, sorted(standing.agents.values(), key=lambda one: -one.seq)))


def asked_for(desk: Desk) -> tuple[SignOffView, ...]:
    """Every signature that somebody is asked for in a slice; what they refused is not."""
    return tuple(_asked(one) for one in sign_offs(desk) if one.state != "refused")


def short(fingerprint: str) -> str:
    """The first digits of a fingerprint."""
    return fingerprint.removeprefix("sha256:")[:SHOWN]


def _asked(one: SignOff) -> SignOffView:
    if one.fingerprint is not None:
        of, kind = f"release {short(one.fingerprint)} of {one.agent}", "signature on a release"
        command = f"goldenthread release sign {one.slice} {short(one.fingerprint)} --as {one.name}"
    else:
        of, kind = f"version {one.version}", "signature on a contract"
        command = f"goldenthread contract sign {one.slice}@{one.version} --as {one.name}"
    return SignOffView(
        kind=kind,
        id=f"{one.slice}@{one.fingerprint or one.version} {one.name}",
        slice=one.slice,
        of=of,
        name=one.name,
        role=one.role,
        state=one.state,
        asked_at=one.asked_at,
        asked_by=one.asked_by,
        due=one.due,
        away=one.away,
        reason=one.reason,
        command=command,
    )


def _views(desk: Desk, standing: Standing, agents: Iterable[Qualification]) -> list[ReleaseView]:
    records = list(desk.ledger.read(desk.slice, kinds=_KINDS))
    waiting = [one for one in sign_offs(desk) if one.fingerprint is not None]
    return [_view(standing, agent, records, waiting) for agent in agents]


def _view(standing: Standing, agent: Qualification, records: list[Record], waiting: list[SignOff]) -> ReleaseView:
    fingerprint, before = agent.fingerprint, signed_before(standing, agent)
    mine = [record for record in records if record.data["fingerprint"] == fingerprint]
    declared = next(record for record in mine if record.kind == _KINDS[0])
    missing, found = standing.unsigned(fingerprint), evaluate(standing, fingerprint)
    earlier = _previous(standing, agent, records)
    refused = [one for one in waiting if one.fingerprint == fingerprint and one.reason is not None]
    return ReleaseView(
        slice=standing.slice,
        agent=agent.agent,
        fingerprint=fingerprint,
        declared_at=declared.at,
        place=place(standing.slice, declared.seq),
        newest=not any(one.agent == agent.agent and one.seq > agent.seq for one in standing.agents.values()),
        state=_state(standing, missing, refused),
        signatures=_signatures(standing, agent, mine),
        missing=tuple(Missing(by=name, role=role) for name, role in missing.items()),
        refusals=tuple(f"{one.name}: {one.reason}" for one in refused),
        before=before.fingerprint if before is not None else None,
        changes=release_changes(before.declaration if before is not None else None, agent.declaration),
        previous=earlier.fingerprint if earlier is not None else None,
        since=release_changes(earlier.declaration, agent.declaration) if earlier is not None else (),
        cases=len(agent.rows),
        earned=standing.earned(fingerprint),
        level=standing.level(fingerprint),
        reason=standing.held(fingerprint) or found.reason,
        evidence=tuple(evidence_words(reading.record()) for reading in found.readings),
        commands=tuple(
            f"goldenthread release sign {standing.slice} {short(fingerprint)} --as {name}" for name in missing
        ),
    )


def _previous(standing: Standing, agent: Qualification, records: list[Record]) -> Qualification | None:
    """The release of the same agent that was first declared before it."""
    first: dict[str, int] = {}
    for record in records:
        if record.kind == _KINDS[0]:
            first.setdefault(record.data["fingerprint"], record.seq)
    mine = first.get(agent.fingerprint, 0)
    others = [one for one in standing.agents.values() if one.agent == agent.agent and first[one.fingerprint] < mine]
    return max(others, key=lambda one: first[one.fingerprint], default=None)


def _state(standing: Standing, missing: dict[str, str], refused: list[SignOff]) -> str:
    if standing.contract is None or not release_signers(standing.contract):
        return "unasked"
    if not missing:
        return "signed"
    return "refused" if refused else "waits"


def _signatures(standing: Standing, agent: Qualification, records: list[Record]) -> tuple[Signature, ...]:
    """The last signature of everybody who signed and did not take it back."""
    last = {
        record.by: record
        for record in records
        if record.kind == _KINDS[1] and agent.signatures.get(record.by) == record.data["role"]
    }
    return tuple(
        Signature(by=by, role=str(record.data["role"]), at=record.at, place=place(standing.slice, record.seq))
        for by, record in last.items()
    )
