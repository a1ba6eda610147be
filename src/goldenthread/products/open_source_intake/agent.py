"""
The agent: nearest precedent, no language model.

It compares the package's licence texts with those of past decisions and proposes what was decided on the
nearest, citing it. It never reads the policy: what to admit it knows from precedents alone. What it cannot
tell goes to a person: no text, nothing near, near decisions that contradict each other, or several licences
of which no past decision says whether all hold or one may be chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NoReturn, Protocol

from goldenthread.products.open_source_intake.licences import ADMIT, Decision, members
from goldenthread.products.open_source_intake.precedents import SOURCE


class Document(Protocol):
    """What the SDK's retrieval gives back."""

    @property
    def id(self) -> str:
        """Of the case that was decided."""
        ...

    @property
    def content(self) -> Mapping[str, Any]:
        """`action`, `licence`, `package`."""
        ...

    @property
    def score(self) -> float:
        """Likeness in [0, 1]."""
        ...


class Run(Protocol):
    """What the agent needs of the SDK's run."""

    def retrieve(self, source: str, *, query: dict[str, Any], top: int) -> Sequence[Document]:
        """The nearest documents, nearest first."""
        ...

    def cite(self, document: str, /) -> object:
        """Rest the proposal on a document."""
        ...

    def escalate(self, reason: str, /) -> NoReturn:
        """Hand the case to a person."""
        ...


class Act(Protocol):
    """An action of the contract: `admit_package` or `refuse_package`."""

    def __call__(self, *, request: str, package: str, licence: str) -> object:
        """Do it; raises what stops the run."""
        ...


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """What makes this release of the agent; part of its fingerprint."""

    release: str
    top: int  # precedents that are asked for
    nearest: float  # least likeness of the nearest precedent, in [0, 1]
    margin: float  # precedents within this of the nearest have a say
    share: float  # least share of those that agree, in (0, 1]
    by_marks: bool  # whether the marks that tell close kin apart are compared
    most_texts: int  # with more licence texts than this it does not try to put them together


CAREFUL = Parameters(release="1", top=5, nearest=0.6, margin=0.05, share=0.75, by_marks=True, most_texts=4)
"""Chosen on the even half of one machine's packages; see the tests for the figures on the machine at hand."""

HASTY = Parameters(release="2-hasty", top=1, nearest=0.0, margin=0.0, share=0.0, by_marks=False, most_texts=0)
"""A worse release that looks better in a demo: it answers whenever anything resembles, with the first neighbour."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What to decide, and the decisions it rests on."""

    decision: Decision
    citations: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """Why a person has to look."""

    reason: str


def manifest(parameters: Parameters = CAREFUL) -> dict[str, Any]:
    """The agent's declaration of itself, for its fingerprint."""
    return {
        "model": "nearest precedent, no language model",
        "prompts": "none",
        "knowledge": {
            "source": SOURCE,
            "refresh": "daily",
            "chunks": "one licence text",
            "index": "word triples and marks" if parameters.by_marks else "word triples",
        },
        "parameters": asdict(parameters),
    }


def work(case: Mapping[str, Any], run: Run, *, admit: Act, refuse: Act, parameters: Parameters = CAREFUL) -> None:
    """
    Decide one case, or hand it to a person.

    Args:
        case: `Package.as_input()`.
        run: The open run; whatever it raises to stop the run passes through.
        admit: The action `admit_package`.
        refuse: The action `refuse_package`.
        parameters: The release.
    """
    found = _propose(case, run, parameters)
    if isinstance(found, Doubt):
        run.escalate(found.reason)
    for citation in found.citations:
        run.cite(citation)
    act = admit if found.decision.action == ADMIT else refuse
    act(**found.decision.arguments(str(case["request"]), str(case["package"])))


def judge(hits: Sequence[Document], parameters: Parameters) -> Proposal | Doubt:
    """What the nearest precedents, nearest first, say together; the first that agrees is cited."""
    if not hits or hits[0].score < parameters.nearest:
        return Doubt(reason="no precedent is near enough")
    near = [hit for hit in hits if hit.score >= hits[0].score - parameters.margin]
    votes = Counter(_decision(hit) for hit in near)
    decision, count = votes.most_common(1)[0]
    if count / len(near) < parameters.share:
        return Doubt(reason="near precedents contradict each other")
    cited = next(hit.id for hit in near if _decision(hit) == decision)
    return Proposal(decision=decision, citations=(cited,))


def _propose(case: Mapping[str, Any], run: Run, parameters: Parameters) -> Proposal | Doubt:
    texts = list(case["texts"])
    if not texts:
        return Doubt(reason="the package brings no licence text")
    found = judge(_near(case, run, texts, parameters), parameters)
    if isinstance(found, Doubt) and 1 < len(texts) <= parameters.most_texts:
        return _together(case, run, texts, parameters)
    return found


def _together(case: Mapping[str, Any], run: Run, texts: list[str], parameters: Parameters) -> Proposal | Doubt:
    """Recognise each text by itself, then look for a decision on just these licences together."""
    parts = [judge(_near(case, run, [text], parameters), parameters) for text in texts]
    known = [part for part in parts if isinstance(part, Proposal)]
    licences = sorted({licence for part in known for licence in members(part.decision.licence)})
    if len(known) < len(parts):
        return Doubt(reason="one of several licence texts has no precedent")
    query = {"request": case["request"], "members": licences}
    found = judge(run.retrieve(SOURCE, query=query, top=parameters.top), parameters)
    if isinstance(found, Doubt):
        return Doubt(reason="no agreed precedent joins these licences: " + ", ".join(licences))
    return found


def _near(case: Mapping[str, Any], run: Run, texts: list[str], parameters: Parameters) -> Sequence[Document]:
    query = {
        "request": case["request"],
        "package": case["package"],
        "texts": texts,
        "by_marks": parameters.by_marks,
    }
    return run.retrieve(SOURCE, query=query, top=parameters.top)


def _decision(hit: Document) -> Decision:
    return Decision(action=str(hit.content["action"]), licence=str(hit.content["licence"]))
