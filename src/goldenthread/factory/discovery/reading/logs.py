"""Opening a log: from a file, a query or our own record, to events in order and what there is to say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from goldenthread.factory.discovery.reading import cleaning, notices
from goldenthread.factory.discovery.reading.arranging import arrange
from goldenthread.factory.discovery.reading.database import Workbench
from goldenthread.factory.discovery.reading.encoding import encode
from goldenthread.factory.discovery.reading.mapping import choose
from goldenthread.factory.discovery.reading.model import LEFT_OUT, Choice, Intake, Left, Notice, Options
from goldenthread.factory.discovery.reading.sources import Source, digest_of, kind_of, require_file
from goldenthread.factory.discovery.reading.tables import CsvTable, ParquetTable, as_utf8
from goldenthread.factory.discovery.reading.times import told_form
from goldenthread.factory.discovery.reading.xes import XesLog
from goldenthread.promise.errors import EventLogInvalid, ValueProblem
from goldenthread.record.eventlogs import unpacked

MOST_IN_MEMORY = 20_000_000
"""Events that are put in order in memory; more are sorted by DuckDB, which may use a temporary folder."""

_CHUNK = 1024 * 1024
_TIMES = ("at", "begun", "deadline", "ended")


@dataclass(frozen=True, kw_only=True)
class Log:
    """
    A log that was read.

    Attributes:
        bench: Its tables.
        intake: What came of it.
        columns: All that its events have, whether or not they mean anything.
        sample: The first of its rows, as text.
    """

    bench: Workbench
    intake: Intake
    columns: Sequence[str] = ()
    sample: Sequence[Sequence[str]] = ()


@contextmanager
def open_log(path: Path, options: Options, *, threads: int | None = None) -> Iterator[Log]:
    """
    Read a file: XES, OCEL 2.0 (JSON, SQLite), CSV, Parquet; packed with gzip or not.

    Args:
        path: The file.
        options: What somebody said of it.
        threads: That may be used; None: as many as there are processors.

    Raises:
        FileUnusable: It is not there, or no ordinary file.
        ValueProblem: An option that cannot be taken.
        EventLogInvalid: It cannot be read to its end, or has no event that counts.
        EventLogUnsure: What its columns or times mean cannot be told.
    """
    require_file(path)
    require_zone(options.zone)
    with ThreadPoolExecutor(1) as beside, Workbench(threads) as bench:
        digest = beside.submit(digest_of, path)
        source = _source(path, options, bench)
        yield _read(bench, source, path.name, digest.result, options)


@contextmanager
def open_rows(source: Source, name: str, options: Options, *, threads: int | None = None) -> Iterator[Log]:
    """As `open_log`, for what comes from elsewhere than a file."""
    require_zone(options.zone)
    with Workbench(threads) as bench:
        yield _read(bench, source, name, str, options)


def require_zone(zone: str) -> None:
    """
    Raises:
        ValueProblem: There is no such time zone.
    """
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueProblem(f"'{zone[:40]}' is no time zone. Write e.g. Europe/Berlin.") from None


def _source(path: Path, options: Options, bench: Workbench) -> Source:
    """The file told from its first bytes; what DuckDB and SQLite read lies under a plain name in the bench's folder."""
    with _opened(path) as stream:
        head = stream.read(4096)
    kind = kind_of(path, head)
    if kind == "xes":
        return XesLog(lambda: _opened(path), path.name)
    plain = bench.folder / f"log.{kind}"
    packed = _is_packed(path)
    if kind == "table":
        wide = head[:2] in (b"\xff\xfe", b"\xfe\xff") and options.encoding == "utf-8"
        encoding = "utf-16" if wide else options.encoding
        if packed or encoding.lower().replace("_", "-") not in ("utf-8", "utf8"):
            with _opened(path) as stream:
                as_utf8(stream, encoding, path.name, plain)
        else:
            plain.symlink_to(path.resolve())
        return CsvTable(plain, path.name)
    if packed:
        with _opened(path) as stream, plain.open("wb") as out:
            while octets := stream.read(_CHUNK):
                out.write(octets)
    else:
        plain.symlink_to(path.resolve())
    if kind == "parquet":
        return ParquetTable(plain, path.name, bench)
    from goldenthread.factory.discovery.reading.ocel import read_ocel_json, read_ocel_sqlite

    read = read_ocel_json if kind == "json" else read_ocel_sqlite
    return read(plain.resolve(), path.name, options.object_type)


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        yield unpacked(file, path)


def _read(bench: Workbench, source: Source, name: str, digest: Callable[[], str], options: Options) -> Log:
    columns, rows = source.columns(), source.sample()
    choices = choose(name, columns, rows, options.columns, accept=options.accept)
    wanted = {choice.meaning: choice.column for choice in choices}
    forms = _forms(wanted, list(columns), rows, options)
    relation = source.relation(bench, wanted)
    in_order = _by_table if source.about(bench) > MOST_IN_MEMORY else _by_number
    found, own, done = in_order(bench, relation, forms, name, options)
    elsewhere = source.left_out(bench)
    lost = _together(elsewhere, own)
    if found == sum(one.count for one in own.values()):
        raise EventLogInvalid(_nothing_words(name, lost))
    again = notices.twice(bench)
    if not done:
        if options.drop_duplicates and again:
            bench.run("delete from events where place in (select place from twice)")
        cleaning.follow(bench)
    said = [*source.notices(), *notices.notices_of(bench, options.zone, options.now, again,
                                                   dropped=options.drop_duplicates)]  # fmt: skip
    found += sum(one.count for one in elsewhere.values())
    intake = _intake(bench, source, name, digest(), choices, forms["at"], options, found, lost, said)
    return Log(bench=bench, intake=intake, columns=columns, sample=rows)


def _by_number(
    bench: Workbench, relation: str, forms: Mapping[str, str], name: str, options: Options
) -> tuple[int, Mapping[str, Left], bool]:
    """
    Events read as numbers and put in order in memory.

    Returns:
        How many rows there were, what of them cannot count, and whether the tables of steps were made, too.
    """
    log = encode(bench, relation, forms, options.zone, name)
    done = bool(len(log.unzoned)) and arrange(bench, log, in_sql=options.drop_duplicates)
    return log.found, log.left, done


def _by_table(
    bench: Workbench, relation: str, forms: Mapping[str, str], name: str, options: Options
) -> tuple[int, Mapping[str, Left], bool]:
    """Likewise, in tables that may go to a temporary folder."""
    cleaning.take(bench, relation, forms, options.zone, name)
    found, good = bench.one("select count(*), count(*) filter (bad is null) from taken")
    left = cleaning.left_out(bench)
    if good:
        cleaning.arrange(bench)
    return int(found), left, False


def _intake(
    bench: Workbench,
    source: Source,
    name: str,
    digest: str,
    choices: tuple[Choice, ...],
    time_form: str,
    options: Options,
    found: int,
    lost: Mapping[str, Left],
    said: list[Notice],
) -> Intake:
    events, cases = bench.one("select (select count(*) from events), (select count(*) from cases)")
    return Intake(
        name=name,
        form=source.form,
        digest=digest,
        choices=choices,
        time_form=time_form,
        zone=options.zone,
        found=found,
        events=events,
        cases=cases,
        left_out=lost,
        notices=tuple(said),
    )


def _forms(
    wanted: Mapping[str, str], columns: list[str], rows: Sequence[Sequence[str]], options: Options
) -> dict[str, str]:
    forms: dict[str, str] = {}
    for meaning in _TIMES:
        if meaning in wanted:
            place = columns.index(wanted[meaning])
            texts = [row[place] for row in rows if row[place]]
            forms[meaning] = told_form(texts, options.time_form, wanted[meaning]) if texts else "iso"
    return forms


def _together(*parts: Mapping[str, Left]) -> dict[str, Left]:
    found: dict[str, Left] = {}
    for part in parts:
        for word, one in part.items():
            before = found.get(word, Left(count=0))
            found[word] = Left(count=before.count + one.count, examples=(*before.examples, *one.examples)[:3])
    return dict(sorted(found.items()))


def _nothing_words(name: str, lost: Mapping[str, Left]) -> str:
    reasons = "; ".join(f"{one.count:,} because {LEFT_OUT[word]}" for word, one in lost.items())
    said = f" Left out: {reasons}." if reasons else ""
    return f"{name}: it has no case with an event that counts.{said} Name its columns and times, or export it again."
