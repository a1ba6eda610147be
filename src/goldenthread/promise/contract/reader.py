"""From a file to a contract: which keys there are, what each takes, and every problem with its place and cure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from goldenthread.promise.contract import grammar
from goldenthread.promise.contract.model import (
    Action,
    Autonomy,
    Clause,
    Contract,
    Limit,
    Shift,
    Technique,
    Workflow,
)
from goldenthread.promise.contract.tree import Mapping as Block
from goldenthread.promise.contract.tree import Mark, Node, Report, Scalar, Sequence, is_broken, read_tree
from goldenthread.promise.errors import ContractInvalid, LineInvalid, Problem
from goldenthread.promise.values import Effect, Level

_T = TypeVar("_T")

API_VERSION = "goldenthread/v1"
KIND = "AgentImpactContract"
RESERVED_SLICES = frozenset({"organisation"})
"""Names that the ledger keeps for its own chains."""

_TOP_KEYS = (
    "apiVersion", "kind", "slice", "version", "owner", "expert", "position", "volume", "problem", "for", "horizon",
    "approach", "outcome", "adoption", "workflow", "autonomy", "lists", "actions", "technique",
)  # fmt: skip
_WORKFLOW_LINES = ("cycle_time", "throughput", "automation_rate", "escalation_rate", "rework_rate", "backlog")
_WORKFLOW_KEYS = ("done", *_WORKFLOW_LINES, "error_budget", "fails_like", "at_ten_products")
_AUTONOMY_KEYS = (
    "start", "ceiling", "confidence", "false_alarm", "gates", "tripwires", "blind", "audit", "escalate", "calendar",
    "when_people_leave",
)  # fmt: skip
_ACTION_KEYS = ("effect", "egress", "undo", "limit", "key")
_TECHNIQUE_KEYS = ("model", "grounding", "knowledge", "memory", "evals", "calls")
_KNOWLEDGE_KEYS = ("source", "refresh", "chunking", "index", "citations", "access")
_SLICE_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TOOL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = frozenset({"true", "True", "TRUE", "false", "False", "FALSE"})
_NUMBER_LIKE = re.compile(
    r"[-+]?(?:0[xob])?[0-9][0-9_,]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:[0-9]+|inf|nan)", re.IGNORECASE
)
_DEFAULT_LEVELS: Mapping[str, tuple[Level, ...]] = {
    "blind": (Level.DRAFT,),
    "audit": (Level.CONSTRAINED, Level.EXPANDED),
}
"""Where a share without a level holds: people see proposals at draft, and the agent acts alone from constrained."""
_SHARE_LEVELS: Mapping[str, tuple[Level, ...]] = {
    "blind": (Level.DRAFT, Level.APPROVAL, Level.CONSTRAINED, Level.EXPANDED),
    "audit": (Level.CONSTRAINED, Level.EXPANDED),
}


def read_contract(content: bytes, filename: str = "contract.yaml") -> Contract:
    """
    Read a contract from a file's bytes; `parse_contract` with the decoding.

    Raises:
        ContractInvalid: As `parse_contract`, and for bytes that are not UTF-8.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        words = f"Byte 0x{content[error.start]:02X} is not UTF-8; save the file as UTF-8."
        raise ContractInvalid((Problem(file=filename, line=line, column=column, path="", words=words),)) from error
    return parse_contract(text, filename)


def parse_contract(text: str, filename: str = "contract.yaml") -> Contract:
    """
    Read a contract from the text of its file.

    Whatever else is wrong with what it promises (C1 to C6) is for `refusals`.

    Args:
        text: YAML 1.2, at most 64 KB; its UTF-8 bytes are what `digest` covers, so pass it unchanged.
        filename: How messages name the file.

    Raises:
        ContractInvalid: Every problem of the file, one a line: `file:line:column path: problem; write e.g. ...`.
    """
    report = Report(file=filename)
    tree = read_tree(text, report)
    if not isinstance(tree, Block):
        if not report.problems:
            report.add(tree.mark if tree else Mark(line=1, column=1), "", _no_contract_words(tree))
        report.settle()
    assert isinstance(tree, Block)
    return _contract(tree, report, text)


def _no_contract_words(tree: Node | None) -> str:
    what = "The file is empty" if tree is None else "The file holds no keys"
    return f"{what}; write a contract, e.g. with `goldenthread contract new`."


# --- one block of keys --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A block of keys on its way to a record; every complaint carries its path and place."""

    path: str
    mark: Mark
    entries: Mapping[str, tuple[Scalar, Node]]
    report: Report
    reported: set[str] = field(default_factory=set)  # keys whose value was complained about

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def node(self, key: str) -> Node | None:
        """The value of a key; None if it is missing or its problem stands in the report."""
        if key not in self.entries or key in self.reported:
            return None
        node = self.entries[key][1]
        return None if is_broken(node) else node

    def complain(self, key: str, words: str, node: Node | None = None, offset: int = 0) -> None:
        mark = (node or self.entries[key][1]).mark if key in self.entries or node else self.mark
        self.report.add(mark, self.at(key), words, offset=offset)
        self.reported.add(key)

    def require(self, key: str, example: str) -> None:
        if key not in self.entries:
            self.report.add(self.mark, self.at(key), f"is missing; write e.g. '{key}: {example}'.")
            self.reported.add(key)

    def text(self, key: str) -> str | None:
        node = self.node(key)
        return None if node is None else _text(node, self.at(key), self.report)

    def line(self, key: str, parse: Callable[[str], _T]) -> _T | None:
        node = self.node(key)
        return None if node is None else _parsed(node, self.at(key), self.report, parse)

    def lines(self, key: str, parse: Callable[[str], _T]) -> tuple[_T, ...]:
        """One line, or a list of lines."""
        node = self.node(key)
        if node is None:
            return ()
        return _parsed_all(node, self.at(key), self.report, parse)

    def part(self, key: str, keys: Iterable[str] | None, example: str) -> _Part | None:
        """The block under a key; `keys` None where the author chooses the names."""
        node = self.node(key)
        if node is None:
            return None
        if not isinstance(node, Block):
            self.complain(key, f"is no block of keys; write e.g. '{example}'.")
            return None
        return _part(node, self.at(key), self.report, keys)


def _part(block: Block, path: str, report: Report, keys: Iterable[str] | None) -> _Part:
    known = tuple(keys) if keys is not None else None
    entries: dict[str, tuple[Scalar, Node]] = {}
    part = _Part(path=path, mark=block.mark, entries=entries, report=report)
    for key, value in block.entries:
        if _accepts_key(part, key, value, known, block):
            entries[key.text] = (key, value)
            _check_null(part, key, value)
    return part


def _accepts_key(part: _Part, key: Scalar, value: Node, known: tuple[str, ...] | None, block: Block) -> bool:
    path = part.at(key.text)
    if key.plain and key.text == "<<":
        part.report.add(key.mark, part.path, "'<<' is a merge key; write the values themselves.")
        return False
    if key.text in part.entries:
        first = part.entries[key.text][0].mark
        words = f"'{key.text}' stands here a second time, first in line {first.line}; keep one."
        part.report.add(key.mark, path, words)
        return False
    if known is not None and key.text not in known:
        part.report.add(key.mark, path, _unknown_words(key.text, value, known, block))
        return False
    return True


def _unknown_words(key: str, value: Node, known: tuple[str, ...], block: Block) -> str:
    if block.flow and _is_null(value):
        return f"'{key}' is what YAML cut off at a comma; put the line in quotes or on a line of its own."
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if nearest:
        return f"'{key}' is no key; did you mean '{nearest[0]}'?"
    return f"'{key}' is no key here; write one of {', '.join(known)}."


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and node.text in _NULLS and not is_broken(node)


def _check_null(part: _Part, key: Scalar, value: Node) -> None:
    if _is_null(value):
        part.report.add(key.mark, part.at(key.text), f"'{key.text}' has no value; write one or remove the line.")
        part.reported.add(key.text)


# --- scalars ------------------------------------------------------------------------------------


def _text(node: Node, path: str, report: Report) -> str | None:
    """One line of text; folded lines become one."""
    if is_broken(node):
        return None
    if not isinstance(node, Scalar):
        kind = "a list" if isinstance(node, Sequence) else "a block of keys"
        report.add(node.mark, path, f"is {kind}; write one line of text.")
        return None
    trap = _scalar_trap(node)
    if trap:
        report.add(node.mark, path, trap)
        return None
    return " ".join(node.text.split())


def _scalar_trap(node: Scalar) -> str | None:
    if not node.text.strip():
        return "is empty; write a value or remove the line."
    if not node.plain:
        return None
    if node.text in _NULLS:
        return "has no value; write one or remove the line."
    if node.text in _BOOLEANS:
        return f"'{node.text}' is a truth value in YAML and no text; put it in quotes if it is meant as text."
    if _NUMBER_LIKE.fullmatch(node.text):
        return f"'{node.text}' is a number in YAML and no text; put it in quotes if it is meant as text."
    return None


def _parsed(node: Node, path: str, report: Report, parse: Callable[[str], _T]) -> _T | None:
    """A one-line form; its problem points at the column in the line."""
    if is_broken(node):
        return None
    if not isinstance(node, Scalar):
        _text(node, path, report)
        return None
    if not node.text.strip():
        report.add(node.mark, path, "is empty; write a value or remove the line.")
        return None
    text = node.text if node.exact else " ".join(node.text.split())
    try:
        return parse(text)
    except LineInvalid as error:
        report.add(node.mark, path, error.message, offset=error.offset if node.exact else 0)
        return None


def _parsed_all(node: Node, path: str, report: Report, parse: Callable[[str], _T]) -> tuple[_T, ...]:
    if not isinstance(node, Sequence):
        one = _parsed(node, path, report, parse)
        return () if one is None else (one,)
    if not node.items:
        report.add(node.mark, path, "is an empty list; write a line or remove the key.")
    if _cut_by_yaml(node, path, report, parse):
        return ()
    found = [_parsed(item, f"{path}[{number}]", report, parse) for number, item in enumerate(node.items, start=1)]
    return tuple(one for one in found if one is not None)


def _cut_by_yaml(node: Sequence, path: str, report: Report, parse: Callable[[str], _T]) -> bool:
    """In brackets YAML splits at every comma; true if two neighbours make sense only as one line."""
    for left, right in zip(node.items, node.items[1:], strict=False):
        if node.flow and isinstance(left, Scalar) and isinstance(right, Scalar) and _belong(left, right, parse):
            words = (
                f"YAML cut this line at its comma, before '{right.text}'; "
                "put the line in quotes or in a block list ('- ' on a line of its own)."
            )
            report.add(left.mark, path, words)
            return True
    return False


def _belong(left: Scalar, right: Scalar, parse: Callable[[str], _T]) -> bool:
    if not right.plain or _reads(right.text, parse):
        return False
    whole = _reads(f"{left.text}, {right.text}", parse)
    return whole or right.text.startswith("owned by") or _grouped(left.text, right.text)


def _reads(text: str, parse: Callable[[str], _T]) -> bool:
    try:
        parse(text)
    except LineInvalid:
        return False
    return True


def _grouped(left: str, right: str) -> bool:
    return bool(re.search(r"\d$", left) and re.match(r"\d", right))


def _named(node: Node, path: str, report: Report, pattern: re.Pattern[str], what: str, example: str) -> str | None:
    name = _text(node, path, report)
    if name is None or pattern.fullmatch(name):
        return name
    report.add(node.mark, path, f"'{name}' is no {what}; write e.g. '{example}'.")
    return None


def _whole_number(part: _Part, key: str, example: str, *, least: int, most: int) -> int | None:
    node = part.node(key)
    if node is None:
        return None
    if not isinstance(node, Scalar):
        part.complain(key, f"is no number; write e.g. '{key}: {example}'.")
        return None
    if not node.plain:
        part.complain(key, f"'{node.text}' stands in quotes; write the number without them, e.g. '{key}: {example}'.")
        return None
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", node.text):
        part.complain(key, _number_words(node.text, key, example))
        return None
    number = int(node.text)
    if not least <= number <= most:
        part.complain(key, f"{number} lies outside {least} to {most}; write e.g. '{key}: {example}'.")
        return None
    return number


def _number_words(text: str, key: str, example: str) -> str:
    if re.fullmatch(r"[0-9]+(?:[_,][0-9]+)+", text):
        return f"'{text}' groups digits; write {re.sub('[_,]', '', text)}."
    if re.fullmatch(r"0[0-9]+", text):
        return f"'{text}' begins with a zero, which some programs read as octal; write {text.lstrip('0') or '0'}."
    return f"'{text}' is no whole number; write e.g. '{key}: {example}'."


def _truth(part: _Part, key: str) -> bool | None:
    node = part.node(key)
    if node is None:
        return None
    if isinstance(node, Scalar) and node.plain and node.text in ("true", "false"):
        return node.text == "true"
    shown = f"'{node.text}'" if isinstance(node, Scalar) else "A list or block"
    part.complain(key, f"{shown} is neither true nor false; write '{key}: true' or '{key}: false'.")
    return None


def _choice(part: _Part, key: str, options: Iterable[str]) -> str | None:
    text = part.text(key)
    known = tuple(options)
    if text is None or text in known:
        return text
    nearest = difflib.get_close_matches(text.lower(), known, n=1, cutoff=0.6)
    hint = f"write '{nearest[0]}'." if nearest else f"write one of {', '.join(known)}."
    part.complain(key, f"'{text}' is no {key}; {hint}")
    return None


# --- the contract -------------------------------------------------------------------------------


def _contract(tree: Block, report: Report, text: str) -> Contract:
    part = _part(tree, "", report, _TOP_KEYS)
    _check_header(part)
    lists = _lists(part)
    fields = {
        "slice": _slice(part),
        "version": _version(part),
        "owner": _principal(part, "owner", "maya@example.com"),
    }
    part.require("owner", "maya@example.com")
    outcome = part.part("outcome", ("business", "customer"), "business: cost_to_serve 18 -> 6 EUR/case in 8 weeks, ...")
    optional = {
        "expert": _principal(part, "expert", "open-source-lead@example.com"),
        "position": part.text("position"),
        "volume": part.line("volume", grammar.parse_volume),
        "problem": part.text("problem"),
        "audience": part.text("for"),
        "horizon": _whole_number(part, "horizon", "1", least=1, most=3),
        "approach": _choice(part, "approach", ("bound", "agentic")),
        "business": _shifts(outcome, "business"),
        "customer": _shifts(outcome, "customer"),
        "adoption": part.line("adoption", grammar.parse_shift),
        "workflow": _workflow(part),
        "autonomy": _autonomy(part),
        "lists": lists,
        "actions": _actions(part, lists),
        "technique": _technique(part),
    }
    report.settle()
    return Contract(**fields, **optional, text=text, positions=_positions(tree))  # type: ignore[arg-type]


def _check_header(part: _Part) -> None:
    for key, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        part.require(key, wanted)
        found = part.text(key)
        if found is not None and found != wanted:
            part.complain(key, f"'{found}' is unknown; write '{key}: {wanted}'.")


def _slice(part: _Part) -> str | None:
    part.require("slice", "open-source-intake")
    name = part.text("slice")
    if name is None:
        return None
    if not _SLICE_NAME.fullmatch(name) or len(name) > 63:
        part.complain(
            "slice", f"'{name}' is no slice's name; write small letters and hyphens, e.g. 'open-source-intake'."
        )
    elif name in RESERVED_SLICES:
        part.complain("slice", f"'{name}' is the name of a chain of the ledger itself; write another.")
    return name


def _version(part: _Part) -> int | None:
    part.require("version", "1")
    return _whole_number(part, "version", "1", least=1, most=999_999_999)


def _principal(part: _Part, key: str, example: str) -> str | None:
    node = part.node(key)
    if node is None:
        return None
    return _named(node, part.at(key), part.report, grammar.PRINCIPAL_NAME, "name of a person", example)


def _shifts(part: _Part | None, key: str) -> tuple[Shift, ...]:
    return part.lines(key, grammar.parse_shift) if part else ()


def _positions(tree: Block) -> dict[str, tuple[int, int]]:
    places: dict[str, tuple[int, int]] = {"": (tree.mark.line, tree.mark.column)}
    _place(tree, "", places)
    return places


def _place(node: Node, path: str, places: dict[str, tuple[int, int]]) -> None:
    if isinstance(node, Block):
        inner = [(f"{path}.{key.text}" if path else key.text, value) for key, value in node.entries]
    elif isinstance(node, Sequence):
        inner = [(f"{path}[{number}]", item) for number, item in enumerate(node.items, start=1)]
    else:
        inner = []
    for name, value in inner:
        places[name] = (value.mark.line, value.mark.column)
        _place(value, name, places)


# --- workflow -----------------------------------------------------------------------------------


def _workflow(top: _Part) -> Workflow | None:
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


# --- autonomy -----------------------------------------------------------------------------------


def _autonomy(top: _Part) -> Autonomy | None:
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


def _confidence(part: _Part) -> Decimal:
    confidence = part.line("confidence", grammar.parse_percent)
    if confidence is None:
        return Decimal(95)
    if not 50 <= confidence < 100:
        part.complain("confidence", f"'{confidence:f} %' lies outside 50 to 99.99 %; write e.g. '95 %'.")
    return confidence


def _clauses_by_level(part: _Part, key: str, example: str) -> dict[Level, tuple[Clause, ...]]:
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


def _level_of(block: _Part, name: str, *, gate: bool = False) -> Level | None:
    try:
        level = grammar.parse_level(name)
    except LineInvalid as error:
        block.report.add(block.entries[name][0].mark, block.at(name), error.message)
        return None
    if gate and level is Level.SHADOW:
        words = "no gate leads to shadow, the lowest level; write the level that is entered, e.g. 'draft'."
        block.report.add(block.entries[name][0].mark, block.at(name), words)
    return level


def _shares(part: _Part, key: str) -> dict[Level, Decimal]:
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


# --- lists and actions --------------------------------------------------------------------------


def _lists(top: _Part) -> dict[str, tuple[str, ...]]:
    part = top.part("lists", None, "lists: {allowed_licences: [MIT]}")
    if part is None:
        return {}
    return {name: _members(part, name) for name in part.entries if _plain_name(part, name, "list")}


def _plain_name(part: _Part, name: str, what: str) -> bool:
    if grammar.ARGUMENT_NAME.fullmatch(name):
        return True
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or what
    words = f"'{name}' is no {what}'s name; write letters, digits and underscores, e.g. '{plain}'."
    part.report.add(part.entries[name][0].mark, part.at(name), words)
    return False


def _members(part: _Part, name: str) -> tuple[str, ...]:
    node = part.node(name)
    if node is None:
        return ()
    if not isinstance(node, Sequence) or not node.items:
        part.complain(name, f"is no list of values; write e.g. '{name}: [MIT, Apache-2.0]'.")
        return ()
    members = [
        _text(item, f"{part.at(name)}[{number}]", part.report) for number, item in enumerate(node.items, start=1)
    ]
    found = [member for member in members if member is not None]
    seen: set[str] = set()
    for item, member in zip(node.items, members, strict=True):
        if member is not None and member in seen:
            part.complain(name, f"'{member}' stands in the list twice; keep one.", item)
        seen.add(member or "")
    return tuple(found)


def _actions(top: _Part, lists: Mapping[str, tuple[str, ...]]) -> dict[str, Action]:
    part = top.part("actions", None, "actions: {read_package: {effect: read}}")
    if part is None:
        return {}
    named = [name for name in part.entries if _plain_name(part, name, "action")]
    found = {name: _action(part, name, lists) for name in named}
    return {name: action for name, action in found.items() if action is not None}


def _action(part: _Part, name: str, lists: Mapping[str, tuple[str, ...]]) -> Action | None:
    block = part.part(name, _ACTION_KEYS, f"{name}: {{effect: read}}")
    if block is None:
        return None
    block.require("effect", "reversible")
    effect = _choice(block, "effect", [effect.value for effect in Effect])
    undo = _name_at(block, "undo", _TOOL_NAME, "tool's name", "withdraw_package")
    if undo == name:
        block.complain("undo", f"'{name}' cannot undo itself; write the tool that takes it back.")
    return Action(
        name=name,
        effect=Effect(effect or "irreversible"),
        egress=_truth(block, "egress") or False,
        undo=undo,
        limits=_limits(block, lists),
        key=_name_at(block, "key", grammar.ARGUMENT_NAME, "argument's name", "request"),
    )


def _name_at(part: _Part, key: str, pattern: re.Pattern[str], what: str, example: str) -> str | None:
    node = part.node(key)
    return None if node is None else _named(node, part.at(key), part.report, pattern, what, example)


def _limits(block: _Part, lists: Mapping[str, tuple[str, ...]]) -> dict[Level | None, tuple[Limit, ...]]:
    node = block.node("limit")
    if node is None:
        return {}
    if not isinstance(node, Block):
        return {None: _limit_lines(block, "limit", lists)}
    levels = _part(node, block.at("limit"), block.report, None)
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


def _limit_lines(part: _Part, key: str, lists: Mapping[str, tuple[str, ...]]) -> tuple[Limit, ...]:
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


# --- technique ----------------------------------------------------------------------------------


def _technique(top: _Part) -> Technique | None:
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


def _knowledge(part: _Part) -> dict[str, str]:
    block = part.part("knowledge", _KNOWLEDGE_KEYS, "knowledge: {source: past decisions, refresh: daily}")
    if block is None:
        return {}
    texts = {key: block.text(key) for key in block.entries}
    return {key: text for key, text in texts.items() if text is not None}


def _texts(part: _Part, key: str) -> tuple[str, ...]:
    node = part.node(key)
    if node is None:
        return ()
    items = node.items if isinstance(node, Sequence) else (node,)
    found = [_text(item, f"{part.at(key)}[{number}]", part.report) for number, item in enumerate(items, start=1)]
    return tuple(text for text in found if text is not None)


def _calls(part: _Part) -> tuple[tuple[str, ...], int]:
    block = part.part("calls", ("agents", "depth"), "calls: {agents: none, depth: 0}")
    if block is None:
        return (), 0
    agents = tuple(name for name in _texts(block, "agents") if name != "none")
    depth = _whole_number(block, "depth", "0", least=0, most=10) or 0
    if depth and not agents and "agents" not in block.reported:
        block.complain("depth", f"depth {depth} without agents to call; write 'depth: 0' or name the agents.")
    if agents and not depth and "depth" not in block.reported:
        block.complain("agents", "agents to call with depth 0; write e.g. 'depth: 1' or 'agents: none'.")
    return agents, depth
