"""Lists in a contract, item by item: names, and what may be said only once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TypeVar

from goldenthread.promise.contract.cursor import unknown_words
from goldenthread.promise.contract.parts import Part, named
from goldenthread.promise.contract.tree import Node, Sequence

_T = TypeVar("_T")


def named_all(
    part: Part, key: str, pattern: re.Pattern[str], what: str, example: str, known: Collection[str] | None
) -> tuple[str, ...]:
    """One name or a list of names, each once, and out of the known ones where these are stated."""
    node = part.node(key)
    if node is None:
        return ()
    items = node.items if isinstance(node, Sequence) else (node,)
    if not items:
        part.complain(key, f"is an empty list; write e.g. '{key}: {example}' or remove the line.")
    found: list[str] = []
    for number, item in enumerate(items, start=1):
        path = f"{part.at(key)}[{number}]" if isinstance(node, Sequence) else part.at(key)
        name = named(item, path, part.report, pattern, what, example)
        if name is not None and known is not None and name not in known:
            part.report.add(item.mark, path, unknown_words(name, known, "argument"))
        elif name in found:
            part.report.add(item.mark, path, f"'{name}' stands here twice; name it once.")
        elif name is not None:
            found.append(name)
    return tuple(found)


def item_at(part: Part, key: str, number: int, count: int) -> Node | None:
    """The node of the item so many of a key, from 1; None where it stands alone or not all items read."""
    node = part.node(key)
    return node.items[number - 1] if isinstance(node, Sequence) and len(node.items) == count else None


def once(part: Part, key: str, found: tuple[_T, ...], same: Callable[[_T], object]) -> None:
    """Note the first item that says of the same thing what another says already."""
    seen: dict[object, _T] = {}
    for number, item in enumerate(found, start=1):
        if same(item) in seen:
            before = seen[same(item)]
            words = f"'{item}' and '{before}' speak of the same; keep one."
            if item == before:
                words = f"'{item}' stands here twice; keep one."
            part.complain(key, words, item_at(part, key, number, len(found)))
        seen[same(item)] = item
