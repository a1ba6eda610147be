"""From a file to a contract: which keys there are, what each takes, and every problem with its place and cure."""

from __future__ import annotations

import re

from goldenthread.promise.contract import grammar
from goldenthread.promise.contract.acting_reader import read_acting
from goldenthread.promise.contract.autonomy_reader import read_autonomy
from goldenthread.promise.contract.cost_reader import read_costs
from goldenthread.promise.contract.model import Contract, Shift
from goldenthread.promise.contract.named_lists import read_named_lists
from goldenthread.promise.contract.parts import Part, choice, named, read_part, whole_number
from goldenthread.promise.contract.pieces import PRINCIPAL_NAME
from goldenthread.promise.contract.sections import read_technique, read_workflow
from goldenthread.promise.contract.tree import Mapping as Block
from goldenthread.promise.contract.tree import Mark, Node, Report, Sequence, read_tree
from goldenthread.promise.errors import ContractInvalid, Problem

API_VERSION = "goldenthread/v1"


KIND = "AgentImpactContract"


RESERVED_SLICES = frozenset({"organisation"})
"""Names that the ledger keeps for its own chains."""


TOP_KEYS = (
    "apiVersion", "kind", "slice", "product", "version", "owner", "expert", "position", "volume", "problem", "for",
    "horizon", "approach", "outcome", "adoption", "workflow", "autonomy", "lists", "budgets", "rules", "content",
    "actions", "decisions", "technique", "costs",
)  # fmt: skip


SLICE_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


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


# --- the contract ---------------------------------------------------------------------------------


def _contract(tree: Block, report: Report, text: str) -> Contract:
    part = read_part(tree, "", report, TOP_KEYS)
    _check_header(part)
    lists = read_named_lists(part, "lists", "list", "lists: {allowed_licences: [MIT, Apache-2.0]}")
    fields = {
        "slice": _slice(part),
        "version": _version(part),
        "owner": _principal(part, "owner", "maya@example.com"),
    }
    part.require("owner", "maya@example.com")
    outcome = part.part("outcome", ("business", "customer"), "business: cost_to_serve 18 -> 6 EUR/case in 8 weeks, ...")
    optional = {
        "product": _product(part),
        "expert": _principal(part, "expert", "open-source-lead@example.com"),
        "position": part.text("position"),
        "volume": part.line("volume", grammar.parse_volume),
        "problem": part.text("problem"),
        "audience": part.text("for"),
        "horizon": whole_number(part, "horizon", "1", least=1, most=3),
        "approach": choice(part, "approach", ("bound", "agentic")),
        "business": _shifts(outcome, "business"),
        "customer": _shifts(outcome, "customer"),
        "adoption": part.line("adoption", grammar.parse_shift),
        "workflow": read_workflow(part),
        "autonomy": read_autonomy(part),
        "lists": lists,
        **vars(read_acting(part, lists)),
        "technique": read_technique(part),
        "costs": read_costs(part),
    }
    report.settle()
    return Contract(**fields, **optional, text=text, positions=_positions(tree))  # type: ignore[arg-type]


def _check_header(part: Part) -> None:
    for key, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        part.require(key, wanted)
        found = part.text(key)
        if found is not None and found != wanted:
            part.complain(key, f"'{found}' is unknown; write '{key}: {wanted}'.")


def _slice(part: Part) -> str | None:
    part.require("slice", "open-source-intake")
    name = part.text("slice")
    if name is None:
        return None
    if not SLICE_NAME.fullmatch(name) or len(name) > 63:
        part.complain(
            "slice", f"'{name}' is no slice's name; write small letters and hyphens, e.g. 'open-source-intake'."
        )
    elif name in RESERVED_SLICES:
        part.complain("slice", f"'{name}' is the name of a chain of the ledger itself; write another.")
    return name


def _product(part: Part) -> str | None:
    node = part.node("product")
    if node is None:
        return None
    name = named(node, "product", part.report, PRINCIPAL_NAME, "name of a product", "customer-service")
    if name is not None and len(name) > 63:
        part.complain("product", f"'{name}' has {len(name)} characters; write a name of at most 63.")
    return name


def _version(part: Part) -> int | None:
    part.require("version", "1")
    return whole_number(part, "version", "1", least=1, most=999_999_999)


def _principal(part: Part, key: str, example: str) -> str | None:
    node = part.node(key)
    if node is None:
        return None
    return named(node, part.at(key), part.report, PRINCIPAL_NAME, "name of a person", example)


def _shifts(part: Part | None, key: str) -> tuple[Shift, ...]:
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
