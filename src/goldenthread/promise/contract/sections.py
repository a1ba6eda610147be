"""The parts of a contract below the first level, beside autonomy and acting: workflow and technique."""

from __future__ import annotations

from collections.abc import Callable

from goldenthread.promise.contract import grammar
from goldenthread.promise.contract.model import Clause, Technique, Workflow
from goldenthread.promise.contract.parts import Part, text_of, whole_number
from goldenthread.promise.contract.tree import Sequence

WORKFLOW_LINES = ("cycle_time", "throughput", "automation_rate", "escalation_rate", "rework_rate", "backlog")


WORKFLOW_KEYS = ("done", *WORKFLOW_LINES, "error_budget", "fails_like", "at_ten_products")


TECHNIQUE_KEYS = ("model", "grounding", "knowledge", "memory", "evals", "calls")


KNOWLEDGE_KEYS = ("source", "refresh", "chunking", "index", "citations", "access")


# --- workflow -------------------------------------------------------------------------------------


def read_workflow(top: Part) -> Workflow | None:
    """The workflow part, or None."""
    part = top.part("workflow", WORKFLOW_KEYS, "workflow: {done: admitted or refused}")
    if part is None:
        return None
    part.require("done", "admitted or refused, with the reason on record")
    lines = {key: part.line(key, _clause_of(key)) for key in WORKFLOW_LINES}
    return Workflow(
        done=part.text("done") or "",
        error_budget=part.line("error_budget", grammar.parse_error_budget),
        fails_like=part.text("fails_like"),
        at_ten_products=part.text("at_ten_products"),
        **lines,
    )


def _clause_of(metric: str) -> Callable[[str], Clause]:
    return lambda text: grammar.parse_clause(text, metric=metric)


# --- technique ------------------------------------------------------------------------------------


def read_technique(top: Part) -> Technique | None:
    """The technique part, or None."""
    part = top.part("technique", TECHNIQUE_KEYS, "technique: {model: nearest precedent}")
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
    block = part.part("knowledge", KNOWLEDGE_KEYS, "knowledge: {source: past decisions, refresh: daily}")
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
