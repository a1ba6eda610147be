"""How times are written in a log, and the SQL that makes microseconds since 1970 of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import duckdb

from goldenthread.promise.errors import EventLogUnsure, ValueProblem

_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_DAYS = {
    "day.month.year": ("%d.%m.%Y", "%d.%m.%y"),
    "day/month/year": ("%d/%m/%Y", "%d/%m/%y"),
    "month/day/year": ("%m/%d/%Y", "%m/%d/%y"),
    "day-month-year": ("%d-%m-%Y", "%d-%b-%Y", "%d-%b-%y"),
    "year/month/day": ("%Y/%m/%d",),
}
_UNIX = {"unix-s": 1_000_000, "unix-ms": 1_000, "unix-us": 1, "unix-ns": 0}
FORMS: tuple[str, ...] = ("iso", *_DAYS, *_UNIX)
"""How times may be written; iso is ISO 8601, with `T` or a space."""

_ZONED = r"\d[ ]?([Zz]|UTC|GMT|[+-]\d\d(:?\d\d)?)$"
FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""Microseconds since 1970 that are a time: the years 1 to 9999."""

_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class TimeSql:
    """Expressions for a column: microseconds since 1970 UTC or null, and whether it is a time that names no zone."""

    micros: str
    unzoned: str


def text_time(column: str, form: str, zone: str) -> TimeSql:
    """
    For a column of text.

    Args:
        column: Its name, quoted.
        form: One of FORMS.
        zone: Of times that name none; known to be one.
    """
    if form in _UNIX:
        number = f"try_cast({column} as decimal(38, 9))"
        micros = f"{number} * {_UNIX[form]}" if _UNIX[form] else f"{number} / 1000"
        return TimeSql(micros=f"try_cast(floor({micros}) as bigint)", unzoned="false")
    if form in _DAYS:
        written = ", ".join(f"'{day}{clock}'" for day, clock in product(_DAYS[form], _CLOCKS))
        return TimeSql(micros=_local(f"try_strptime(trim({column}), [{written}])", zone), unzoned="true")
    # The commonest way to name a zone is looked for first; the others cost more.
    zoned = (
        f"case when strlen({column}) <= 10 then false when suffix({column}, '+00:00') then true "
        f"else regexp_matches({column}, '{_ZONED}') end"
    )
    dated = f"{column} like '____-%'"  # 'infinity', 'epoch' and times of day are none
    if zone == "UTC":
        micros = f"case when {dated} then epoch_us(try_cast({column} as timestamptz)) end"
    else:
        local = _local(f"try_cast({column} as timestamp)", zone)
        micros = (
            f"case when not {dated} then null when ({zoned}) "
            f"then epoch_us(try_cast({column} as timestamptz)) else {local} end"
        )
    return TimeSql(micros=micros, unzoned=f"not ({zoned})")


def typed_time(column: str, type: str, zone: str) -> TimeSql:
    """For a column that holds times as such: TIMESTAMP of any kind, or DATE."""
    if "WITH TIME ZONE" in type:
        return TimeSql(micros=f"case when isfinite({column}) then epoch_us({column}) end", unzoned="false")
    plain = f"case when isfinite({column}::timestamp) then {column}::timestamp end"
    return TimeSql(micros=_local(plain, zone), unzoned="true")


def told_form(texts: Sequence[str], given: str | None, column: str) -> str:
    """
    How times are written, told from some of them.

    Args:
        texts: As the log has them.
        given: What somebody said; then that.
        column: For errors.

    Raises:
        ValueProblem: Nobody writes so.
        EventLogUnsure: Day and month cannot be told apart.
    """
    if given is not None:
        if given not in FORMS:
            raise ValueProblem(f"'{given[:40]}' is no way to write a time. There are {', '.join(FORMS)}.")
        return given
    said = [text for text in texts if text.strip()]
    counts = _counts(said, ("iso",))
    if counts["iso"] < len(texts):
        counts = _counts(said, FORMS)
    best = max(counts, key=lambda form: (counts[form], -FORMS.index(form)))
    if counts[best] < _SHARE * len(texts):
        return "iso"
    alike = {"day/month/year", "month/day/year"}
    if best in alike and len({counts[form] for form in alike}) == 1:
        raise EventLogUnsure(
            f"'{texts[0][:40]}' in the column '{column[:60]}' may begin with the day or with the month, and nothing "
            "there tells. Say which with `--time-form day/month/year` or `--time-form month/day/year`."
        )
    return best


def looks_like_times(texts: Sequence[str]) -> bool:
    """Whether nearly all of these are times in one of the forms; plain numbers are not told from other numbers."""
    counts = _counts(texts, FORMS)
    return bool(texts) and max(counts[form] for form in FORMS if form not in _UNIX) >= 0.95 * len(texts)


def _counts(texts: Sequence[str], among: Sequence[str]) -> Mapping[str, int]:
    """By form, how many of the texts are times that are written so."""
    written = [form for form in among if form not in _UNIX]
    asked = ", ".join(f"count({text_time('said', form, 'UTC').micros})" for form in written)
    with _judge().cursor() as asking:
        asking.execute("set timezone = 'UTC'")
        found = asking.execute(f"select {asked} from (select unnest(?::varchar[]) as said)", [list(texts)]).fetchone()
    assert found is not None
    return {**dict.fromkeys(among, 0), **dict(zip(written, found, strict=True)), **_numbers(texts)}


@cache
def _judge() -> duckdb.DuckDBPyConnection:
    """An empty database that says what is a time; made once, since texts are asked about often."""
    return duckdb.connect(":memory:", config={"threads": 1})


def _numbers(texts: Sequence[str]) -> dict[str, int]:
    """Which unit of time since 1970 makes dates of 1990 to 2100 of whole numbers."""
    found = dict.fromkeys(_UNIX, 0)
    for text in texts:
        digits = text.strip().partition(".")[0]
        if digits.isdecimal() and digits.isascii() and len(digits) <= 20:
            for form, per in (("unix-s", 1), ("unix-ms", 10**3), ("unix-us", 10**6), ("unix-ns", 10**9)):
                found[form] += 631_152_000 <= int(digits) // per < 4_102_444_800
    return found


def _local(stamp: str, zone: str) -> str:
    if zone == "UTC":
        return f"epoch_us({stamp})"
    quoted = zone.replace("'", "''")
    return f"epoch_us(timezone('{quoted}', {stamp}))"
