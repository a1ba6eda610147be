"""A contract while it is being written: what is wrong with it, what it changes, and what it still takes to bind."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

from goldenthread.control.autonomy import Standing
from goldenthread.promise.contract import Change, Contract, check, difference, loosened_gates, parse_contract
from goldenthread.promise.errors import ContractInvalid
from goldenthread.promise.values import Level
from goldenthread.record.principals import version_problem

MOST_FINDINGS = 100
_LINES_ROUND = 3
_MOST_LINES = 400

State: TypeAlias = Literal["invalid", "refused", "prototype", "sound"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, where it stands (line and column from 1); `rule` is '' where the text does not read."""

    line: int
    column: int
    path: str
    words: str
    rule: str = ""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """
    What `goldenthread contract check` says of a text.

    Attributes:
        state: 'invalid' does not read, 'refused' breaks a rule, 'prototype' lacks the parts in `missing`.
        words: The same in one sentence.
        findings: In the order of the text, `MOST_FINDINGS` at most.
        more: How many there are beyond these.
        signers: Who must sign, as what; empty where the text does not read.
    """

    state: State
    words: str
    findings: tuple[Finding, ...] = ()
    more: int = 0
    slice: str | None = None
    version: int | None = None
    digest: str | None = None
    missing: tuple[str, ...] = ()
    signers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Beside:
    """
    A text beside the versions on record.

    Attributes:
        before: The version that it is compared with: the newest one before it, or the one of its number.
        before_state: What that one is, in words.
        next: The number that the next version has.
        conflict: Why it cannot be committed as the version that it says, or None.
        committed: That very text is on record as this version.
        changes: What it loosens, tightens, adds, removes.
        afresh: Gates whose evidence starts anew.
        lines: Where a version of its number is on record with another text: what differs, line by line.
    """

    before: int
    before_state: str
    next: int
    conflict: str | None
    committed: bool
    changes: tuple[Change, ...]
    afresh: tuple[Level, ...]
    lines: tuple[str, ...] = ()


@lru_cache(maxsize=64)
def findings_of(text: str) -> tuple[Findings, Contract | None]:
    """What is wrong with a text, and the contract where it reads."""
    try:
        contract = parse_contract(text, "")
    except ContractInvalid as invalid:
        found = tuple(
            Finding(line=one.line, column=one.column, path=one.path, words=one.words) for one in invalid.problems
        )
        return _findings("invalid", f"It does not read yet: {_count(len(found), 'problem')}.", found), None
    judged = check(contract)
    found = tuple(
        Finding(line=one.line, column=one.column, path=one.path, words=one.words, rule=one.rule)
        for one in judged.refusals
    )
    about = {
        "slice": contract.slice,
        "version": contract.version,
        "digest": contract.digest,
        "missing": judged.missing,
        "signers": dict(contract.signers),
    }
    return _findings(judged.state, _words(contract, len(found)), found, **about), contract


def beside(standing: Standing, contract: Contract) -> Beside | None:
    """The contract beside what is on record of its slice; None where nothing is."""
    if not standing.versions:
        return None
    committed = {number: version.digest for number, version in standing.versions.items()}
    same = standing.versions.get(contract.version)
    conflict = version_problem(committed, contract.version, contract.digest, of=f"'{contract.slice}'")
    earlier = [number for number in committed if number < contract.version]
    before = same if same is not None and conflict is not None else standing.versions.get(max(earlier, default=0))
    shown = before or standing.versions[max(committed)]
    return Beside(
        before=shown.contract.version,
        before_state=state_words(standing, shown.contract.version),
        next=max(committed) + 1,
        conflict=conflict,
        committed=same is not None and conflict is None,
        changes=difference(shown.contract, contract),
        afresh=tuple(sorted(loosened_gates(shown.contract, contract), key=lambda level: level.rank)),
        lines=_line_difference(same.contract.text, contract.text) if same is not None and conflict else (),
    )


def state_words(standing: Standing, number: int) -> str:
    """What a version is: in force, replaced, a prototype, or waiting for whom."""
    version = standing.versions[number]
    if version is standing.in_force:
        return "in force"
    if version.contract.is_prototype:
        return "a prototype"
    if version.missing:
        return f"not in force: {', '.join(version.missing)} must still sign"
    return "replaced by a newer version"


def _findings(state: State, words: str, found: tuple[Finding, ...], **about: object) -> Findings:
    more = max(0, len(found) - MOST_FINDINGS)
    return Findings(state=state, words=words, findings=found[:MOST_FINDINGS], more=more, **about)  # type: ignore[arg-type]


def _words(contract: Contract, refused: int) -> str:
    if refused:
        return f"It reads, and must not be signed yet, for {_count(refused, 'reason')}."
    if contract.missing_parts:
        lacks = ", ".join(contract.missing_parts)
        return f"A prototype: it lacks {lacks}. Its agent may work in shadow, and earns nothing."
    return f"Sound. Version {contract.version} of '{contract.slice}' may be committed and signed."


def _count(number: int, word: str) -> str:
    return f"{number:,} {word if number == 1 else word + 's'}"


def _line_difference(old: str, new: str) -> tuple[str, ...]:
    """What differs, with three lines round it: ' ' both, '-' on record, '+' in this text."""
    found = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=_LINES_ROUND))[2:]
    return tuple(found[:_MOST_LINES])
