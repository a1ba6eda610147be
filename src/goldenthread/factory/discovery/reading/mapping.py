"""Which column means what: as somebody says, else by its name, else by what stands in it; always with the reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from goldenthread.factory.discovery.reading.model import NAMES, NEEDED, Choice
from goldenthread.factory.discovery.reading.times import looks_like_times
from goldenthread.promise.errors import EventLogUnsure, ValueProblem
from goldenthread.record.eventlogs import no_column, unknown_columns

_MEANT = {"case": "the case", "activity": "what was done", "at": "when"}


def choose(
    name: str, columns: Sequence[str], rows: Sequence[Sequence[str]], given: Mapping[str, str], *, accept: bool
) -> tuple[Choice, ...]:
    """
    What the columns of a log mean.

    Args:
        name: The log's, for errors.
        columns: Their names.
        rows: Some rows as text, '' for nothing.
        given: By meaning, the column that somebody named.
        accept: What only the content tells is taken, too.

    Raises:
        ValueProblem: Nothing is meant so.
        EventLogInvalid: No such column, or none can be told.
        EventLogUnsure: Only the content tells, and nobody accepted that.
    """
    unknown = next((meaning for meaning in given if meaning not in NAMES), None)
    if unknown is not None:
        raise ValueProblem(f"'{unknown[:40]}' is nothing that a column stands for. There are {', '.join(NAMES)}.")
    for meaning, column in given.items():
        if column not in columns:
            raise no_column(name, meaning, column, columns)
    chosen = {meaning: Choice(meaning=meaning, column=column, why="you named it", sure=True)
              for meaning, column in given.items()}  # fmt: skip
    _by_name(chosen, columns)
    _by_content(chosen, columns, rows)
    unfound = [meaning for meaning in NEEDED if meaning not in chosen]
    if unfound:
        raise unknown_columns(name, unfound, columns)
    unsure = [chosen[meaning] for meaning in NEEDED if not chosen[meaning].sure]
    if unsure and not accept:
        raise EventLogUnsure(_unsure_words(name, unsure))
    return tuple(chosen[meaning] for meaning in NAMES if meaning in chosen)


def _by_name(chosen: dict[str, Choice], columns: Sequence[str]) -> None:
    plain: dict[str, str] = {}
    for column in columns:
        plain.setdefault(column.strip().lower().replace(" ", "_"), column)
    for meaning, names in NAMES.items():
        taken = {choice.column for choice in chosen.values()}
        found = [plain[one] for one in names.split() if plain.get(one, columns[0] if columns else "") not in taken
                 and one in plain]  # fmt: skip
        if meaning not in chosen and found:
            others = f", which comes before {', '.join(found[1:3])}" if len(found) > 1 else ""
            chosen[meaning] = Choice(meaning=meaning, column=found[0], why=f"by its name{others}", sure=True)


def _by_content(chosen: dict[str, Choice], columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Times by their look; then the case, which repeats; then the activity, of which a case has several."""
    taken = {choice.column for choice in chosen.values()}
    free = {column: [row[place] for row in rows] for place, column in enumerate(columns) if column not in taken}
    if "at" not in chosen:
        times = [column for column, values in free.items() if looks_like_times([one for one in values if one])]
        if times:
            best = max(times, key=lambda column: len(set(free[column])))
            chosen["at"] = _guess("at", best, "its values are times, and differ the most")
    free = {column: values for column, values in free.items() if not looks_like_times([one for one in values if one])}
    if "case" not in chosen:
        repeated = {c: len(set(v)) for c, v in free.items() if v and "" not in v and 2 <= len(set(v)) <= len(v) / 1.5}
        if repeated:
            best = max(repeated, key=lambda column: repeated[column])
            words = f"{repeated[best]:,} values in {len(rows):,} rows, the most of those that repeat"
            chosen["case"] = _guess("case", best, words)
            free.pop(best)
    if "activity" not in chosen and "case" in chosen:
        _activity(chosen, free, [row[list(columns).index(chosen["case"].column)] for row in rows])


def _activity(chosen: dict[str, Choice], free: Mapping[str, Sequence[str]], cases: Sequence[str]) -> None:
    def score(column: str) -> tuple[float, int]:
        by_case: dict[str, set[str]] = defaultdict(set)
        for case, value in zip(cases, free[column], strict=True):
            by_case[case].add(value)
        kinds = len(set(free[column]))
        return sum(map(len, by_case.values())) / max(1, len(by_case)) / kinds, -kinds

    few = [column for column, values in free.items() if 2 <= len(set(values)) <= max(5, len(values) / 10)]
    found = {column: score(column) for column in few if score(column)[0] * len(set(free[column])) >= 1.5}
    if found:
        best = max(found, key=lambda column: found[column])
        words = f"{len(set(free[best]))} values, several of them in a case"
        chosen["activity"] = _guess("activity", best, words)


def _guess(meaning: str, column: str, why: str) -> Choice:
    return Choice(meaning=meaning, column=column, why=f"a guess: {why}", sure=False)


def _unsure_words(name: str, unsure: Sequence[Choice]) -> str:
    guesses = "; ".join(f"'{one.column[:60]}' may be {_MEANT[one.meaning]} ({one.why[9:]})" for one in unsure)
    options = " ".join(f"--column '{one.meaning}={one.column[:60]}'" for one in unsure)
    return (
        f"{PurePath(name).name}: the names of its columns do not tell what they mean. {guesses}. "
        f"If that is so, confirm it with `{options}` or --accept; else name other columns."
    )
