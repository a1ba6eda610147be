"""What people say of an incident: that they are at it, what they found, that it is over, why it is closed."""

from __future__ import annotations

from collections.abc import Mapping

from goldenthread.control.guard import INCIDENT_TYPE, Desk, outcome_statement, require_may_say
from goldenthread.control.incidents import CLOSE, NOTE, RECOVER, TAKE, Incident, Incidents, is_anomaly
from goldenthread.control.response.opening import load_incidents
from goldenthread.promise.errors import IncidentOpen, IncidentUnknown, NotPermitted, ValueProblem
from goldenthread.promise.values import Json
from goldenthread.record.principals import KeyRing

LONGEST = 2000
"""Characters of what is said of an incident."""


def take_incident(desk: Desk, ring: KeyRing, id: str, *, by: str) -> Incident:
    """
    Say that somebody is at it; the first response stops the time to respond. Said again, nothing is recorded.

    Raises:
        IncidentUnknown: No such incident in the slice, or it is closed.
        NotPermitted, PrincipalUnknown, NotInitialised: `by` has no part in the slice.
        KeyMissing, KeyLocked, SignatureInvalid: `by` cannot sign here.
    """
    incident = _open(load_incidents(desk), id, desk.slice)
    require_may_say(desk.principals(), TAKE, by, desk.slice)
    if any(one.kind == "take" and one.by == by for one in incident.said):
        return incident
    return _say(desk, ring, TAKE, id, {}, by=by)


def note_incident(desk: Desk, ring: KeyRing, id: str, words: str, *, by: str) -> Incident:
    """
    Put on record what somebody found or did.

    Raises:
        ValueProblem: No words, or too many.
        IncidentUnknown, NotPermitted, PrincipalUnknown, KeyMissing, KeyLocked, SignatureInvalid: As `take_incident`.
    """
    return _say(desk, ring, NOTE, id, {"words": _words(words)}, by=by)


def recover_incident(desk: Desk, ring: KeyRing, id: str, words: str, *, by: str) -> Incident:
    """
    Say that it is over, where that is not seen by itself.

    Raises:
        ValueProblem, IncidentUnknown, NotPermitted, PrincipalUnknown, KeyMissing, KeyLocked, SignatureInvalid: As
            `note_incident`.
    """
    return _say(desk, ring, RECOVER, id, {"words": _words(words)}, by=by)


def close_incident(desk: Desk, ring: KeyRing, id: str, cause: str, *, by: str, usual: bool = False) -> Incident:
    """
    Close an incident that is over, with its cause in words.

    Args:
        desk: Of the slice.
        ring: Holds the key of `by`.
        id: As `refunds#41`.
        cause: Why it came, in words.
        by: An owner or the expert of the slice.
        usual: Of an anomaly: what it changed to is usual from its onset on, and it need not be over.

    Raises:
        IncidentOpen: It is not over.
        ValueProblem: No words or too many; or `usual` of what is no anomaly.
        IncidentUnknown, NotPermitted, PrincipalUnknown, KeyMissing, KeyLocked, SignatureInvalid: As `take_incident`.
    """
    incident = _open(load_incidents(desk), id, desk.slice)
    if usual and not is_anomaly(incident.ground):
        raise ValueProblem(
            f"{id} is no anomaly but a {incident.cause}, and that is never usual. Close it when it is over."
        )
    return _say(desk, ring, CLOSE, id, {"words": _words(cause), "usual": usual}, by=by)


def _say(desk: Desk, ring: KeyRing, kind: str, id: str, said: Mapping[str, Json], *, by: str) -> Incident:
    """Signed for exactly this place of the chain; what the fold would not count is rolled back."""
    with desk.transaction() as writing:
        writing.contract()
        incidents = load_incidents(desk)
        incident = _open(incidents, id, desk.slice)
        if kind == CLOSE and incident.recovered is None and said["usual"] is not True:
            raise IncidentOpen(
                f"{id} is not over: {incident.words}. Mend what it is about, or say with `goldenthread incident "
                f"recover {id}` that it is; an anomaly that is usual by now is closed with --usual."
            )
        principals = desk.principals()
        require_may_say(principals, kind, by, desk.slice)
        content: dict[str, Json] = {"incident": id, **said}
        statement = outcome_statement(
            principals.organisation, desk.slice, writing.tx.head(desk.slice) + 1, kind, content
        )
        envelope = ring.sign(by, INCIDENT_TYPE, statement)
        principals.require_signed(by, envelope, INCIDENT_TYPE, statement)
        record = writing.append(kind, {**content, "envelope": dict(envelope)}, by=by)
        incidents.apply(record)
        if record.seq in incidents.refused:
            why = incidents.refused[record.seq]
            raise NotPermitted(f"The word of '{by}' would not count, so it was not recorded: {why}")
    return incident


def _open(incidents: Incidents, id: str, slice_name: str) -> Incident:
    incident = incidents.find(id)
    if incident is None or incident.closed is not None:
        why = "is closed" if incident is not None else "is no incident"
        raise IncidentUnknown(
            f"'{id}' {why} of '{slice_name}'. Run `goldenthread incident list {slice_name}` for those that are open."
        )
    return incident


def _words(text: str) -> str:
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise ValueProblem(
            f"{len(said):,} characters say nothing of an incident that people can read; it takes 1 to {LONGEST:,}. "
            "Say it in a sentence or two, without what is secret."
        )
    return said
