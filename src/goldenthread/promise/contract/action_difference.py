"""What a new version changes in lists, actions and technique."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from goldenthread.promise.contract import grammar
from goldenthread.promise.contract.acting_difference import tool_changes
from goldenthread.promise.contract.change import Change, Direction, demanded, numbers, texts, whole_part
from goldenthread.promise.contract.comparing import Demand, demand_of_quantity
from goldenthread.promise.contract.model import Action, Contract, Limit, Quantity, Technique
from goldenthread.promise.values import LADDER, Effect, Level

# --- lists and actions ----------------------------------------------------------------------------


def list_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """What the lists gained or lost, and whether that lets more through."""
    for name in dict.fromkeys((*old.lists, *new.lists)):
        before, after = old.lists.get(name, ()), new.lists.get(name, ())
        gained = [member for member in after if member not in before]
        lost = [member for member in before if member not in after]
        uses = _uses(name, old) | _uses(name, new)
        if gained:
            direction = _list_direction(uses, loosening="in")
            yield Change(direction=direction, path=f"lists.{name}", words=f"now also holds {', '.join(gained)}.")
        if lost:
            direction = _list_direction(uses, loosening="not in")
            yield Change(direction=direction, path=f"lists.{name}", words=f"no longer holds {', '.join(lost)}.")


def _uses(name: str, contract: Contract) -> set[str]:
    limits = [limit for action in contract.actions.values() for group in action.limits.values() for limit in group]
    return {limit.operator for limit in limits if limit.right == name and limit.operator in ("in", "not in")}


def _list_direction(uses: set[str], *, loosening: str) -> Direction:
    if len(uses) != 1:
        return "changes"
    return "loosens" if loosening in uses else "tightens"


def action_changes(old: Mapping[str, Action], new: Mapping[str, Action]) -> Iterator[Change]:
    """Actions that came, went or changed."""
    for name in dict.fromkeys((*old, *new)):
        path = f"actions.{name}"
        if name not in old:
            words = f"the agent may now propose '{name}' ({new[name].effect.value})."
            yield Change(direction="loosens", path=path, words=words)
        elif name not in new:
            yield Change(direction="tightens", path=path, words=f"the agent may no longer propose '{name}'.")
        else:
            yield from _action(path, old[name], new[name])


_EFFECTS = tuple(Effect)


def _action(path: str, old: Action, new: Action) -> Iterator[Change]:
    if old.effect is not new.effect:
        milder = _EFFECTS.index(new.effect) < _EFFECTS.index(old.effect)
        words = f"counts as {new.effect.value} instead of {old.effect.value}."
        yield Change(direction="loosens" if milder else "tightens", path=f"{path}.effect", words=words)
    if old.egress is not new.egress:
        words = "counts as sending data out." if new.egress else "no longer counts as sending data out."
        yield Change(direction="tightens" if new.egress else "loosens", path=f"{path}.egress", words=words)
    yield from _safeguard(f"{path}.undo", old.undo, new.undo, "undone by")
    yield from _safeguard(f"{path}.key", old.key, new.key, "kept from happening twice by")
    levels: tuple[Level | None, ...] = (None, *LADDER)
    for level in levels:
        where = f"{path}.limit.{level}" if level else f"{path}.limit"
        yield from _limits(where, old.limits.get(level, ()), new.limits.get(level, ()))
    yield from tool_changes(path, old, new)


def _safeguard(path: str, old: str | None, new: str | None, words: str) -> Iterator[Change]:
    if old == new:
        return
    if new is None:
        yield Change(direction="loosens", path=path, words=f"is no longer {words} '{old}'.")
    elif old is None:
        yield Change(direction="tightens", path=path, words=f"is now {words} '{new}'.")
    else:
        yield Change(direction="changes", path=path, words=f"is {words} '{new}' instead of '{old}'.")


def _limits(path: str, old: tuple[Limit, ...], new: tuple[Limit, ...]) -> Iterator[Change]:
    before = {(limit.argument, limit.operator): limit for limit in old}
    after = {(limit.argument, limit.operator): limit for limit in new}
    for key, limit in before.items():
        if key not in after:
            yield Change(direction="loosens", path=path, words=f"no longer limited by '{limit}'.")
        elif limit != after[key]:
            words = f"limited by '{after[key]}' instead of '{limit}'."
            yield Change(direction=demanded(_demand_of_limit(limit, after[key])), path=path, words=words)
    for key, limit in after.items():
        if key not in before:
            yield Change(direction="tightens", path=path, words=f"now limited by '{limit}'.")


def _demand_of_limit(old: Limit, new: Limit) -> Demand:
    if old.operator not in ("<", "<=", ">", ">="):
        return Demand.OTHER
    demand = demand_of_quantity(_bound(old), _bound(new))
    return demand if old.operator in (">", ">=") else demand.reversed


def _bound(limit: Limit) -> Quantity:
    return grammar.parse_quantity(limit.right)


# --- technique ------------------------------------------------------------------------------------


def technique_changes(old: Technique | None, new: Technique | None) -> Iterator[Change]:
    """What is built differently."""
    if old is None or new is None:
        yield from whole_part("technique", old, new)
        return
    for key in ("model", "grounding", "memory"):
        yield from texts(f"technique.{key}", getattr(old, key), getattr(new, key))
    for key in dict.fromkeys((*old.knowledge, *new.knowledge)):
        yield from texts(f"technique.knowledge.{key}", old.knowledge.get(key), new.knowledge.get(key))
    yield from texts("technique.evals", ", ".join(old.evals) or None, ", ".join(new.evals) or None)
    for name in new.calls_agents:
        if name not in old.calls_agents:
            yield Change(direction="loosens", path="technique.calls.agents", words=f"the agent may now call {name}.")
    for name in old.calls_agents:
        if name not in new.calls_agents:
            yield Change(
                direction="tightens", path="technique.calls.agents", words=f"the agent may no longer call {name}."
            )
    depth = "calls may go {new} deep instead of {old}."
    yield from numbers("technique.calls.depth", old.calls_depth, new.calls_depth, depth, tight_up=False)
