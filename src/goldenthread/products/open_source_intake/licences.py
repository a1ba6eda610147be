"""From an author's declaration to the recorded decision: a normalised SPDX expression and the verdict of the policy."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from goldenthread.products.open_source_intake import names
from goldenthread.products.open_source_intake.packages import Declaration

if TYPE_CHECKING:
    from license_expression import Licensing  # type: ignore[import-untyped]

ADMIT = "admit_package"
REFUSE = "refuse_package"
ALLOWED = ("MIT", "BSD-3-Clause", "Apache-2.0")

_LONGEST = 400
_GNU = re.compile(r"([AL]?GPL)-(\d)(?:\.(\d))?(?:\.0)?(\+?)")
_EXCEPTION = re.compile(r"(\S+) with (?:the )?([\w.-]+?)(?:[- ](?:data|exceptions?|special))* ?(?:exceptions?)?")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was decided on a package: the action that carries it, and the licence it was decided under."""

    action: str
    licence: str

    def arguments(self, request: str, package: str) -> dict[str, str]:
        """The action's arguments; equal arguments are the same decision."""
        return {"request": request, "package": package, "licence": self.licence}


def recorded_decision(declaration: Declaration, allowed: Collection[str] = ALLOWED) -> Decision | None:
    """
    The decision that the declaration and the policy make together.

    Args:
        declaration: The first of its statements that names licences of the SPDX list counts.
        allowed: SPDX identifiers, e.g. the contract's `allowed_licences`.

    Returns:
        None if no statement can be normalised: unknown, ambiguous or not on the SPDX list.
    """
    for statement in declaration.statements:
        if (licence := normalised(statement, declaration.dialect)) is not None:
            return Decision(action=ADMIT if admits(licence, allowed) else REFUSE, licence=licence)
    return None


def normalised(statement: str, dialect: str) -> str | None:
    """
    The statement as an SPDX expression, simplified, its operands in a fixed order; None if it is none.

    Args:
        statement: A declared expression, short name, classifier or free text.
        dialect: "spdx", "debian" or "python".
    """
    words = " ".join(statement.split())
    if not words or len(words) > _LONGEST:
        return None
    if dialect == "debian":
        return _spdx(_debian(words))
    return _spdx(names.PYTHON.get(words.lower(), words) if dialect == "python" else words)


def admits(licence: str, allowed: Collection[str] = ALLOWED) -> bool:
    """
    Whether the policy admits an SPDX expression.

    The choice for dual licences: OR admits if one branch is allowed, since we may take that one; AND needs all.
    An exception (WITH) is another licence than the one it amends, and must be allowed by itself.
    """
    return _admits(_parsed(licence), frozenset(allowed))


def members(licence: str) -> tuple[str, ...]:
    """The licences that an expression joins, in alphabetical order; itself alone if it joins none."""
    parsed = _parsed(licence)
    return tuple(sorted({str(literal) for literal in parsed.get_literals()}))


def _admits(parsed: Any, allowed: frozenset[str]) -> bool:
    if _is_literal(parsed):
        return str(parsed) in allowed
    branches = [_admits(part, allowed) for part in parsed.args]
    return any(branches) if parsed.operator.strip() == "OR" else all(branches)


def _is_literal(parsed: Any) -> bool:
    return not hasattr(parsed, "operator") or parsed.isliteral


def _spdx(expression: str) -> str | None:
    from license_expression import ExpressionError

    try:
        parsed = _licensing().parse(expression, validate=True, strict=True)
    except (ExpressionError, AttributeError, TypeError, RecursionError):
        return None  # The library raises these too on some malformed input.
    if parsed is None or "LicenseRef" in (rendered := str(parsed.simplify().render())):
        return None
    return rendered


@cache
def _parsed(licence: str) -> Any:
    return _licensing().parse(licence)


@cache
def _licensing() -> Licensing:
    """The SPDX list, read once and only when needed: it takes a tenth of a second."""
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


def _debian(words: str) -> str:
    """DEP-5: `and` binds tighter than `or`, and a comma before either binds loosest."""
    for separator, joiner in ((r",\s*or\s+", "OR"), (r",\s*and\s+", "AND"), (r"\s+or\s+", "OR"), (r"\s+and\s+", "AND")):
        parts = re.split(separator, words, flags=re.IGNORECASE)
        if len(parts) > 1:
            return f" {joiner} ".join(f"({_debian(part)})" for part in parts)
    return _debian_name(words)


def _debian_name(name: str) -> str:
    lower = name.lower()
    if lower in names.DEBIAN:
        return names.DEBIAN[lower]
    if (amended := _EXCEPTION.fullmatch(lower)) is not None:
        exception = names.DEBIAN_EXCEPTIONS.get(amended[2], "unknown-exception")
        return f"{_debian_name(amended[1])} WITH {exception}"
    if (gnu := _GNU.fullmatch(name.upper())) is not None:
        return f"{gnu[1]}-{gnu[2]}.{gnu[3] or 0}-{'or-later' if gnu[4] else 'only'}"
    return name
