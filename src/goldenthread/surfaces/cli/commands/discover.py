"""`goldenthread discover`: what an event log shows of how work is done."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goldenthread.promise.errors import ValueProblem
from goldenthread.surfaces.cli.arguments import (
    ASSIGNMENT,
    read_text_at_most,
    require_apart,
    require_folder_of,
    together,
    write_text,
)
from goldenthread.surfaces.cli.commands.discover_slices import (
    Found,
    find,
    places_of,
    print_slices,
    require_sound,
    slicing_options,
    write_drafts,
)
from goldenthread.surfaces.cli.terminal import say

if TYPE_CHECKING:
    from goldenthread.factory.discovery import Log, Options
    from goldenthread.factory.slicing import Shortlist, SliceDraft
    from goldenthread.promise.values import Json

_FILE = click.Path(dir_okay=False, path_type=Path)
_LONGEST_QUERY = 64 * 1024


@click.command()
@click.argument("log", metavar="[LOG]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--column",
    "columns",
    type=ASSIGNMENT,
    multiple=True,
    metavar="NAME=COLUMN",
    help="What a column means: case, activity, at, begun, resource, lifecycle, deadline or ended.",
)
@click.option("--accept", is_flag=True, help="Take what only the content of columns tells.")
@click.option("--zone", metavar="ZONE", default="UTC", show_default=True, help="Of times that name none, and of hours.")
@click.option("--time-form", metavar="FORM", help="How times are written, e.g. day/month/year; by default it is told.")
@click.option("--encoding", metavar="NAME", default="utf-8", show_default=True, help="Of a CSV.")
@click.option("--object-type", metavar="TYPE", help="Of OCEL: the type whose objects are the cases.")
@click.option("--drop-duplicates", is_flag=True, help="Leave out events that stand there twice, alike in all.")
@click.option("--query", type=_FILE, metavar="FILE", help="Instead of LOG: a SELECT with a row an event; with --env.")
@click.option("--env", metavar="VARIABLE", help="With --query: the variable that holds the database's address.")
@click.option("--telemetry", is_flag=True, help="Instead of LOG: what this home's agents did, by their telemetry.")
@click.option("--ledger", is_flag=True, help="Instead of LOG: what is on record of the cases of --slice.")
@click.option("--slice", "slice_name", metavar="SLICE", help="With --telemetry or --ledger: only of this slice.")
@click.option("--within", metavar="TIME", help="A cycle time that was promised, e.g. '14 d': who held it?")
@click.option("--hide-people", is_flag=True, help="Number those who did the work instead of naming them.")
@click.option(
    "--detail", type=click.IntRange(1, 100), default=90, show_default=True, help="With --map: percent of cases."
)
@click.option("--map", "map_file", type=_FILE, metavar="FILE", help="Write the process map as SVG.")
@click.option("--html", "html_file", type=_FILE, metavar="FILE", help="Write the report as a page, maps and all.")
@click.option("--threads", type=click.IntRange(1), help="That may be used; by default as many as there are processors.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@slicing_options
@click.pass_obj
def discover(
    home: str | None,
    /,
    log: Path | None,
    columns: tuple[tuple[str, Json], ...],
    accept: bool,
    zone: str,
    time_form: str | None,
    encoding: str,
    object_type: str | None,
    drop_duplicates: bool,
    query: Path | None,
    env: str | None,
    telemetry: bool,
    ledger: bool,
    slice_name: str | None,
    within: str | None,
    hide_people: bool,
    detail: int,
    map_file: Path | None,
    html_file: Path | None,
    threads: int | None,
    as_json: bool,
    **given: Any,
) -> None:
    """
    Show how work is really done, by an event log, which part of it an agent might own, and draft its contract.

    LOG is XES, OCEL 2.0 (JSON or SQLite), CSV or Parquet, packed with gzip or not. Which column means what is told by
    its name, else guessed with the reason; a guess is only taken with --accept. An event that cannot be taken is
    counted and shown.

    It ends with slices of the work by rank, and with a drafted contract for the best of them, which is written beside
    the page, or here; --draft names another file, and nothing is ever overwritten. With --json it is only written where
    --draft says so.

    \b
    Example:
      goldenthread discover helpdesk.xes.gz --html report.html
      goldenthread discover helpdesk.xes.gz --owner maya@example.com --work regulation=none --draft intake.yaml
      goldenthread discover tickets.csv --column case=number --zone Europe/Berlin --within "14 d"
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy starts threads for matrices; nothing here has one

    from goldenthread.factory.discovery import Options, report_of
    from goldenthread.surfaces.reports import page, plain, template

    require_apart(
        log, query, given["own"], map_file, html_file, *(given[key] for key in ("draft", "problems", "facts"))
    )
    require_sound(given)
    for file in (map_file, html_file):
        if file is not None:
            require_folder_of(file)
    within_us = _micros(within)
    said = Options(
        columns={name: str(column) for name, column in together(columns).items()},
        zone=zone,
        time_form=time_form,
        encoding=encoding,
        accept=accept,
        object_type=object_type,
        drop_duplicates=drop_duplicates,
        now=datetime.now(UTC),
    )
    _require_one(log, query, telemetry=telemetry, ledger=ledger)
    if log is not None:
        from goldenthread.factory.discovery import open_log

        opened = open_log(log, said, threads=threads)
    elif query is not None:
        opened = _by_query(query, env, said, threads)
    else:
        opened = _own(home, slice_name, said, threads, telemetry=telemetry)
    with _meanwhile(template if html_file is not None else None), opened as found:
        report = report_of(found, within_us=within_us, hide_people=hide_people, with_maps=html_file is not None)
        own = telemetry or ledger
        sliced = find(found, report, given, home) if given["slices"] and not own else None
    places = None if sliced is None else places_of(sliced, given, html_file, quiet=as_json)
    if map_file is not None:
        write_text(map_file, report.picture(detail))
    if html_file is not None:
        named = None if places is None or places.contract is None else places.contract.name
        write_text(html_file, page(report, *_parts(sliced), named))
    if as_json:
        click.echo(json.dumps(plain(report, *_parts(sliced)), indent=2))
    else:
        from goldenthread.surfaces.cli.commands.discover_words import print_report

        print_report(report, {"map": map_file, "page": html_file})
        if sliced is not None:
            print_slices(sliced)
    written = [] if sliced is None or places is None else write_drafts(sliced, places)
    if written and not as_json:
        say("", *written)


@contextmanager
def _meanwhile(what: Callable[[], object] | None) -> Iterator[None]:
    """Do beside the block what is kept once it was done; who asks for it later gets it, or the error."""
    with ThreadPoolExecutor(1) as beside:
        if what is not None:
            beside.submit(what)
        yield


def _parts(sliced: Found | None) -> tuple[Shortlist | None, SliceDraft | None]:
    return (None, None) if sliced is None else (sliced.slices, sliced.drafted)


def _require_one(log: Path | None, query: Path | None, *, telemetry: bool, ledger: bool) -> None:
    if [log is not None, query is not None, telemetry, ledger].count(True) != 1:
        raise click.UsageError("Name one log: a file, --query, --telemetry or --ledger.")


def _micros(within: str | None) -> int | None:
    if within is None:
        return None
    from goldenthread.promise.contract import parse_duration

    return int(parse_duration(within) * 1_000_000)


@contextmanager
def _by_query(query: Path, env: str | None, said: Options, threads: int | None) -> Iterator[Log]:
    from goldenthread.factory.discovery import open_rows, rows_from_query

    if env is None:
        raise click.UsageError("--query needs --env: the variable that holds the database's address.")
    text = read_text_at_most(query, _LONGEST_QUERY)
    if len(text.encode()) > _LONGEST_QUERY:
        raise ValueProblem(f"{query} has more than {_LONGEST_QUERY:,} bytes, so it is not asked. Make it a view.")
    with (
        rows_from_query(env, text, os.environ.get(env)) as rows,
        open_rows(rows, query.name, said, threads=threads) as log,
    ):
        yield log


@contextmanager
def _own(
    home: str | None, slice_name: str | None, said: Options, threads: int | None, *, telemetry: bool
) -> Iterator[Log]:
    from goldenthread.factory.discovery import ledger_rows, open_rows, telemetry_rows
    from goldenthread.record.store import Home
    from goldenthread.record.telemetry import Places
    from goldenthread.surfaces.cli.place import opened

    if telemetry:
        place = Home(home)
        place.identity()
        rows = telemetry_rows(Places.of(place.path), slice_name)
    else:
        with opened(home) as found:
            rows = ledger_rows(found.ledger, found.chosen(slice_name))
            with open_rows(rows, "ledger", said, threads=threads) as log:
                yield log
            return
    with open_rows(rows, "telemetry", said, threads=threads) as log:
        yield log
