"""A condition in CEL: checked before it is signed, compiled once, and judged so that what is unclear hits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from goldenthread.control.rules.context import NAMES, Context, Unclear
from goldenthread.control.rules.engine import engine
from goldenthread.control.rules.tokens import LOOPS, Path, Reading, reading_of
from goldenthread.promise.errors import LineInvalid

LONGEST = 2_000
"""Characters of a condition. The engine's parser and evaluator recurse: a chain of ten thousand ends the process."""
MOST_WORDS = 400
DEEPEST_LOOP = 2
MOST_SUMS = 8

MOST_STEPS = 1_000_000
MOST_TEXT_STEPS = 100_000_000
"""What loops may cost: values to the power of the loops' depth, and that times characters. No evaluation can be broken
off, so what could take longer than about a second is not begun, and hits."""

FUNCTIONS = frozenset(
    """
    size string int uint double bytes dyn type timestamp duration has contains startsWith endsWith matches
    getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds getMilliseconds
    """.split()
)
_TYPES = frozenset({"int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type"})
_PLACE = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?(.*)")

_UNCLEAR: tuple[tuple[type[BaseException], str], ...] = (
    (KeyError, "it reads what is not there"),
    (IndexError, "it reads beyond the end of a list"),
    (TypeError, "a value is of another type than the rule compares it with"),
    (ArithmeticError, "it calculates beyond what numbers hold"),
    (ValueError, "it holds a value that the rule cannot take"),
    (RuntimeError, "a function was given a value that it does not take"),
)


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled condition; made by `compile_expression`."""

    text: str
    program: Any
    names: tuple[str, ...]
    paths: tuple[Path, ...]
    depth: int
    sums: int

    def holds(self, context: Context) -> bool:
        """
        Whether the condition holds.

        Raises:
            Unclear: That cannot be told: what it reads is not there, of another type, too large, or no yes or no.
        """
        _require_there(context.get("arguments"), self.paths)
        self._require_bounded(context)
        asked = context.for_engine(self.names)
        try:
            found = self.program.execute(asked)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:  # the engine's panics are no Exception, and must not allow anything
            raise Unclear(_words(problem)) from problem
        if not isinstance(found, bool):
            raise Unclear("its condition gives no yes or no")
        return found

    def _require_bounded(self, context: Context) -> None:
        values, characters = context.size()
        if not self.depth:
            return
        steps: int = max(values, len(self.text)) ** self.depth
        if steps > MOST_STEPS or steps * (characters + 1) * (1 + self.sums) > MOST_TEXT_STEPS:
            raise Unclear("its arguments hold more than the rule's loops can be judged on in time")


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expression:
    """
    Compile a condition, once a process.

    Raises:
        LineInvalid: It is no expression, or one that could never be judged; `offset` says where.
    """
    if len(text) > LONGEST:
        raise LineInvalid(f"has {len(text)} characters; a condition has at most {LONGEST}. Write two rules.")
    reading = reading_of(text)
    if reading.words > MOST_WORDS:  # before the engine's parser sees it
        raise LineInvalid(f"has {reading.words} words; a condition has at most {MOST_WORDS}. Write two rules.")
    program = _compiled(text)
    references = program.references()
    found = min(_complaints(reading, references), key=lambda complaint: complaint[1], default=None)
    if found is not None:
        raise LineInvalid(found[0], offset=found[1])
    _try(program)
    names = tuple(name for name in NAMES if name in references["variables"])
    return Expression(
        text=text, program=program, names=names, paths=reading.paths, depth=reading.depth, sums=reading.sums
    )


def _compiled(text: str) -> Any:
    try:
        return engine().compile(text)
    except ValueError as problem:
        found = _PLACE.search(str(problem))
        if found is None:
            raise LineInvalid("is no condition in CEL; write e.g. 'arguments.amount > 100'.") from problem
        line, column, words = int(found[1]), int(found[2]), found[3]
        offset = sum(len(one) for one in text.splitlines(keepends=True)[: line - 1]) + column - 1
        raise LineInvalid(f"is no condition in CEL: {_short(words)}. Mend it here.", offset=offset) from problem
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as problem:  # the engine's panics are no Exception
        raise LineInvalid("is no condition in CEL: the parser failed on it. Write it more simply.") from problem


def _complaints(reading: Reading, references: Mapping[str, list[str]]) -> Iterator[tuple[str, int]]:
    yield from _about_names(reading, references["variables"])
    yield from _about_size(reading)
    for name, at in reading.calls.items():
        if name not in FUNCTIONS and name not in LOOPS:
            yield f"'{name}' is no function here; there is {', '.join(sorted(FUNCTIONS | LOOPS))}.", at
    for pattern, at in reading.patterns:
        if pattern is None:
            yield "'matches' takes a pattern in quotes, written here, so that it can be checked now.", at
        elif not _is_pattern(pattern):
            yield f"{_short(pattern)} is no pattern; write one as RE2 knows it, without look-around.", at


def _about_names(reading: Reading, variables: Iterable[str]) -> Iterator[tuple[str, int]]:
    """The engine tells all names but not where they stand; a name outside its loop only the words tell."""
    unbound = {name: reading.names.get(name, 0) for name in variables if name not in reading.bound}
    for name, at in {**unbound, **reading.names}.items():
        if name not in NAMES and name not in _TYPES:
            yield f"'{name}' is nothing that a rule can look at; there is {', '.join(NAMES)}.", at
    for name, at in reading.bound.items():
        if name in NAMES:
            yield f"'{name}' is what every rule looks at; give the loop's variable another name.", at


def _about_size(reading: Reading) -> Iterator[tuple[str, int]]:
    if reading.depth > DEEPEST_LOOP:
        yield f"has loops {reading.depth} deep; {DEEPEST_LOOP} is the most. Write two rules.", 0
    if reading.sums > MOST_SUMS:
        yield f"has {reading.sums} sums; {MOST_SUMS} is the most. Write two rules.", 0


def _is_pattern(quoted: str) -> bool:
    try:
        engine().compile(f"''.matches({quoted})").execute()
    except (RuntimeError, ValueError):
        return False
    return True


_NOTHING: dict[str, Any] = dict.fromkeys(NAMES, "") | {
    "arguments": {},
    "replay": False,
    "before": [],
    "untrusted": [],
    "content": [],
}


def _try(program: Any) -> None:
    """What gives no yes or no for nothing at all gives none for anything; what fails on nothing is no proof."""
    try:
        found = program.execute(_NOTHING)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - also the engine's panics
        return
    if not isinstance(found, bool):
        raise LineInvalid("gives no yes or no; compare it with something, e.g. 'arguments.amount > 100'.")


def _require_there(arguments: Any, paths: tuple[Path, ...]) -> None:
    """In CEL `a && b` is false if b is, also where a reads what is not there: asked for here, before it runs."""
    for path in paths:
        found = arguments
        for name in path:
            if not isinstance(found, Mapping) or name not in found:
                raise Unclear(f"it reads 'arguments.{'.'.join(path)}', which is not there")
            found = found[name]


def _words(problem: BaseException) -> str:
    return next((words for kind, words in _UNCLEAR if isinstance(problem, kind)), "the rule failed on it")


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
