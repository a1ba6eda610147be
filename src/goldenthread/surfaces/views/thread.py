"""The golden thread of one action: from the business line down to the effect, each part with its ledger position."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from goldenthread.control.autonomy import Outline, Release
from goldenthread.control.guard import Desk
from goldenthread.control.rules import load_rules
from goldenthread.promise.contract import Contract
from goldenthread.promise.contract.page import MEANING
from goldenthread.promise.values import Level
from goldenthread.record.ledger import Ledger, Record
from goldenthread.surfaces.views.changes import change_view
from goldenthread.surfaces.views.clauses import clause_part, rule_part
from goldenthread.surfaces.views.content import Concealment, Content, concealment, hidden, open_contents
from goldenthread.surfaces.views.contracts import ContractView, contract_view
from goldenthread.surfaces.views.meant import find_action
from goldenthread.surfaces.views.outcomes import outcomes_of
from goldenthread.surfaces.views.records import records_about
from goldenthread.surfaces.views.rows import place, select
from goldenthread.surfaces.views.run_steps import step_words
from goldenthread.surfaces.views.statuses import state_words
from goldenthread.surfaces.views.thread_parts import (
    AgentPart,
    BreachPart,
    Citation,
    ClausePart,
    DecisionPart,
    EffectPart,
    LevelPart,
    ObservationPart,
    PermitPart,
    QuestionPart,
    RunPart,
    StepPart,
    ThreadView,
)

__all__ = ["ThreadView", "thread"]

_STEPS = "select ordinal, kind, content, at from step where run = %s order by ordinal"


def thread(ledger: Ledger, action: str, desk_of: Callable[[str], Desk] | None = None) -> ThreadView:
    """
    The thread of an action, by its id or a prefix that only it has; by an inbox item's; or of a case's newest action.

    `desk_of` gives the desk of a slice; pass one that keeps desks, and only new records are read.

    Raises:
        ActionUnknown: No such action, or several.
    """
    row = find_action(ledger, action)
    desk = desk_of(row["slice"]) if desk_of is not None else Desk(ledger, row["slice"])
    return _Pulling(desk, row).view()


class _Pulling:
    """Everything that is known of one action's row, gathered once."""

    def __init__(self, desk: Desk, row: Mapping[str, Any]) -> None:
        self.desk, self.ledger, self.slice, self.row = desk, desk.ledger, desk.slice, row
        self.outline: Outline = desk.outline()
        self.records: Sequence[Record] = records_about(desk.ledger, desk.slice, (row["id"], row["run"]))
        self.decided = next(record for record in self.records if record.seq == row["seq"])
        self.steps = select(desk.ledger, _STEPS, row["run"])
        self.opened = open_contents(desk.ledger, dict.fromkeys(self._digests(), row["case_ref"]))
        self.secret: Concealment = concealment(desk.ledger, desk.slice, [row["case_ref"]])
        self.why_not = self.secret.why(row["case_ref"], row["level"])

    def view(self) -> ThreadView:
        row, contract = self.row, self._contract()
        version = self.outline.versions[contract.version].contract
        edited = row["permitted"] is not None and row["permitted"] != row["arguments"]
        return ThreadView(
            slice=self.slice,
            id=row["id"],
            action="" if self.why_not else row["name"],
            outcomes=outcomes_of(self.desk)[version.version],
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
        changes = [change for change in self._release().changes if change.seq < self.row["seq"]]
        last = change_view(changes[-1]) if changes else None
        earned = last if last is not None and last.after is level else None
        return LevelPart(level=level, meaning=MEANING[level], earned=earned)

    def _release(self) -> Release:
        return self.outline.agents[self.row["fingerprint"]]

    def _agent(self) -> AgentPart:
        agent = self._release()
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
        """Every question that this action brought, with the answer that closed it, or that it expired."""
        closing = ("approval:answer", "approval:expire")
        answers = {record.data["item"]: record for record in self.records if record.kind in closing}
        asked = self._mine("approval:ask")
        return tuple(self._question(record, answers.get(record.data["item"])) for record in asked)

    def _question(self, asked: Record, answer: Record | None) -> QuestionPart:
        return QuestionPart(
            item=str(asked.data["item"]),
            kind=str(asked.data["kind"]),
            place=self._place(asked),
            at=asked.at,
            answer=str(answer.data.get("answer", "expired")) if answer else None,
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
