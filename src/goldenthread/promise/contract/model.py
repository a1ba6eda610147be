"""The contract as a plain record: what the one-page file says, and nothing that it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from goldenthread.promise.contract.acting import Action, Budget, DecisionContract, Field, Limit, SequenceRule
from goldenthread.promise.contract.costing import Costs
from goldenthread.promise.contract.one_line import Clause, Comparison, Quantity, Shift
from goldenthread.promise.contract.releases import Releases
from goldenthread.promise.values import Level, digest_bytes

__all__ = [
    "PARTS",
    "WEEKDAYS",
    "Action",
    "Autonomy",
    "Budget",
    "Calendar",
    "Claim",
    "Clause",
    "Comparison",
    "Contract",
    "DecisionContract",
    "ErrorBudget",
    "EscalationStep",
    "Fallback",
    "FalseAlarm",
    "Field",
    "Limit",
    "Quantity",
    "Releases",
    "SequenceRule",
    "Shift",
    "Technique",
    "Workflow",
]

WEEKDAYS: tuple[str, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PARTS: tuple[str, ...] = ("business outcome", "customer outcome", "adoption", "workflow", "trust", "technique")
"""The six parts of a contract; the part `trust` stands under `autonomy` in the file."""


class Claim(StrEnum):
    """What a passed gate claims: of the cases seen, each by itself, or of days that are still to come."""

    PERIOD = "over the period"
    FUTURE_DAYS = "about future days"


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """What one would ask of a team that did this work."""

    done: str
    cycle_time: Clause | None = None
    throughput: Clause | None = None
    automation_rate: Clause | None = None
    escalation_rate: Clause | None = None
    rework_rate: Clause | None = None
    error_budget: ErrorBudget | None = None
    backlog: Clause | None = None
    fails_like: str | None = None
    at_ten_products: str | None = None


@dataclass(frozen=True, kw_only=True)
class ErrorBudget:
    """`1 % of cases in 28 d`."""

    share: Decimal  # percent
    window: Quantity

    def __str__(self) -> str:
        return f"{self.share:f} % of cases in {self.window}"


@dataclass(frozen=True, kw_only=True)
class EscalationStep:
    """`reviewer within 4 h`."""

    to: str
    within: Quantity

    def __str__(self) -> str:
        return f"{self.to} within {self.within}"


@dataclass(frozen=True, kw_only=True)
class Fallback:
    """`fall back to draft after 1 d without an approver`."""

    level: Level
    after: Quantity

    def __str__(self) -> str:
        return f"fall back to {self.level} after {self.after} without an approver"


@dataclass(frozen=True, kw_only=True)
class Expiry:
    """`after 5 d`: how long a question may wait for a yes, in working time."""

    after: Quantity

    def __str__(self) -> str:
        return f"after {self.after}"


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """`Mon-Fri 09:00-17:00 Europe/Berlin`; minutes since midnight, weekday 0 = Monday."""

    weekdays: tuple[int, ...]
    opens: int
    closes: int
    zone: str

    def __str__(self) -> str:
        return f"{_days(self.weekdays)} {_clock(self.opens)}-{_clock(self.closes)} {self.zone}"


def _days(weekdays: tuple[int, ...]) -> str:
    """Days in runs: `Mon-Wed,Fri`."""
    runs: list[list[int]] = []
    for day in sorted(set(weekdays)):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(WEEKDAYS[run[0]] + (f"-{WEEKDAYS[run[-1]]}" if len(run) > 1 else "") for run in runs)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@dataclass(frozen=True, kw_only=True)
class FalseAlarm:
    """
    `once in 10000 cases`, or `once in 10000 cases, calibrated`.

    Calibrated means exactly this often on average, and sooner alarms, if cases are independent of each other;
    without it a false alarm is at most this often.
    """

    cases: int = 10000
    calibrated: bool = False

    def __str__(self) -> str:
        return f"once in {self.cases} cases{', calibrated' if self.calibrated else ''}"


@dataclass(frozen=True, kw_only=True)
class Approvers:
    """
    How it is watched whether people still look: `shared: 5 % of approvals`, `checks: 2 % of approvals`.

    `shared` is asked of a second person too, blind to the first; `checks` are questions whose right answer is known.
    """

    shared: Decimal = Decimal(0)  # percent of approvals
    checks: Decimal = Decimal(0)  # percent of approvals

    def __str__(self) -> str:
        lines = (f"{key} {share:f} %" for key, share in (("shared", self.shared), ("checks", self.checks)) if share)
        return ", ".join(lines) + " of approvals"


@dataclass(frozen=True, kw_only=True)
class Autonomy:
    """How far the agent may climb, on what evidence, and what brings it down."""

    start: Level = Level.SHADOW
    ceiling: Level = Level.SHADOW
    confidence: Decimal = Decimal(95)  # percent; alpha = 1 - confidence
    false_alarm: int = 10000  # average cases to a false alarm of a tripwire
    calibrated: bool = False  # exactly so many if cases are independent, instead of at least so many
    claim: Claim = Claim.PERIOD
    segments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by name, e.g. language: (de, en)
    gates: Mapping[Level, tuple[Clause, ...]] = field(default_factory=dict)  # key: the level entered
    tripwires: Mapping[Level, tuple[Clause, ...]] = field(default_factory=dict)  # key: the level fallen to
    blind: Mapping[Level, Decimal] = field(default_factory=dict)  # percent of cases, by level
    audit: Mapping[Level, Decimal] = field(default_factory=dict)  # percent of cases, by level
    escalate: tuple[EscalationStep, ...] = ()
    expire: Expiry | None = None  # None: after 14 d, or when the whole path had its time if that is longer
    calendar: Calendar | None = None
    when_people_leave: Fallback | None = None
    approvers: Approvers | None = None
    releases: Releases | None = None  # None: no release needs a signature

    @property
    def alpha(self) -> float:
        """The error that the author accepts for a gate, dimensionless."""
        return float((100 - self.confidence) / 100)


@dataclass(frozen=True, kw_only=True)
class Technique:
    """How it is built, as far as it matters to trust."""

    model: str
    grounding: str | None = None
    knowledge: Mapping[str, str] = field(default_factory=dict)
    memory: str | None = None
    evals: tuple[str, ...] = ()
    calls_agents: tuple[str, ...] = ()
    calls_depth: int = 0


@dataclass(frozen=True, kw_only=True)
class Contract:
    """
    One Agent Impact Contract. A part that the author left out is None (or empty): the file is then a
    prototype, which may run in shadow, earns nothing and never acts.
    """

    slice: str
    version: int
    owner: str
    product: str | None = None  # that the slice belongs to; a stop of the product stops it
    expert: str | None = None
    position: str | None = None
    volume: Quantity | None = None  # 'cases per day' or 'cases per week'
    problem: str | None = None
    audience: str | None = None  # the file's `for`
    horizon: int | None = None
    approach: str | None = None
    business: tuple[Shift, ...] = ()
    customer: tuple[Shift, ...] = ()
    adoption: Shift | None = None
    workflow: Workflow | None = None
    autonomy: Autonomy | None = None
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    actions: Mapping[str, Action] = field(default_factory=dict)
    budgets: tuple[Budget, ...] = ()
    rules: tuple[SequenceRule, ...] = ()
    content: Mapping[str, str] = field(default_factory=dict)
    # 'secrets', 'personal_data', 'injection' -> 'allow', 'ask', 'deny' or (not injection) 'redact'
    decisions: Mapping[str, DecisionContract] = field(default_factory=dict)
    technique: Technique | None = None
    costs: Costs | None = None  # None: nothing is stated, so what people and tools cost is unknown
    text: str = ""  # the file as it was read; what is signed is its digest
    positions: Mapping[str, tuple[int, int]] = field(default_factory=dict, compare=False, repr=False)
    # where each path of the file stands: line and column, both from 1

    @property
    def digest(self) -> str:
        """`sha256:...` over the file's bytes as read: what people saw is what they sign."""
        return digest_bytes(self.text.encode("utf-8"))

    @property
    def missing_parts(self) -> tuple[str, ...]:
        """Which of the six parts are missing, by their names in PARTS."""
        parts = (self.business, self.customer, self.adoption, self.workflow, self.autonomy, self.technique)
        return tuple(name for name, part in zip(PARTS, parts, strict=True) if not part)

    @property
    def is_prototype(self) -> bool:
        """True when a part is missing (C3)."""
        return bool(self.missing_parts)

    @property
    def path(self) -> tuple[str, ...]:
        """Who is asked, one after the other: the steps of its escalation path, by name."""
        return tuple(step.to for step in self.autonomy.escalate) if self.autonomy is not None else ()

    @property
    def shifts(self) -> Mapping[str, Shift]:
        """Every outcome line and the adoption line, by its path in the file."""
        lines = {**_numbered("outcome.business", self.business), **_numbered("outcome.customer", self.customer)}
        return {**lines, "adoption": self.adoption} if self.adoption else lines

    @property
    def data_owners(self) -> tuple[str, ...]:
        """Everyone an outcome or adoption line names as its owner, in the file's order, each once."""
        return tuple(dict.fromkeys(shift.owner for shift in self.shifts.values()))

    @property
    def signers(self) -> Mapping[str, str]:
        """
        Who must sign, by principal, and as what: 'owner', 'expert' or 'data-owner'.

        Somebody named in two roles stands here with the first; `refusals` reports it.
        """
        roles = dict.fromkeys(self.data_owners, "data-owner")
        expert = {self.expert: "expert"} if self.expert else {}
        named = {self.owner: "owner"}
        for more in (expert, roles):
            named.update({name: role for name, role in more.items() if name not in named})
        return named


def _numbered(path: str, shifts: tuple[Shift, ...]) -> dict[str, Shift]:
    """One line stands at the path itself, several at path[1], path[2] and so on."""
    if len(shifts) == 1:
        return {path: shifts[0]}
    return {f"{path}[{number}]": shift for number, shift in enumerate(shifts, start=1)}
