"""Lists of plain values under names that the author chooses: the lists of limits, and the segments."""

from __future__ import annotations

import re

from goldenthread.promise.contract.parts import Part, text_of
from goldenthread.promise.contract.pieces import ARGUMENT_NAME
from goldenthread.promise.contract.tree import Sequence


def read_named_lists(parent: Part, key: str, what: str, example: str) -> dict[str, tuple[str, ...]]:
    """
    The lists under a key, by name.

    Args:
        parent: The block that holds the key.
        key: 'lists' or 'segments'.
        what: What one of them is called in complaints.
        example: The whole key, for a complaint; what follows its first brace is the example of one list.
    """
    part = parent.part(key, None, example)
    if part is None:
        return {}
    one = example.partition("{")[2].removesuffix("}").partition(": ")[2]
    return {name: _members(part, name, one) for name in part.entries if plain_name(part, name, what)}


def plain_name(part: Part, name: str, what: str) -> bool:
    """Whether a name has letters, digits and underscores only; the problem stands on the report."""
    if ARGUMENT_NAME.fullmatch(name):
        return True
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or what
    words = f"'{name}' is no {what}'s name; write letters, digits and underscores, e.g. '{plain}'."
    part.report.add(part.entries[name][0].mark, part.at(name), words)
    return False


def _members(part: Part, name: str, example: str) -> tuple[str, ...]:
    node = part.node(name)
    if node is None:
        return ()
    if not isinstance(node, Sequence) or not node.items:
        part.complain(name, f"is no list of values; write e.g. '{name}: {example}'.")
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
