"""What a tool's own signature says of its arguments, in the words of contracts. Pure: it reads text, never code."""

from __future__ import annotations

import ast
from collections.abc import Mapping

Kinds = frozenset[str] | None
"""Types as contracts name them, 'nothing' among them; None where the text says nothing that can be held to."""

_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("str", "Text", "string"), "text"),
    **dict.fromkeys(("int", "integer"), "whole number"),
    **dict.fromkeys(("float", "number"), "number"),
    **dict.fromkeys(("bool", "boolean"), "yes or no"),
    **dict.fromkeys(("list", "List", "tuple", "Tuple", "Sequence", "MutableSequence", "array"), "list"),
    **dict.fromkeys(("dict", "Dict", "Mapping", "MutableMapping"), "object"),
    **dict.fromkeys(("None", "NoneType", "null"), "nothing"),
}
"""By the last part of a name, in Python's words and in those of JSON Schema."""


def kinds_of(annotation: str) -> Kinds:
    """
    What an annotation admits: `int | None` is {'whole number', 'nothing'}.

    Any, no annotation, a class of the agent's own: None, for what it takes is not known from its name.
    """
    try:
        return _kinds(ast.parse(annotation.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _kinds(node: ast.expr) -> Kinds:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return kinds_of(node.value)  # an annotation that was written, or kept, as a text
        return frozenset({"nothing"}) if node.value is None else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _either([node.left, node.right])
    if isinstance(node, ast.Subscript):
        return _of_subscript(node)
    known = _NAMES.get(_last_name(node))
    return frozenset({known}) if known is not None else None


def _of_subscript(node: ast.Subscript) -> Kinds:
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    name = _last_name(node.value)
    if name == "Union":
        return _either(inner)
    if name == "Optional":
        return _either([*inner, ast.Constant(value=None)])
    if name in ("Annotated", "Required", "NotRequired", "Final") and inner:
        return _kinds(inner[0])
    if name == "Literal":
        return _of_literal(inner)
    return _kinds(node.value)


def _either(nodes: list[ast.expr]) -> Kinds:
    found: frozenset[str] = frozenset()
    for node in nodes:
        kinds = _kinds(node)
        if kinds is None:
            return None
        found |= kinds
    return found


_LITERALS: Mapping[type, str] = {
    str: "text",
    int: "whole number",
    bool: "yes or no",
    type(None): "nothing",
}


def _of_literal(nodes: list[ast.expr]) -> Kinds:
    values = [_LITERALS.get(type(node.value)) if isinstance(node, ast.Constant) else None for node in nodes]
    return None if None in values else frozenset(value for value in values if value is not None)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
