"""What the content detectors find, miss and find wrongly on the parts of the public data to report on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from goldenthread.control.content import Finding, findings, looks_injected
from proof.content_data import Document, Marked, attacked, carriers, prompts, queries, sentences

Z = 1.959964
# Marked in the data, and not looked for: a country, an employer or a job alone is nobody's personal data.
NOT_LOOKED_FOR = frozenset({"LOCATION", "GPE", "ORGANIZATION", "NRP", "TITLE", "PREFIX", "DOMAIN_NAME", "DATE_TIME"})
_GERMAN = frozenset("der die das und ist ich nicht ein eine wie mit für auf den zu von wir sie im es".split())


@dataclass(frozen=True, kw_only=True)
class Share:
    """
    So many of so many, in groups of which the members are alike.

    Attributes:
        hits: How many.
        of: Of how many.
        groups: Independent groups among them: templates, orders or documents.
        effective: As how many independent ones they count.
    """

    hits: int
    of: int
    groups: int
    effective: float

    @property
    def value(self) -> float:
        """In [0, 1]; no number where there is nothing to count."""
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """
        95 % Wilson interval for as many as count independently.

        Source:
            Wilson (1927), doi:10.1080/01621459.1927.10502953; effective size as in Korn and Graubard (1998).
        """
        if not self.of:
            return 0.0, 1.0
        n, p = self.effective, self.value
        middle, half = p + Z**2 / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n * n))
        low, high = (middle - half) / (1 + Z**2 / n), (middle + half) / (1 + Z**2 / n)
        return (0.0 if p == 0.0 else low), (1.0 if p == 1.0 else high)

    def __str__(self) -> str:
        """As the page writes it: '97 % (95 to 99)'."""
        if not self.of:
            return "none there"
        low, high = self.interval
        return f"{_percent(self.value)} % ({_percent(low)} to {_percent(high)})"


def _percent(share: float) -> str:
    """Whole percents, but tenths near 0 and 100, where they matter."""
    percent = 100.0 * share
    if 0.0 < percent < 0.1:
        return f"{percent:.2f}"
    return f"{percent:.1f}" if 0.0 < percent < 10.0 or 99.0 < percent < 100.0 else f"{percent:.0f}"


def share(pairs: Iterable[tuple[str, bool]]) -> Share:
    """
    Count hits by group.

    The variance is that of a ratio over groups; the effective number is what independent ones would need for it,
    between the number of groups and the number counted. All or none of them count as one a group.
    """
    counted: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    for group, yes in pairs:
        counted[group] += 1
        hit[group] += yes
    of, hits, groups = sum(counted.values()), sum(hit.values()), len(counted)
    if hits in (0, of) or groups < 2:
        return Share(hits=hits, of=of, groups=groups, effective=float(groups))
    rate = hits / of
    spread = sum((hit[group] - rate * counted[group]) ** 2 for group in counted) * groups / (groups - 1) / of**2
    effective = rate * (1 - rate) / spread if spread else float(of)
    return Share(hits=hits, of=of, groups=groups, effective=min(float(of), max(float(groups), effective)))


# --- personal data ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Found:
    """A sentence with what was found in it."""

    sentence: Marked
    findings: Sequence[Finding]

    def touches(self, start: int, end: int) -> bool:
        """Whether some of these characters were found."""
        return any(one.start < end and start < one.end for one in self.findings)

    def covers(self, start: int, end: int) -> bool:
        """Whether redaction would take out every letter and digit of it."""
        taken = {place for one in self.findings for place in range(one.start, one.end)}
        return all(place in taken or not self.sentence.text[place].isalnum() for place in range(start, end))


@lru_cache(maxsize=1)
def found_sentences() -> tuple[Found, ...]:
    """Every marked sentence to report on."""
    return tuple(Found(sentence=one, findings=findings(one.text)) for one in sentences("test"))


def personal_recall() -> Mapping[str, tuple[Share, Share]]:
    """By marked type: how many were found at all, and how many whole."""
    types = sorted({type for one in found_sentences() for type, _start, _end in one.sentence.spans})
    return {type: (_recall(type, whole=False), _recall(type, whole=True)) for type in types}


def _recall(type: str, *, whole: bool) -> Share:
    return share(
        (one.sentence.template, one.covers(start, end) if whole else one.touches(start, end))
        for one in found_sentences()
        for marked, start, end in one.sentence.spans
        if marked == type
    )


def sentences_found() -> Share:
    """Of the sentences with something to look for: in how many something was found."""
    return share(
        (one.sentence.template, bool(one.findings))
        for one in found_sentences()
        if any(type not in NOT_LOOKED_FOR for type, _start, _end in one.sentence.spans)
    )


def sentences_false() -> Share:
    """Of the sentences with nothing to look for: in how many something was found all the same."""
    return share(
        (one.sentence.template, bool(one.findings))
        for one in found_sentences()
        if all(type in NOT_LOOKED_FOR for type, _start, _end in one.sentence.spans)
    )


def findings_false() -> Share:
    """Of all findings in the sentences: how many touch nothing that is marked, of any type."""
    return share(
        (one.sentence.template, not any(each.start < end and start < each.end for _, start, end in one.sentence.spans))
        for one in found_sentences()
        for each in one.findings
    )


def kinds_in(documents: Sequence[Document], kind: str) -> Share:
    """In how many documents something of a kind is found."""
    return share((one.group, any(each.kind == kind for each in findings(one.text))) for one in documents)


# --- orders -----------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def judged() -> tuple[tuple[Document, bool], ...]:
    """Every document to report on, and whether it looks injected."""
    made_up = [Document(text=one.text, source="sentences", group=one.template) for one in sentences("test")]
    documents = [
        *prompts("test"),
        *carriers("test", "mail"),
        *carriers("test", "tables"),
        *queries("test"),
        *made_up,
        *attacked("test", "mail"),
        *attacked("test", "tables"),
    ]
    return tuple((one, looks_injected(one.text)) for one in documents)


def false_orders() -> Mapping[str, Share]:
    """By source: how many benign texts look injected."""
    sources = ("prompts", "mail", "tables", "queries", "sentences")
    return {
        source: share((one.group, hit) for one, hit in judged() if one.source == source and not one.injected)
        for source in sources
    }


def prompts_found() -> Mapping[str, Share]:
    """Of the injected prompts, by language."""
    hits = [(one, hit) for one, hit in judged() if one.source == "prompts" and one.injected]
    return {
        "English": share((one.group, hit) for one, hit in hits if not is_german(one.text)),
        "German": share((one.group, hit) for one, hit in hits if is_german(one.text)),
        "both": share((one.group, hit) for one, hit in hits),
    }


def is_german(text: str) -> bool:
    """By the commonest words; the data do not say."""
    return sum(word in _GERMAN for word in text.lower().split()) >= 2


def orders_found(source: str) -> Mapping[str, Share]:
    """By family, of the orders placed in mails or tables; the order is the group, as it stands in three places."""
    hits = [(one, hit) for one, hit in judged() if one.source == source and one.order]
    families = list(dict.fromkeys(one.family for one, _hit in hits))
    found = {family: share((one.order, hit) for one, hit in hits if one.family == family) for family in families}
    return {**found, "all families": share((one.family, hit) for one, hit in hits)}
