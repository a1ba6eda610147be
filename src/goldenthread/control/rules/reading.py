"""The file of the organisation's rules, read and checked whole: every problem with its line and column."""

from __future__ import annotations

import re

from goldenthread.control.rules.expressions import compile_expression
from goldenthread.control.rules.model import ASK, EVERY, FORBID, CedarRules, Rule, RuleSet, Scope
from goldenthread.promise.contract.parts import Part, choice, named, read_part, text_of, whole_number
from goldenthread.promise.contract.tree import Mapping as Block
from goldenthread.promise.contract.tree import Mark, Report, Scalar, Sequence, read_tree
from goldenthread.promise.errors import LineInvalid, Problem, RulesInvalid

LARGEST_RULES = 256 * 1024
"""Bytes of a file; a thousand rules have about 140,000."""

API_VERSION, KIND = "goldenthread/v1", "OrganisationRules"

_TOP = ("apiVersion", "kind", "version", "owner", "rules", "cedar")
_RULE = ("says", "for", "slices", "when", "then")
_CEDAR = ("for", "slices", "schema", "policies")
_EXAMPLE = "no-payments-abroad: {says: Nobody pays abroad., for: [send_money], then: forbid}"
_RULE_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_RESERVED = ("cedar", "unreadable")
_ACTION = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_SLICE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PERSON = re.compile(r"[^\s:,]+")


def read_rules(content: bytes, filename: str = "rules.yaml") -> RuleSet:
    """
    Read rules from a file's bytes, which are what is signed.

    Raises:
        RulesInvalid: As `parse_rules`, and for bytes that are not UTF-8.
        CedarMissing: As `parse_rules`.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        words = f"Byte 0x{content[error.start]:02X} is not UTF-8; save the file as UTF-8."
        raise RulesInvalid((Problem(file=filename, line=line, column=column, path="", words=words),)) from error
    return parse_rules(text, filename)


def parse_rules(text: str, filename: str = "rules.yaml") -> RuleSet:
    """
    Read rules from the text of their file; every condition is compiled, so that what is signed can be judged.

    Raises:
        RulesInvalid: Every problem of the file, one a line: `file:line:column path: problem; write e.g. ...`.
        CedarMissing: It has a part in Cedar, and the extra is not installed.
    """
    report = Report(file=filename)
    tree = read_tree(text, report, largest=LARGEST_RULES, what="file of rules")
    if not isinstance(tree, Block):
        if not report.problems:
            report.add(
                tree.mark if tree else Mark(line=1, column=1), "", f"There are no rules here; write e.g. {_EXAMPLE}"
            )
        raise _invalid(report)
    found = _rules(read_part(tree, "", report, _TOP), text)
    if report.problems or found is None:
        raise _invalid(report)
    return found


def _invalid(report: Report) -> RulesInvalid:
    return RulesInvalid(tuple(sorted(report.problems, key=lambda problem: (problem.line, problem.column))))


def _rules(top: Part, text: str) -> RuleSet | None:
    for key, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        top.require(key, wanted)
        found = top.text(key)
        if found is not None and found != wanted:
            top.complain(key, f"'{found}' is unknown; write '{key}: {wanted}'.")
    top.require("version", "1")
    version = whole_number(top, "version", "1", least=1, most=999_999_999)
    top.require("owner", "risk@example.com")
    owner = _name(top, "owner", _PERSON, "name of a person", "risk@example.com")
    rules, lines = _each_rule(top)
    cedar = _cedar(top)
    if version is None or owner is None:
        return None
    return RuleSet(version=version, owner=owner, rules=rules, cedar=cedar, text=text, lines=lines)


def _each_rule(top: Part) -> tuple[tuple[Rule, ...], dict[str, int]]:
    if "rules" not in top.entries:
        if "cedar" not in top.entries:
            top.require("rules", f"{{{_EXAMPLE}}}")
        return (), {}
    node = top.node("rules")
    part = top.part("rules", None, _EXAMPLE)
    if part is None or not isinstance(node, Block):
        return (), {}
    rules = [_rule(part, name) for name in part.entries if _is_rule_name(part, name)]
    lines = {name: key.mark.line for name, (key, _) in part.entries.items()}
    return tuple(rule for rule in rules if rule is not None), lines


def _is_rule_name(part: Part, name: str) -> bool:
    mark = part.entries[name][0].mark
    if len(name) > 60 or not _RULE_NAME.fullmatch(name):
        words = f"'{name}' is no rule's name; write small letters and hyphens, e.g. 'no-payments-abroad'."
    elif name in _RESERVED:
        words = f"'{name}' is a name that the guard itself uses; write another."
    else:
        return True
    part.report.add(mark, part.at(name), words)
    return False


def _rule(rules: Part, name: str) -> Rule | None:
    part = rules.part(name, _RULE, "{says: Nobody pays abroad., for: [send_money], then: forbid}")
    if part is None:
        return None
    part.require("says", "Nobody pays abroad.")
    part.require("then", FORBID)
    says, then, scope = part.text("says"), choice(part, "then", (FORBID, ASK)), _scope(part)
    when = _condition(part)
    if says is None or then is None or scope is None:
        return None
    return Rule(name=name, says=says, scope=scope, when=when, then=then)


def _condition(part: Part) -> str | None:
    node = part.node("when")
    if node is None:
        return None
    if not isinstance(node, Scalar) or text_of(node, part.at("when"), part.report) is None:
        if not isinstance(node, Scalar):
            part.complain("when", "is no condition; write e.g. \"when: 'arguments.amount > 100'\".")
        return None
    try:
        compile_expression(node.text)
    except LineInvalid as error:
        part.complain("when", error.message, offset=error.offset if node.exact else 0)
    return node.text


def _scope(part: Part) -> Scope | None:
    part.require("for", "[send_money]")
    actions = _names(part, "for", _ACTION, "action's name", "send_money")
    slices = _names(part, "slices", _SLICE, "slice's name", "payments") if "slices" in part.entries else (EVERY,)
    if not actions or not slices:
        return None
    return Scope(actions=_set(actions), slices=_set(slices))


def _set(names: tuple[str, ...]) -> frozenset[str] | None:
    return None if names == (EVERY,) else frozenset(names)


def _names(part: Part, key: str, pattern: re.Pattern[str], what: str, example: str) -> tuple[str, ...]:
    """`'*'`, one name, or a list of names, each once."""
    node = part.node(key)
    if node is None:
        return ()
    if isinstance(node, Scalar):
        if node.text == EVERY:
            return (EVERY,)
        one = named(node, part.at(key), part.report, pattern, what, example)
        return () if one is None else (one,)
    if not isinstance(node, Sequence) or not node.items:
        part.complain(key, f"names nothing; write e.g. '{key}: [{example}]', or '{key}: \"*\"' for all.")
        return ()
    found: list[str] = []
    for item in node.items:
        name = named(item, part.at(key), part.report, pattern, what, example)
        if name is not None and name in found:
            part.complain(key, f"'{name}' stands in the list twice; keep one.", item)
        found += [name] if name is not None else []
    return tuple(found)


def _name(part: Part, key: str, pattern: re.Pattern[str], what: str, example: str) -> str | None:
    node = part.node(key)
    return None if node is None else named(node, part.at(key), part.report, pattern, what, example)


def _cedar(top: Part) -> CedarRules | None:
    part = top.part("cedar", _CEDAR, "cedar: {for: [send_money], schema: ..., policies: ...}")
    if part is None:
        return None
    part.require("schema", "| and the schema below it")
    part.require("policies", "| and the policies below it")
    scope, schema, policies = _scope(part), _block(part, "schema"), _block(part, "policies")
    if scope is None or schema is None or policies is None:
        return None
    from goldenthread.control.rules.cedar import cedar_problems

    for key, words in cedar_problems(policies, schema):
        part.reported.discard(key)  # each of its problems counts
        part.complain(key, words)
    return CedarRules(scope=scope, schema=schema, policies=policies)


def _block(part: Part, key: str) -> str | None:
    node = part.node(key)
    if node is None:
        return None
    return node.text if isinstance(node, Scalar) and text_of(node, part.at(key), part.report) is not None else None
