"""What a golden thread is made of: one record for each part, each with its place in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.promise.values import Level
from goldenthread.surfaces.views.changes import ChangeView
from goldenthread.surfaces.views.content import Content
from goldenthread.surfaces.views.contracts import ContractView
from goldenthread.surfaces.views.outcomes import OutcomeLine


@dataclass(frozen=True, kw_only=True)
class ClausePart:
    """
    The clause that decided: its path, the line of the file that states it, and that line. `file`: 'the contract', or
    which version of the organisation's rules.
    """

    path: str
    line: int | None
    text: str | None
    file: str = "the contract"


@dataclass(frozen=True, kw_only=True)
class DecisionPart:
    """What the guard said. `state` is what has become of the action since, and `words` the same for people."""

    place: str
    at: datetime
    verdict: str
    reason: str
    clause: ClausePart
    mode: str
    state: str
    words: str
    repeats: str | None


@dataclass(frozen=True, kw_only=True)
class LevelPart:
    """The level that counted, and the change that earned it; None where the contract starts there."""

    level: Level
    meaning: str
    earned: ChangeView | None


@dataclass(frozen=True, kw_only=True)
class AgentPart:
    """Which agent it was. `place` is where the fingerprint was declared last before the run began."""

    name: str
    responsible: str | None
    fingerprint: str
    manifest: Mapping[str, Any]
    tools: Mapping[str, Any]
    code: str
    place: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class StepPart:
    """A step of the run; its content is kept under the digest that the run's end names."""

    ordinal: int
    kind: str
    words: str
    content: Content
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RunPart:
    """The run. `ended` is the position of its end, None while it is open."""

    id: str
    case: Content
    source: str
    status: str
    place: str
    at: datetime
    ended: str | None
    steps: tuple[StepPart, ...]


@dataclass(frozen=True, kw_only=True)
class Citation:
    """
    A precedent that the agent cited; `retrieved` says whether this run really got it from its source, None when
    that was erased.
    """

    id: str
    retrieved: bool | None
    source: str | None
    score: float | None
    digest: str | None


@dataclass(frozen=True, kw_only=True)
class PermitPart:
    """Leave to do exactly this, once. `consumed` is the position of its use, None while unused."""

    id: str
    digest: str
    expires: datetime
    place: str
    at: datetime
    consumed: str | None
    consumed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class QuestionPart:
    """A question to a person, and the answer; `answer` None while it waits."""

    item: str
    kind: str
    place: str
    at: datetime
    answer: str | None
    by: str | None
    answered: str | None
    answered_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EffectPart:
    """What came of it: 'done', 'failed' or 'unknown'."""

    outcome: str
    place: str
    at: datetime
    result: Content | None


@dataclass(frozen=True, kw_only=True)
class BreachPart:
    """How the tool broke its contract, or 'try' where a call of it failed and was made again."""

    clause: str
    words: str
    place: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ObservationPart:
    """A value that the run brought to a metric; None while pending."""

    metric: str
    value: float | None
    source: str
    place: str


@dataclass(frozen=True, kw_only=True)
class ThreadView:
    """
    Why an action happened, or did not. Places read `chain#seq`.

    `permitted` are the arguments of the permit where a person edited them. Proposal, citations and steps are
    hidden while a person still has to decide the case blind.
    """

    slice: str
    id: str
    action: str
    outcomes: tuple[OutcomeLine, ...]
    contract: ContractView
    decision: DecisionPart
    level: LevelPart
    agent: AgentPart
    run: RunPart
    cited: tuple[Citation, ...]
    grounded: bool | None
    arguments: Content
    permitted: Content | None
    permit: PermitPart | None
    questions: tuple[QuestionPart, ...]
    effect: EffectPart | None
    breaches: tuple[BreachPart, ...]
    observations: tuple[ObservationPart, ...]
    recorded: Content | None
