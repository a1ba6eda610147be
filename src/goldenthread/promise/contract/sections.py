"""The parts of a contract below the first level: workflow, autonomy, lists, actions, technique."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from goldenthread.promise.contract import grammar
from goldenthread.promise.contract.lines import ARGUMENT_NAME
from goldenthread.promise.contract.model import Action, Autonomy, Clause, Limit, Technique, Workflow
from goldenthread.promise.contract.parts import Part, choice, named, read_part, text_of, truth, whole_number
from goldenthread.promise.contract.tree import Mapping as Block
from goldenthread.promise.contract.tree import Sequence
from goldenthread.promise.errors import LineInvalid
from goldenthread.promise.values import Effect, Level

_WORKFLOW_LINES = ("cycle_time", "throughput", "automation_rate", "escalation_rate", "rework_rate", "backlog")


_WORKFLOW_KEYS = ("done", *_WORKFLOW_LINES, "error_budget", "fails_like", "at_ten_products")


_AUTONOMY_KEYS = (
    "start", "ceiling", "confidence", "false_alarm", "gates", "tripwires", "blind", "audit", "escalate", "calendar",
    "when_people_leave",
)  # fmt: skip


_ACTION_KEYS = ("effect", "egress", "undo", "limit", "key")


_TECHNIQUE_KEYS = ("model", "grounding", "knowledge", "memory", "evals", "calls")


_KNOWLEDGE_KEYS = ("source", "refresh", "chunking", "index", "citations", "access")


_TOOL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


_DEFAULT_LEVELS: Mapping[str, tuple[Level, ...]] = {
    "blind": (Level.DRAFT,),
    "audit": (Level.CONSTRAINED, Level.EXPANDED),
}
"""Where a share without a level holds: people see proposals at draft, and the agent acts alone from constrained."""


_SHARE_LEVELS: Mapping[str, tuple[Level, ...]] = {
    "blind": (Level.DRAFT, Level.APPROVAL, Level.CONSTRAINED, Level.EXPANDED),
    "audit": (Level.CONSTRAINED, Level.EXPANDED),
}


# --- workflow -------------------------------------------------------------------------------------


def read_workflow(top: Part) -> Workflow | None:
    """The workflow part, or None."""
    part = top.part("workflow", _WORKFLOW_KEYS, "workflow: {done: admitted or refused}")
    if part is None:
        return None
    part.require("done", "admitted or refused, with the reason on record")
    lines = {key: part.line(key, _clause_of(key)) for key in _WORKFLOW_LINES}
    return Workflow(
        done=part.text("done") or "",
        error_budget=part.line("error_budget", grammar.parse_error_budget),
        fails_like=part.text("fails_like"),
        at_ten_products=part.text("at_ten_products"),
        **lines,
    )


def _clause_of(metric: str) -> Callable[[str], Clause]:
    return lambda text: grammar.parse_clause(text, metric=metric)


# --- autonomy -------------------------------------------------------------------------------------


def read_autonomy(top: Part) -> Autonomy | None:
    """The autonomy part, or None."""
    part = top.part("autonomy", _AUTONOMY_KEYS, "autonomy: {start: shadow, ceiling: shadow}")
    if part is None:
        return None
    return Autonomy(
        start=part.line("start", grammar.parse_level) or Level.SHADOW,
        ceiling=part.line("ceiling", grammar.parse_level) or Level.SHADOW,
        confidence=_confidence(part),
        false_alarm=part.line("false_alarm", grammar.parse_false_alarm) or 10000,
        gates=_clauses_by_level(part, "gates", "gates: {draft: [agreement >= 80 %]}"),
        tripwires=_clauses_by_level(part, "tripwires", "tripwires: {draft: [any policy_violation]}"),
        blind=_shares(part, "blind"),
        audit=_shares(part, "audit"),
        escalate=part.lines("escalate", grammar.parse_step),
        calendar=part.line("calendar", grammar.parse_calendar),
        when_people_leave=part.line("when_people_leave", grammar.parse_fallback),
    )


def _confidence(part: Part) -> Decimal:
    confidence = part.line("confidence", grammar.parse_percent)
    if confidence is None:
        return Decimal(95)
    if not 50 <= confidence < 100:
        part.complain("confidence", f"'{confidence:f} %' lies outside 50 to 99.99 %; write e.g. '95 %'.")
    return confidence


def _clauses_by_level(part: Part, key: str, example: str) -> dict[Level, tuple[Clause, ...]]:
    block = part.part(key, None, example)
    if block is None:
        return {}
    found: dict[Level, tuple[Clause, ...]] = {}
    for name in block.entries:
        level = _level_of(block, name, gate=key == "gates")
        clauses = block.lines(name, grammar.parse_clause)
        if level is not None and name not in block.reported:
            found[level] = clauses
    return dict(sorted(found.items(), key=lambda entry: entry[0].rank))


def _level_of(block: Part, name: str, *, gate: bool = False) -> Level | None:
    try:
        level = grammar.parse_level(name)
    except LineInvalid as error:
        block.report.add(block.entries[name][0].mark, block.at(name), error.message)
        return None
    if gate and level is Level.SHADOW:
        words = "no gate leads to shadow, the lowest level; write the level that is entered, e.g. 'draft'."
        block.report.add(block.entries[name][0].mark, block.at(name), words)
    return level


def _shares(part: Part, key: str) -> dict[Level, Decimal]:
    found: dict[Level, Decimal] = {}
    for share, level in part.lines(key, grammar.parse_share):
        for each in (level,) if level else _DEFAULT_LEVELS[key]:
            if each not in _SHARE_LEVELS[key]:
                part.complain(key, _share_words(key, each))
            elif each in found:
                part.complain(key, f"{each} has a share twice; write one line a level.")
            found[each] = share
    return dict(sorted(found.items(), key=lambda entry: entry[0].rank))


def _share_words(key: str, level: Level) -> str:
    if key == "blind":
        return "shadow is blind by nature; write e.g. '20 % of cases at draft'."
    return f"at {level} a person sees every action; write e.g. '10 % of cases at constrained'."


# --- lists and actions ----------------------------------------------------------------------------


def read_lists(top: Part) -> dict[str, tuple[str, ...]]:
    """The lists, by name."""
    part = top.part("lists", None, "lists: {allowed_licences: [MIT]}")
    if part is None:
        return {}
    return {name: _members(part, name) for name in part.entries if _plain_name(part, name, "list")}


def _plain_name(part: Part, name: str, what: str) -> bool:
    if ARGUMENT_NAME.fullmatch(name):
        return True
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or what
    words = f"'{name}' is no {what}'s name; write letters, digits and underscores, e.g. '{plain}'."
    part.report.add(part.entries[name][0].mark, part.at(name), words)
    return False


def _members(part: Part, name: str) -> tuple[str, ...]:
    node = part.node(name)
    if node is None:
        return ()
    if not isinstance(node, Sequence) or not node.items:
        part.complain(name, f"is no list of values; write e.g. '{name}: [MIT, Apache-2.0]'.")
        return ()
    members = [
        text_of(item, f"{part.at(name)}[{number}]", part.report) for number, item in enumerate(node.items, start=1)
    ]
    found = [member for member in members if member is not None]
    seen: set[str] = set()
    for item, member in zip(node.items, members, strict=True):
        if member is not None and member in seen:
            part.complain(name, f"'{member}' stands in the list twice; keep one.", item)
        seen.add(member or "")
    return tuple(found)


def read_actions(top: Part, lists: Mapping[str, tuple[str, ...]]) -> dict[str, Action]:
    """The actions, by name."""
    part = top.part("actions", None, "actions: {read_package: {effect: read}}")
    if part is None:
        return {}
    named = [name for name in part.entries if _plain_name(part, name, "action")]
    found = {name: _action(part, name, lists) for name in named}
    return {name: action for name, action in found.items() if action is not None}


def _action(part: Part, name: str, lists: Mapping[str, tuple[str, ...]]) -> Action | None:
    block = part.part(name, _ACTION_KEYS, f"{name}: {{effect: read}}")
    if block is None:
        return None
    block.require("effect", "reversible")
    effect = choice(block, "effect", [effect.value for effect in Effect])
    undo = _name_at(block, "undo", _TOOL_NAME, "tool's name", "withdraw_package")
    if undo == name:
        block.complain("undo", f"'{name}' cannot undo itself; write the tool that takes it back.")
    return Action(
        name=name,
        effect=Effect(effect or "irreversible"),
        egress=truth(block, "egress") or False,
        undo=undo,
        limits=_limits(block, lists),
        key=_name_at(block, "key", ARGUMENT_NAME, "argument's name", "request"),
    )


def _name_at(part: Part, key: str, pattern: re.Pattern[str], what: str, example: str) -> str | None:
    node = part.node(key)
    return None if node is None else named(node, part.at(key), part.report, pattern, what, example)


def _limits(block: Part, lists: Mapping[str, tuple[str, ...]]) -> dict[Level | None, tuple[Limit, ...]]:
    node = block.node("limit")
    if node is None:
        return {}
    if not isinstance(node, Block):
        return {None: _limit_lines(block, "limit", lists)}
    levels = read_part(node, block.at("limit"), block.report, None)
    found: dict[Level | None, tuple[Limit, ...]] = {}
    for name in levels.entries:
        level = _level_of(levels, name)
        limits = _limit_lines(levels, name, lists)
        if level is not None and level < Level.CONSTRAINED:
            words = f"at {level} nothing happens without a person; write the limit for constrained or expanded."
            levels.report.add(levels.entries[name][0].mark, levels.at(name), words)
        elif level is not None:
            found[level] = limits
    return found


def _limit_lines(part: Part, key: str, lists: Mapping[str, tuple[str, ...]]) -> tuple[Limit, ...]:
    limits = tuple(limit for line in part.lines(key, grammar.parse_limit) for limit in line)
    for limit in limits:
        if limit.operator in ("in", "not in") and limit.right not in lists:
            part.complain(key, _no_list_words(limit.right, lists))
    return limits


def _no_list_words(name: str, lists: Mapping[str, tuple[str, ...]]) -> str:
    nearest = difflib.get_close_matches(name, lists, n=1, cutoff=0.6)
    if nearest:
        return f"there is no list '{name}'; did you mean '{nearest[0]}'?"
    return f"there is no list '{name}'; write it under 'lists', e.g. '{name}: [MIT]'."


# --- technique ------------------------------------------------------------------------------------


def read_technique(top: Part) -> Technique | None:
    """The technique part, or None."""
    part = top.part("technique", _TECHNIQUE_KEYS, "technique: {model: nearest precedent}")
    if part is None:
        return None
    part.require("model", "nearest precedent, no language model")
    agents, depth = _calls(part)
    return Technique(
        model=part.text("model") or "",
        grounding=part.text("grounding"),
        knowledge=_knowledge(part),
        memory=part.text("memory"),
        evals=_texts(part, "evals"),
        calls_agents=agents,
        calls_depth=depth,
    )


def _knowledge(part: Part) -> dict[str, str]:
    block = part.part("knowledge", _KNOWLEDGE_KEYS, "knowledge: {source: past decisions, refresh: daily}")
    if block is None:
        return {}
    texts = {key: block.text(key) for key in block.entries}
    return {key: text for key, text in texts.items() if text is not None}


def _texts(part: Part, key: str) -> tuple[str, ...]:
    node = part.node(key)
    if node is None:
        return ()
    items = node.items if isinstance(node, Sequence) else (node,)
    found = [text_of(item, f"{part.at(key)}[{number}]", part.report) for number, item in enumerate(items, start=1)]
    return tuple(text for text in found if text is not None)


def _calls(part: Part) -> tuple[tuple[str, ...], int]:
    block = part.part("calls", ("agents", "depth"), "calls: {agents: none, depth: 0}")
    if block is None:
        return (), 0
    agents = tuple(name for name in _texts(block, "agents") if name != "none")
    depth = whole_number(block, "depth", "0", least=0, most=10) or 0
    if depth and not agents and "agents" not in block.reported:
        block.complain("depth", f"depth {depth} without agents to call; write 'depth: 0' or name the agents.")
    if agents and not depth and "depth" not in block.reported:
        block.complain("agents", "agents to call with depth 0; write e.g. 'depth: 1' or 'agents: none'.")
    return agents, depth
