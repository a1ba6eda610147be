"""The contract's JSON Schema beside its parser: what one takes the other takes, but for what is listed."""

from __future__ import annotations

import io
import json
import random
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from goldenthread.promise.contract import grammar, parse_contract
from goldenthread.promise.contract.schema import NOT_SAID, contract_schema, lines
from goldenthread.promise.errors import ContractInvalid, LineInvalid
from promise.contract.test_bad_contracts import INVALID, Bad

ROOT = Path(__file__).parents[3]
SHIPPED = sorted(
    path
    for folder in ("src", "examples")
    for path in (ROOT / folder).rglob("*.yaml")
    if "\nkind: AgentImpactContract\n" in path.read_text(encoding="utf-8")
)
"""Every contract that ships."""

UNSAID: tuple[tuple[str, str], ...] = (
    (
        NOT_SAID[0],
        r"is an? (anchor|alias|tag|merge key)|second time|A tab indents|invisible|no YAML|document|it is 1\.2",
    ),
    (NOT_SAID[0], r"has at most|Nested|Remove the line|open before this place"),
    (NOT_SAID[1], r"no text; put it|put the (text|line) in quotes|no whole number|groups digits|begins with a zero"),
    (NOT_SAID[1], r"stands in quotes|neither true nor false|begins a comment"),
    (NOT_SAID[2], r"there is no (list|argument|action)"),
    (NOT_SAID[3], r"cannot be compared with|cannot cap|is longer than 'longest'"),
    (NOT_SAID[4], r"twice|speak of the same|stands on both sides"),
    (NOT_SAID[5], r"longer than a|does not open before"),
    (NOT_SAID[6], r"cannot undo itself|is an action already"),
    (NOT_SAID[7], r"and lists hold texts|never '.*' a number|cannot be summed|nobody knows a repetition"),
    (NOT_SAID[8], r"nobody is asked for"),
)
"""What a schema cannot say, with the parser's words for it."""


@cache
def validator() -> Any:
    return jsonschema_rs.Draft202012Validator(contract_schema())


def loaded(text: str) -> Any:
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(io.StringIO(text)), default=str))


def problems(text: str) -> list[str] | None:
    try:
        parse_contract(text)
    except ContractInvalid as invalid:
        return [problem.words for problem in invalid.problems]
    return None


def only_unsaid(found: list[str]) -> bool:
    return all(any(re.search(words, each) for _, words in UNSAID) for each in found)


def single_spaced(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list):
        return [single_spaced(item) for item in value]
    if isinstance(value, dict):
        return {" ".join(key.split()): single_spaced(item) for key, item in value.items()}
    return value


def test_the_schema_is_a_schema() -> None:
    """An editor that reads it must not stumble."""
    jsonschema_rs.meta.validate(contract_schema())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_shipped_contract_fits_the_schema(path: Path) -> None:
    """Whoever opens one in an editor must see no false error."""
    assert problems(path.read_text(encoding="utf-8")) is None
    assert [error.message for error in validator().iter_errors(loaded(path.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize("bad", INVALID[::2], ids=lambda bad: bad.name)  # the rest below, by mutation
def test_a_broken_contract_fails_both(bad: Bad) -> None:
    """What the parser refuses an editor shows while typing, unless no schema could."""
    try:
        document = loaded(bad.text)
    except Exception:  # noqa: BLE001  what is no YAML at all fails before any schema
        return
    if validator().is_valid(document):
        assert only_unsaid(problems(bad.text) or ["it parses"])


# --- mutations ------------------------------------------------------------------------------------

PIECES = (
    "", "any", "hard", "agreement", "agent_time", "cost", "csat", "p90", "p05", "mean", "median", ">=", "<=", ">", "=",
    "5", "-1", "0", "05", "1000000", "0.40", "1234567890123456789", "100", "101", "50", "%", "EUR", "eur", "EUR/case",
    "EUR/h", "/case", "ms", "h", "d", "week", "weeks", "months", "cases", "case", "cases per week", "per", "run", "day",
    "in", "in every", "language", "of", "of cases", "approvals", "cap", "not below", "not above", "people by", "people",
    "->", ",", "owned by", "finance-ops", "maya@example.com", "at", "draft", "shadow", "expanded", "within", "after",
    "fall back to", "without an approver", "once in", "calibrated", "Mon-Fri", "Fri-Mon", "Sat,Sun", "09:00-17:00",
    "17:00-09:00", "24:00", "Europe/Berlin", "Europe/Bonn", "UTC", "signed by", "owner", "expert", "data owners", "and",
    "or", "never", "only with a person", "two people for", "read_it", "send_it", "calls", "tokens", "amount", "licence",
    "allowed", "not in", "==", "text", "number", "whole number", "?", "nothing", "a.b", "all", "per slice",
)  # fmt: skip

FORMS: tuple[tuple[str, Any, str, tuple[str, ...]], ...] = (
    ("shift", grammar.parse_shift, lines.SHIFT, ("cost 18 -> 6 EUR/case of all cases in 8 weeks, owned by me",)),
    (
        "clause",
        grammar.parse_clause,
        lines.CLAUSE,
        ("any hard rework_rate", "cost mean <= 0.40 EUR/case cap 5 EUR in 8 d in every language",
         "csat not below people by 0.1 cap 5"),
    ),
    ("condition", lambda text: grammar.parse_clause(text, metric="x"), lines.CONDITION, ("p90 <= 2 d", ">= 60 %")),
    ("error budget", grammar.parse_error_budget, lines.ERROR_BUDGET, ("1 % of cases in 28 d",)),
    ("approvals", grammar.parse_approvals, lines.APPROVALS, ("5 % of approvals",)),
    ("step", grammar.parse_step, lines.STEP, ("reviewer within 4 h",)),
    ("expiry", grammar.parse_expiry, lines.EXPIRY, ("after 5 d",)),
    ("fallback", grammar.parse_fallback, lines.FALLBACK, ("fall back to draft after 1 d without an approver",)),
    ("alarm", grammar.parse_false_alarm, lines.FALSE_ALARM, ("once in 10000 cases, calibrated",)),
    ("calendar", grammar.parse_calendar, lines.CALENDAR, ("Mon-Wed,Fri 09:00-17:00 Europe/Berlin",)),
    ("releases", grammar.parse_releases, lines.RELEASES, ("signed by owner and expert and data owners",)),
    ("limit", grammar.parse_limit, lines.LIMIT, ("licence in allowed and amount <= 50 EUR", "payee not in blocked")),
    ("rule", grammar.parse_rule, lines.RULE,
     ("after read_it or see_it, send_it only with a person", "after a, never b or c", "two people for a and b")),
    ("path", grammar.parse_path, lines.PATH, ("contacts.address",)),
    ("price", grammar.parse_price, lines.PRICE_LINE, ("0.02 EUR",)),
    ("hourly", grammar.parse_hourly, lines.HOURLY_LINE, ("54 EUR/h",)),
    ("time", grammar.parse_time, lines.TIME_LINE, ("5 s", "2 weeks")),
    ("volume", grammar.parse_volume, lines.VOLUME_LINE, ("120 cases per week", "3 cases/day")),
)  # fmt: skip
"""Each one-line form: its parser, its pattern, and lines to begin from."""

TOKEN = re.compile(r"\s+|[A-Za-z_]+|[0-9]+|.")


def mangled(text: str, draw: random.Random) -> str:
    """The line with a piece or two removed, doubled, replaced or set in."""
    tokens = TOKEN.findall(text)
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(tokens) + 1)
        match draw.randrange(4):
            case 0:
                del tokens[at : at + draw.randint(1, 2)]
            case 1:
                tokens[at : at + 1] = [draw.choice(PIECES)]
            case 2:
                tokens[at:at] = [draw.choice((" ", "")), draw.choice(PIECES), draw.choice((" ", ""))]
            case _:
                tokens[at:at] = tokens[max(0, at - 2) : at]
    return "".join(tokens)


@pytest.mark.parametrize(("name", "parse", "pattern", "seeds"), FORMS, ids=[form[0] for form in FORMS])
def test_a_pattern_takes_what_its_parser_takes(name: str, parse: Any, pattern: str, seeds: tuple[str, ...]) -> None:
    """A pattern that is too strict marks good lines as wrong; one too loose lets an author write on in vain."""
    draw = random.Random(f"schema {name}")
    fits = jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid
    taken = 0
    for text in (*seeds, *(mangled(draw.choice(seeds), draw) for _ in range(400))):
        try:
            parse(text)
            wrong = None
        except LineInvalid as error:
            wrong = error.message
        taken += wrong is None
        if wrong is None:
            assert fits(text) or (name == "path" and text.strip() in ("all", "nothing")), f"too strict: {text!r}"
        else:
            assert not fits(text) or only_unsaid([wrong]), f"too loose: {text!r}: {wrong}"
    assert taken > len(seeds)


VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, 3, -1, 1.5, 10**9, "", " ", "none", "all", "nothing", "text", "text?", "object", "read",
    "reversible", "irreversible", "draft", "shadow", "ask", "deny", "allow", "redact", "escalate", "x y", "x" * 64,
    "organisation", "Intake", "5 %", "1 d", "2 d", "0 EUR", "54 EUR/h", [], {}, ["none"], ["a"], ["a", "a"], [None],
    {"a": "text"}, {"draft": "agreement >= 80 %"}, {"constrained": "amount <= 5 EUR"}, {"a": ["x", "x"]}, "true", "12",
)  # fmt: skip
KEYS = (
    "effect", "egress", "undo", "takes", "gives", "decides", "untrusted", "trust", "limit", "budget", "key", "within",
    "tries", "costs", "review", "longest", "people", "tools", "models", "depth", "agents", "shadow", "draft",
    "shared", "checks", "otherwise", "product", "unknown", "a b", "9a",
)  # fmt: skip


def places(document: Any) -> list[tuple[Any, Any]]:
    found = []
    keys = document if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    for key in keys:
        found.append((document, key))
        found.extend(places(document[key]))
    return found


def changed(document: Any, draw: random.Random) -> Any:
    """The document with a value or two replaced, removed, set in or moved."""
    new = json.loads(json.dumps(document))
    for _ in range(draw.randint(1, 2)):
        holder, key = draw.choice(places(new))
        match draw.randrange(5):
            case 0:
                del holder[key]
            case 1:
                holder[key] = draw.choice(VALUES)
            case 2 if isinstance(holder, dict):
                holder[draw.choice(KEYS)] = draw.choice(VALUES)
            case 3:
                other, at = draw.choice(places(new) or [(holder, key)])
                holder[key] = json.loads(json.dumps(other[at]))
            case _ if isinstance(holder[key], str):
                holder[key] = mangled(holder[key] or "x", draw)
    return new


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_changed_contract_is_judged_alike(path: Path) -> None:
    """Every key and value of every contract, broken in every way that comes to mind: one verdict from both."""
    document, draw = loaded(path.read_text(encoding="utf-8")), random.Random(f"mutate {path.name}")
    verdicts = set()
    for _ in range(12):
        new = changed(document, draw)
        found = problems(json.dumps(new))
        fits = validator().is_valid(new)
        verdicts.add(found is None)
        if found is None:
            assert fits or validator().is_valid(single_spaced(new)), f"too strict: {new}"
        else:
            assert not fits or only_unsaid(found), f"too loose: {found} {new}"
    assert verdicts == {True, False}
