"""The golden thread of one action: from the business line down to the effect, each part with its ledger position."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.control.autonomy import Qualification, Standing
from goldenthread.control.guard import Desk
from goldenthread.control.rules import OrganisationRules, load_rules, understood
from goldenthread.promise.contract import Contract
from goldenthread.promise.contract.page import MEANING
from goldenthread.promise.errors import ActionUnknown
from goldenthread.promise.values import Level
from goldenthread.record.ledger import Ledger, Record
from goldenthread.surfaces.views.cases import state_words
from goldenthread.surfaces.views.content import Concealment, Content, concealment, hidden, open_contents
from goldenthread.surfaces.views.contracts import ContractView, contract_view
from goldenthread.surfaces.views.ladder import ChangeView, change_view
from goldenthread.surfaces.views.outcomes import OutcomeLine, first_live_starts, outcome_lines
from goldenthread.surfaces.views.records import records_about
from goldenthread.surfaces.views.rows import place, select


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


_ID = re.compile(r"[0-9a-f]{1,16}")
_ACTIONS = """
select a.*, r.input, r.fingerprint, r.source, r.state as run_state, r.started_seq, r.started_at,
    d.decision as recorded
from action a join run r on r.id = a.run
left join recorded_decision d on d.slice = a.slice and d.case_ref = a.case_ref
"""
_ACTION = _ACTIONS + "where starts_with(a.id, %s) order by a.id limit 2"
_ACTION_OF_ITEM = _ACTIONS + "join inbox i on i.action = a.id where starts_with(i.id, %s) order by a.id limit 2"
_ACTION_OF_CASE = _ACTIONS + "where a.case_ref = any(%s) order by a.at desc, a.seq desc limit 1"
_STEPS = "select ordinal, kind, content, at from step where run = %s order by ordinal"


def thread(ledger: Ledger, action: str, desk_of: Callable[[str], Desk] | None = None) -> ThreadView:
    """
    The thread of an action, by its id or a prefix that only it has; by an inbox item's; or of a case's newest action.

    `desk_of` gives the desk of a slice; pass one that keeps desks, and only new records are read.

    Raises:
        ActionUnknown: No such action, or several.
    """
    row = _find(ledger, action)
    desk = desk_of(row["slice"]) if desk_of is not None else Desk(ledger, row["slice"])
    return _Pulling(desk, row).view()


def _find(ledger: Ledger, action: str) -> dict[str, Any]:
    rows = select(ledger, _ACTION, action) if _ID.fullmatch(action) else []
    if not rows:
        rows = _meant_otherwise(ledger, action)
    if len(rows) == 1:
        return rows[0]
    what = "Several actions begin with" if rows else "No action"
    raise ActionUnknown(
        f"{what} '{action}'; ids have 16 hex digits, and any beginning that only one has will do. "
        "See `goldenthread case list`."
    )


def _meant_otherwise(ledger: Ledger, name: str) -> list[dict[str, Any]]:
    """The action that an inbox item asks about, or the newest action of a case of that name."""
    asked = select(ledger, _ACTION_OF_ITEM, name) if _ID.fullmatch(name) else []
    if asked:
        return asked
    refs = [ledger.vault.ref(chain, name) for chain in ledger.chains()]
    return select(ledger, _ACTION_OF_CASE, refs)


class _Pulling:
    """Everything that is known of one action's row, gathered once."""

    def __init__(self, desk: Desk, row: Mapping[str, Any]) -> None:
        self.desk, self.ledger, self.slice, self.row = desk, desk.ledger, desk.slice, row
        self.standing: Standing = desk.standing()
        self.records: Sequence[Record] = records_about(
            desk.ledger, desk.slice, (row["id"], row["run"]), after=row["started_seq"] - 1
        )
        self.decided = next(record for record in self.records if record.seq == row["seq"])
        self.steps = select(desk.ledger, _STEPS, row["run"])
        self.opened = open_contents(desk.ledger, dict.fromkeys(self._digests(), row["case_ref"]))
        self.secret: Concealment = concealment(desk.ledger, desk.slice, [row["case_ref"]])
        self.why_not = self.secret.why(row["case_ref"], row["level"])

    def view(self) -> ThreadView:
        row, contract = self.row, self._contract()
        version = self.standing.versions[contract.version].contract
        first_live = first_live_starts(self.ledger).get(self.slice)
        edited = row["permitted"] is not None and row["permitted"] != row["arguments"]
        return ThreadView(
            slice=self.slice,
            id=row["id"],
            action="" if self.why_not else row["name"],
            outcomes=outcome_lines(version, self.standing, first_live),
            contract=contract,
            decision=self._decision(version),
            level=self._level(),
            agent=self._agent(),
            run=self._run(),
            cited=() if self.why_not else self._cited(),
            grounded=None if self.why_not else row["grounded"],
            arguments=self._shown(row["arguments"]),
            permitted=self._shown(row["permitted"]) if edited else None,
            permit=self._permit(),
            questions=self._questions(),
            effect=self._effect(),
            breaches=() if self.why_not else self._breaches(),
            observations=self._observations(),
            recorded=self.opened[row["recorded"]] if row["recorded"] else None,
        )

    def _digests(self) -> list[str]:
        row = self.row
        digests = [row["input"], row["arguments"], row["permitted"], row["result"], row["recorded"]]
        effects = [record.data["result"] for record in self._mine("action:effect")]
        return [str(digest) for digest in (*digests, *effects, *(step["content"] for step in self.steps)) if digest]

    def _mine(self, kind: str) -> list[Record]:
        """Records of a kind that name this action."""
        named = ("decision", "action")
        return [
            record
            for record in self.records
            if record.kind == kind and any(record.data.get(name) == self.row["id"] for name in named)
        ]

    def _shown(self, digest: str) -> Content:
        return hidden(self.why_not) if self.why_not else self.opened[digest]

    def _place(self, record: Record) -> str:
        return place(record.chain, record.seq)

    def _contract(self) -> ContractView:
        return contract_view(self.desk, self.row["contract_version"])

    def _decision(self, contract: Contract) -> DecisionPart:
        data: Mapping[str, Any] = self.decided.data
        # A clause of an action, or of none declared, tells which action it was.
        tells = self.why_not is not None and str(data["clause"]).startswith("actions")
        clause = ClausePart(path="", line=None, text=None) if tells else self._clause(contract, data)
        return DecisionPart(
            place=self._place(self.decided),
            at=self.decided.at,
            verdict=data["verdict"],
            reason=str(self.why_not if tells else data["reason"]),
            clause=clause,
            mode=data["mode"],
            state=self.row["state"],
            words=state_words(self.row["state"], Level(self.row["level"])),
            repeats=data["repeats"],
        )

    def _clause(self, contract: Contract, data: Mapping[str, Any]) -> ClausePart:
        named = data.get("rules")
        if named is None or not str(data["clause"]).startswith("organisation."):
            return clause_part(contract, data["clause"], self.row["name"])
        return rule_part(load_rules(self.ledger), named["version"], data["clause"])

    def _level(self) -> LevelPart:
        level = Level(self.row["level"])
        changes = [change for change in self._qualification().changes if change.seq < self.row["seq"]]
        last = change_view(changes[-1]) if changes else None
        earned = last if last is not None and last.after is level else None
        return LevelPart(level=level, meaning=MEANING[level], earned=earned)

    def _qualification(self) -> Qualification:
        return self.standing.agents[self.row["fingerprint"]]

    def _agent(self) -> AgentPart:
        agent = self._qualification()
        declared = self._declared()
        data: Mapping[str, Any] = declared.data
        principal = self.desk.principals().find(agent.agent)
        return AgentPart(
            name=agent.agent,
            responsible=principal.responsible if principal else None,
            fingerprint=agent.fingerprint,
            manifest=data["manifest"],
            tools=data["tools"],
            code=data["code"],
            place=self._place(declared),
            at=declared.at,
        )

    def _declared(self) -> Record:
        """The declaration of the fingerprint that stood when the run began."""
        records = self.ledger.read(self.slice, kinds=("agent:fingerprint:declare",))
        mine = [record for record in records if record.data["fingerprint"] == self.row["fingerprint"]]
        before = [record for record in mine if record.seq < self.row["started_seq"]]
        return (before or mine)[-1]

    def _run(self) -> RunPart:
        row = self.row
        end = next((record for record in self.records if record.kind == "run:end"), None)
        return RunPart(
            id=row["run"],
            case=self.opened[row["input"]].part("case"),
            source=row["source"],
            status=row["run_state"],
            place=place(self.slice, row["started_seq"]),
            at=row["started_at"],
            ended=self._place(end) if end else None,
            steps=tuple(self._step(step) for step in self.steps),
        )

    def _step(self, step: Mapping[str, Any]) -> StepPart:
        content = self._shown(step["content"]).part("content")
        words = step_words(step["kind"], content)
        return StepPart(ordinal=step["ordinal"], kind=step["kind"], words=words, content=content, at=step["at"])

    def _cited(self) -> tuple[Citation, ...]:
        hits = dict(self._hits())
        absent = None if self.opened[self.row["input"]].state == "erased" else False
        return tuple(
            Citation(
                id=document,
                retrieved=True if document in hits else absent,
                source=hits[document][0] if document in hits else None,
                score=hits[document][1]["score"] if document in hits else None,
                digest=hits[document][1]["digest"] if document in hits else None,
            )
            for document in self.row["cited"]
        )

    def _hits(self) -> list[tuple[str, tuple[str, Mapping[str, Any]]]]:
        found = []
        for step in self.steps:
            content = self.opened[step["content"]].part("content")
            if step["kind"] == "retrieve" and content.kept and isinstance(content.value, dict):
                retrieved: Mapping[str, Any] = content.value
                found += [(hit["id"], (retrieved["source"], hit)) for hit in retrieved["hits"]]
        return found

    def _permit(self) -> PermitPart | None:
        """The last permit given for the action: by the guard alone, or by a person's answer."""
        giving = [record for record in (self.decided, *self._mine("approval:answer")) if record.data.get("permit")]
        if not giving:
            return None
        permit: Mapping[str, Any] = giving[-1].data["permit"]
        used = next((one for one in self._mine("permit:consume") if one.data["permit"] == permit["id"]), None)
        return PermitPart(
            id=permit["id"],
            digest=permit["digest"],
            expires=datetime.fromisoformat(permit["expires"]),
            place=self._place(giving[-1]),
            at=giving[-1].at,
            consumed=self._place(used) if used else None,
            consumed_at=used.at if used else None,
        )

    def _questions(self) -> tuple[QuestionPart, ...]:
        """Every question that this action brought, with the answer that closed it."""
        answers = {record.data["item"]: record for record in self.records if record.kind == "approval:answer"}
        asked = self._mine("approval:ask")
        return tuple(self._question(record, answers.get(record.data["item"])) for record in asked)

    def _question(self, asked: Record, answer: Record | None) -> QuestionPart:
        return QuestionPart(
            item=str(asked.data["item"]),
            kind=str(asked.data["kind"]),
            place=self._place(asked),
            at=asked.at,
            answer=str(answer.data["answer"]) if answer else None,
            by=answer.by if answer else None,
            answered=self._place(answer) if answer else None,
            answered_at=answer.at if answer else None,
        )

    def _effect(self) -> EffectPart | None:
        effects = self._mine("action:effect")
        if not effects:
            return None
        last = effects[-1]
        result = last.data["result"]
        return EffectPart(
            outcome=str(last.data["outcome"]),
            place=self._place(last),
            at=last.at,
            result=self._shown(str(result)) if result else None,
        )

    def _breaches(self) -> tuple[BreachPart, ...]:
        return tuple(
            BreachPart(clause=clause, words=words, place=self._place(record), at=record.at)
            for record in self.records
            if record.data.get("decision") == self.row["id"]
            for clause, words in _breach_words(record)
        )

    def _observations(self) -> tuple[ObservationPart, ...]:
        found = []
        for record in self.records:
            if record.kind == "case:observe" and record.data["run"] == self.row["run"]:
                for one in record.data["observations"]:
                    seen: Mapping[str, Any] = one
                    found.append(
                        ObservationPart(
                            metric=seen["metric"], value=seen["value"], source=seen["source"], place=self._place(record)
                        )
                    )
        return tuple(found)


def _breach_words(record: Record) -> list[tuple[str, str]]:
    data: Mapping[str, Any] = record.data
    if record.kind == "tool:breach":
        return [(data["breach"], data["words"])]
    if record.kind == "tool:try":
        return [("try", f"number {data['try']} failed with {data['error']}, and it was called again")]
    return []


def step_words(kind: str, content: Content) -> str:
    """A step in a line; the whole of it is its content."""
    if not content.kept or not isinstance(content.value, dict):
        return content.words
    said: Mapping[str, Any] = content.value
    if kind == "retrieve":
        hits = ", ".join(f"{hit['id']} ({hit['score']:.3g})" for hit in said["hits"])
        return f"asked {said['source']}, got {hits or 'nothing'}"
    named = [str(said[name]) for name in ("action", "decision", "verdict", "reason", "error") if name in said]
    return ": ".join(named) or content.words


def clause_part(contract: Contract, path: str, action: str) -> ClausePart:
    """Where a clause's path stands in the contract's file; the nearest stated part where it is not stated itself."""
    known = "autonomy.start" if path == _start(contract) else _named(contract, path, action)
    while known and known not in contract.positions:
        known = known.rpartition(".")[0]
    if not known:
        return ClausePart(path=path, line=None, text=None)
    line = contract.positions[known][0]
    stated = contract.text.splitlines()[line - 1].strip()
    return ClausePart(path=path, line=line, text=_gate(contract, path) or stated)


def _named(contract: Contract, path: str, action: str) -> str:
    """The path of a clause that is named by what it says: a rule, or a budget of the action or the whole agent."""
    declared = contract.actions.get(action)
    for key, name, stated in (
        ("rules", "rules '{}'", contract.rules),
        (f"actions.{action}.budget", "budget {}", declared.budget if declared is not None else ()),
        ("budgets", "budget {}", contract.budgets),
    ):
        for number, one in enumerate(stated, start=1):
            if path == name.format(one):
                return f"{key}[{number}]" if f"{key}[{number}]" in contract.positions else key
    return path


def rule_part(known: OrganisationRules, number: int, path: str) -> ClausePart:
    """Where a rule of the organisation stands in the file of its version, and what it says."""
    name, file = path.partition(".")[2], f"version {number} of the organisation's rules"
    version = known.versions.get(number)
    rules = understood(version.text) if version is not None else "not on record"
    rule = next((one for one in rules.rules if one.name == name), None) if not isinstance(rules, str) else None
    if rule is None or isinstance(rules, str):
        return ClausePart(path=path, line=None, text=None, file=file)
    return ClausePart(path=path, line=rules.lines[name], text=f"{name}: {rule.says}", file=file)


def _start(contract: Contract) -> str | None:
    """The clause that stands for the gate of the level where an agent begins: nobody climbs into it."""
    return f"autonomy.gates.{contract.autonomy.start}" if contract.autonomy else None


def _gate(contract: Contract, path: str) -> str | None:
    """A gate's clauses: in the file they may share a line with other gates, or have one each."""
    gates = contract.autonomy.gates if contract.autonomy else {}
    clauses = next((clauses for level, clauses in gates.items() if path == f"autonomy.gates.{level}"), ())
    return ", ".join(map(str, clauses)) or None
