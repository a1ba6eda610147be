"""The parts of a contract below the first level, beside autonomy: workflow, actions, technique."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping

from goldenthread.promise.contract import grammar
from goldenthread.promise.contract.autonomy_reader import level_of
from goldenthread.promise.contract.model import Action, Clause, Limit, Technique, Workflow
from goldenthread.promise.contract.named_lists import plain_name
from goldenthread.promise.contract.parts import Part, choice, named, read_part, text_of, truth, whole_number
from goldenthread.promise.contract.pieces import ARGUMENT_NAME
from goldenthread.promise.contract.tree import Mapping as Block
from goldenthread.promise.contract.tree import Sequence
from goldenthread.promise.values import Effect, Level

_WORKFLOW_LINES = ("cycle_time", "throughput", "automation_rate", "escalation_rate", "rework_rate", "backlog")


_WORKFLOW_KEYS = ("done", *_WORKFLOW_LINES, "error_budget", "fails_like", "at_ten_products")


_ACTION_KEYS = ("effect", "egress", "undo", "limit", "key")


_TECHNIQUE_KEYS = ("model", "grounding", "knowledge", "memory", "evals", "calls")


_KNOWLEDGE_KEYS = ("source", "refresh", "chunking", "index", "citations", "access")


_TOOL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


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


# --- actions --------------------------------------------------------------------------------------


def read_actions(top: Part, lists: Mapping[str, tuple[str, ...]]) -> dict[str, Action]:
    """The actions, by name."""
    part = top.part("actions", None, "actions: {read_package: {effect: read}}")
    if part is None:
        return {}
    named = [name for name in part.entries if plain_name(part, name, "action")]
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
        level = level_of(levels, name)
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
