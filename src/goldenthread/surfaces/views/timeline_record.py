"""What the record says of a run, as entries: steps, actions, questions, answers, effects, and calls of others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from goldenthread.promise.errors import CaseErased, CaseUnknown
from goldenthread.promise.values import Json, Verdict
from goldenthread.record.ledger import Ledger, Record
from goldenthread.surfaces.views.content import open_contents
from goldenthread.surfaces.views.records import records_of
from goldenthread.surfaces.views.rows import place, select
from goldenthread.surfaces.views.timeline_parts import Entry

_RUN = "select * from run where slice = %s and id = %s"
_STEPS = "select ordinal, kind, content, at from step where run = %s order by ordinal"
_ACTIONS = "select * from action where run = %s order by call, seq"
# What a second person is being asked apart stays unsaid until they have answered.
_ITEMS = """
select i.id, i.kind, i.action, i.reason, i.state, i.asked_at, i.answered_at,
    case when asked.item is null then i.answer end as answer,
    case when asked.item is null then i.answered_by end as answered_by
from inbox i left join (
    select v.item, v.first_item from vigilance_item v join inbox s on s.id = v.item where s.state = 'open'
) asked on asked.first_item = i.id
where i.run = %s order by i.asked_at, i.id
"""
_CALLED = "select id, to_agent, to_slice, called from delegation where run = %s order by id"
_KINDS = frozenset(
    {"action:effect", "budget:settle", "decision:breach", "decision:try", "run:end", "tool:breach", "tool:try"}
)
_VERDICTS = tuple(verdict.value for verdict in Verdict)
_FAILED = {"failed": "failed", "unknown": "failed", "denied": "denied", "rejected": "denied", "expired": "denied"}
_STATES = {**_FAILED, "asked": "waits", "done": "done"}


class RunRecord:
    """
    Everything on record of one run, in a fixed number of queries.

    Args:
        ledger: Read.
        slice_name: The slice.
        run: The id.
        hidden: Why proposals are not shown to anybody yet; '' where they are.
        erased: Whether the case was erased.

    Raises:
        CaseUnknown: No such run in the slice.
    """

    def __init__(self, ledger: Ledger, slice_name: str, run: str, *, hidden: str, erased: bool) -> None:
        self.slice, self.id, self.hidden, self.erased = slice_name, run, hidden, erased
        self.row = run_row(ledger, slice_name, run)
        self.steps = select(ledger, _STEPS, run)
        self.actions = {row["id"]: row for row in select(ledger, _ACTIONS, run)}
        self.items: dict[str | None, list[Mapping[str, Any]]] = defaultdict(list)
        for item in select(ledger, _ITEMS, run):
            self.items[item["action"]].append(item)
        self.called = select(ledger, _CALLED, run)
        self.told: dict[str, list[Record]] = defaultdict(list)
        for record in records_of(ledger, slice_name, (run, *self.actions), _KINDS):
            self.told[str(record.data.get("decision") or record.kind)].append(record)
        self._of = self._steps_of_actions(ledger)

    def entries(self) -> Iterator[Entry]:
        """All of it, as a tree in the order of its rows."""
        began = {name: self.row[name] for name in ("level", "source", "contract_version", "fingerprint")}
        yield self._entry(
            "run",
            0,
            "run",
            self.row["started_at"],
            facts=began,
            hidden="",
            digests=(("case", self.row["input"]),),
            place=self._place(self.row["started_seq"]),
        )
        told: set[str] = set()
        for step in self.steps:
            action = self._of.get(step["content"])
            if action is None:
                yield self._step(step, _kind(step["kind"]))
            elif step["kind"] == "propose" and action not in told:
                told.add(action)
                yield from self.action_entries(self.actions[action])
            elif step["kind"] == "propose":
                yield self._step(step, "again")
        for id, row in self.actions.items():
            if id not in told:
                yield from self.action_entries(row)
        yield from self._others()

    def _step(self, step: Mapping[str, Any], kind: str) -> Entry:
        return self._entry(
            f"step-{step['ordinal']}",
            1,
            kind,
            step["at"],
            state="failed" if kind == "error" else "",
            digests=(("step", step["content"]),),
            facts={"step": step["kind"], "ordinal": step["ordinal"]},
        )

    def _steps_of_actions(self, ledger: Ledger) -> dict[str, str]:
        """
        Which steps are of which action, by the digest of what such a step holds: told without opening any.

        Nothing is told of a case that was erased, or whose key is not here: asking for a digest would make one.
        """
        if self.erased or not open_contents(ledger, {self.row["input"]: self.row["case_ref"]})[self.row["input"]].kept:
            return {}
        said: list[tuple[str, Json]] = []
        for id in self.actions:
            said += [(id, {"kind": "propose", "content": {"action": id, "verdict": verdict}}) for verdict in _VERDICTS]
            said.append((id, {"kind": "effect", "content": {"action": id}}))
        try:
            _, digests = ledger.vault.seal_beside(self.row["case_ref"], None, *(value for _, value in said))
        except CaseErased:
            return {}
        return {digest: id for digest, (id, _) in zip(digests, said, strict=True)}

    def action_entries(self, action: Mapping[str, Any]) -> Iterator[Entry]:
        """An action with what became of it: verdict, questions and answers, effect, tries and breaches."""
        id = action["id"]
        digests = [("arguments", action["arguments"])]
        if action["permitted"] is not None and action["permitted"] != action["arguments"]:
            digests.append(("permitted after an edit", action["permitted"]))
        name = "" if self.hidden else action["name"]
        facts = {"action": id, "name": name, "call": action["call"], "cited": self._cited(action)}
        yield self._entry(
            f"action-{id}",
            1,
            "propose",
            action["at"],
            state=_STATES.get(action["state"], ""),
            digests=tuple(digests),
            facts=facts,
            place=self._place(action["seq"]),
        )
        yield self._verdict(action)
        for item in self.items[id]:
            yield from self._asked(item, 2)
        for number, record in enumerate(self.told[id]):
            if record.kind != "action:effect" and not self.hidden:
                yield self._trial(record, f"{id}-{number}")
        yield from self._effect(action)

    def _verdict(self, action: Mapping[str, Any]) -> Entry:
        # A clause of an action, or of none declared, tells which action it was; so may a reason that names it.
        tells = bool(self.hidden) and action["clause"].startswith("actions")
        reason = self.hidden if tells else "erased" if self.erased else action["reason"]
        facts = {
            "verdict": action["verdict"],
            "reason": reason,
            "clause": "" if tells else action["clause"],
            "level": action["level"],
            "action": action["id"],
        }
        return self._entry(
            f"verdict-{action['id']}",
            2,
            "verdict",
            action["at"],
            facts=facts,
            hidden="",
            state="denied" if action["verdict"] == "deny" else "",
            place=self._place(action["seq"]),
        )

    def _effect(self, action: Mapping[str, Any]) -> Iterator[Entry]:
        if action["state"] not in ("consumed", "done", "failed", "unknown"):
            return
        told = [record for record in self.told[action["id"]] if record.kind == "action:effect"]
        yield self._entry(
            f"effect-{action['id']}",
            2,
            "effect",
            told[-1].at if told else None,
            state=_STATES.get(action["state"], ""),
            place=self._place(told[-1].seq) if told else "",
            digests=(("result", action["result"]),) if action["result"] else (),
            facts={
                "state": action["state"],
                "level": action["level"],
                "action": action["id"],
                "permit": action["permit"],
            },
        )

    def _asked(self, item: Mapping[str, Any], depth: int) -> Iterator[Entry]:
        waits = "waits" if item["state"] == "open" else ""
        reason = "" if self.hidden or self.erased else item["reason"]
        facts = {"item": item["id"], "question": item["kind"], "reason": reason}
        yield self._entry(
            f"asked-{item['id']}", depth, "question", item["asked_at"], state=waits, facts=facts, hidden=""
        )
        if item["answered_at"] is not None and (item["answer"] or item["state"] != "answered"):
            said = {**facts, "answer": item["answer"] or item["state"], "by": item["answered_by"] or ""}
            yield self._entry(f"answer-{item['id']}", depth, "answer", item["answered_at"], facts=said, hidden="")

    def _trial(self, record: Record, key: str) -> Entry:
        data: Mapping[str, Any] = record.data
        kind = "try" if record.kind.endswith(":try") else "breach"
        return self._entry(
            f"{kind}-{key}", 2, kind, record.at, state="failed", facts=dict(data), place=self._place(record.seq)
        )

    def _others(self) -> Iterator[Entry]:
        """What belongs to no action: questions of the whole case, calls of models and agents, and the end."""
        for item in self.items[None]:
            yield from self._asked(item, 1)
        for kind in ("decision:breach", "decision:try"):
            for number, record in enumerate(self.told[kind]):
                if not self.hidden:
                    yield self._trial(record, f"choice-{number}")
        for number, record in enumerate(self.told["budget:settle"]):
            data: Mapping[str, Any] = record.data
            yield self._entry(
                f"usage-{number}",
                1,
                "usage",
                record.at,
                facts={"amounts": data["amounts"], "model": data.get("model", "")},
                hidden="",
                place=self._place(record.seq),
            )
        for called in self.called:
            facts = {"agent": called["to_agent"], "slice": called["to_slice"], "called": called["called"]}
            yield self._entry(f"call-{called['id']}", 1, "call", None, facts={} if self.hidden else facts)
        if self.row["ended_at"] is not None:
            ends = self.told["run:end"]
            yield self._entry(
                "end",
                1,
                "end",
                self.row["ended_at"],
                facts={"status": self.row["state"], "level": self.row["level"]},
                hidden="",
                state="failed" if self.row["state"] == "fault" else "",
                place=self._place(ends[-1].seq) if ends else "",
            )

    def _entry(
        self,
        key: str,
        depth: int,
        kind: str,
        at: datetime | None,
        *,
        facts: Mapping[str, Any],
        state: str = "",
        digests: tuple[tuple[str, str], ...] = (),
        place: str = "",
        hidden: str | None = None,
    ) -> Entry:
        kept = self.hidden if hidden is None else hidden
        return Entry(
            key=key,
            depth=depth,
            kind=kind,
            source="record",
            at=at,
            state=state,
            facts=facts,
            digests=digests,
            hidden=kept,
            place=place,
        )

    def _cited(self, action: Mapping[str, Any]) -> tuple[str, ...]:
        return () if self.hidden or self.erased else tuple(action["cited"])

    def _place(self, seq: int) -> str:
        return place(self.slice, seq)


def run_row(ledger: Ledger, slice_name: str, run: str) -> Mapping[str, Any]:
    """
    The row of a run.

    Raises:
        CaseUnknown: No such run in the slice.
    """
    rows = select(ledger, _RUN, slice_name, run)
    if not rows:
        raise CaseUnknown(f"No run '{run}' in '{slice_name}'. See `goldenthread case list {slice_name}`.")
    return rows[0]


_STEP_KINDS = {"retrieve", "read", "decision", "step", "escalate", "refuse", "error", "opened"}


def _kind(kind: str) -> str:
    return kind if kind in _STEP_KINDS else "other"
