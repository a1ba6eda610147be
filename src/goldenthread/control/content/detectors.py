"""The detectors at work on a value: what stands in it, where, and the value without it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from goldenthread.control.content.found import KINDS, PERSONAL_DATA, SECRETS, UNREADABLE, Finding, Span
from goldenthread.control.content.names import NAMED_TYPES, span_by_name
from goldenthread.control.content.people import ADDRESS, PERSON, find_people
from goldenthread.control.content.personal import TYPES, find_personal
from goldenthread.control.content.secrets import find_secrets
from goldenthread.control.content.views import views
from goldenthread.control.content.walk import rewritten, texts
from goldenthread.promise.values import Json

_AGAIN = 4  # times that a text is redacted before it is taken out whole
_LABEL = re.compile(rf"\[(?:secret|personal data: (?:{'|'.join(sorted({*TYPES, *NAMED_TYPES}))}))\]")
_WITHHELD = "[withheld]"


def find(value: Json, *, name: str = "") -> frozenset[str]:
    """
    What kinds stand in a value: of 'secrets' and 'personal_data'. Never raises.

    Args:
        value: JSON. What is too long, too deep or no JSON holds both kinds.
        name: What the value is called, as the name of an argument; a name like `password` speaks for itself.
    """
    return frozenset(finding.kind for finding in findings(value, name=name))


def findings(value: Json, *, name: str = "") -> tuple[Finding, ...]:
    """
    Everything found in a value, in order, without the value itself. Never raises.

    Args:
        value: JSON. Where it cannot be read, both kinds are found, of type 'unreadable'.
        name: What the value is called.
    """
    try:
        return tuple(_findings(value, name))
    except Exception:  # noqa: BLE001 - what cannot be looked at counts as found
        return tuple(Finding(kind=kind, type=UNREADABLE, path="$", start=0, end=0) for kind in sorted(KINDS))


def redact(value: Json, kinds: Iterable[str], *, name: str = "") -> Json:
    """
    The value with everything of these kinds taken out, `[secret]` or `[personal data: iban]` in its place.

    The structure stays. A number in which something is found becomes a text. Nothing of these kinds is found in
    what comes back; what cannot be looked at, or a kind that nobody knows, is taken out whole. Never raises.

    Args:
        value: JSON.
        kinds: Of 'secrets' and 'personal_data'; with none the value comes back as it is.
        name: What the value is called.
    """
    wanted = frozenset(kinds)
    if not wanted:
        return value
    if not wanted <= KINDS:
        return _WITHHELD
    try:
        for _ in texts(value, name):
            pass  # within bounds
        return rewritten(value, name, lambda text, called: _redacted(text, called, wanted))
    except Exception:  # noqa: BLE001 - what cannot be looked at does not leave
        return _WITHHELD


def _findings(value: Json, name: str) -> Iterator[Finding]:
    for text in texts(value, name, safe=lambda key: not _places(key, "")):
        for kind, span in _places(text.text, text.name):
            yield Finding(kind=kind, type=span.type, path=text.path, start=span.start, end=span.end)


def _redacted(text: str, name: str, wanted: frozenset[str]) -> str:
    for _ in range(_AGAIN):
        spans = [(kind, span) for kind, span in _places(text, name) if kind in wanted]
        if not spans:
            return text
        text = _without(text, spans)
    return _WITHHELD if any(kind in wanted for kind, _ in _places(text, name)) else text


def _without(text: str, spans: list[tuple[str, Span]]) -> str:
    """The text with the places taken out; where they overlap, as one."""
    parts, at = [], 0
    for start, end, label in _merged(spans):
        parts += [text[at:start], label]
        at = end
    return "".join([*parts, text[at:]])


def _merged(spans: list[tuple[str, Span]]) -> Iterator[tuple[int, int, str]]:
    start, end, best, label = -1, -1, 0, ""
    for kind, span in sorted(spans, key=lambda one: (one[1].start, _rank(*one), -one[1].end)):
        words = Finding(kind=kind, type=span.type, path="", start=0, end=0).label
        if span.start >= end:
            if end >= 0:
                yield start, end, label
            start, end, best, label = span.start, span.end, _rank(kind, span), words
        else:
            end = max(end, span.end)
            if _rank(kind, span) < best:
                best, label = _rank(kind, span), words
    yield start, end, label


def _rank(kind: str, span: Span) -> int:
    """Which name stands where findings overlap: a secret before all, and a form before what reads like a name."""
    return 0 if kind == SECRETS else 2 if span.type in (PERSON, ADDRESS) else 1


def _places(text: str, name: str) -> list[tuple[str, Span]]:
    """Every place of a text with its kind, in order."""
    if not text or _LABEL.fullmatch(text) or text == _WITHHELD:
        return []
    found: set[tuple[str, Span]] = set(span_by_name(text, name))
    for view in views(text):
        for kind, detector in ((SECRETS, find_secrets), (PERSONAL_DATA, find_personal), (PERSONAL_DATA, find_people)):
            for span in detector(view.text):
                start, end = view.place(span.start, span.end)
                found.add((kind, Span(start, end, span.type)))
    labels = [match.span() for match in _LABEL.finditer(text)]
    kept = [one for one in found if not any(start <= one[1].start and one[1].end <= end for start, end in labels)]
    return sorted(kept, key=lambda one: (one[1].start, one[1].end, one[0], one[1].type))
