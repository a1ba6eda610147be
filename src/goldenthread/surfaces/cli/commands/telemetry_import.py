"""`goldenthread telemetry import`: what other tools recorded of agents, as telemetry."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goldenthread.surfaces.cli.terminal import emit, say, table

if TYPE_CHECKING:
    from goldenthread.record.imports import Imported, ImportedCounts, Plan

FORMATS = ("otlp", "langfuse", "phoenix", "mlflow", "inspect", "taubench", "tau2", "table")
"""As in `record.imports`, which help does not load."""

_SHOWN = ("start_ns", "trace_id", "name", "operation", "agent_name", "request_model", "tool_name", "tokens", "status")


@click.command("import")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="FILE...")
@click.option("--as", "format", type=click.Choice(FORMATS), help="What the files hold. By default told from them.")
@click.option("--slice", "slice_name", metavar="SLICE", default="", help="Where spans belong that do not say it.")
@click.option("--agent", metavar="NAME", default="", help="Who did it, where the file does not say.")
@click.option(
    "--mapping", type=click.Path(path_type=Path), metavar="FILE", help="What the columns of a table stand for, YAML."
)
@click.option("--content", is_flag=True, help="Keep what was said, redacted, where no contract forbids it.")
@click.option("--dry-run", is_flag=True, help="Show the first spans as understood; store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_files(
    home: str | None,
    files: tuple[Path, ...],
    format: str | None,
    slice_name: str,
    agent: str,
    mapping: Path | None,
    content: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """
    Import what other tools recorded of agents: OTLP files, Langfuse, Phoenix, MLflow, Inspect, tau-bench, tables.

    The same file again adds nothing, and an import that was cut goes on where it was.

    \b
    Example:
      goldenthread telemetry import traces.jsonl --slice refunds
      goldenthread telemetry import steps.csv --mapping steps.yaml --dry-run
    """
    from goldenthread.record.imports import planned
    from goldenthread.surfaces.cli.place import opened

    plans = [
        planned(file, format=format, slice=slice_name, agent=agent, mapping=mapping, content=content) for file in files
    ]
    if dry_run:
        for plan in plans:
            _show(plan, as_json)
        return
    found = []
    with opened(home) as place:
        for plan in plans:
            if not as_json:
                say(*_told_words(plan))
            done, counts = _imported(place.ledger, plan, content)
            if as_json:
                found.append(_as_json(done, counts))
            else:
                say(*_words(done, counts))
    if as_json:
        emit(found)


def _imported(ledger: Any, plan: Plan, content: bool) -> tuple[Imported, ImportedCounts]:
    from goldenthread.surfaces.otlp.importing import take_in

    with _progress(plan.path.name) as progress:
        return take_in(ledger, plan, content=content, progress=progress)


def _show(plan: Plan, as_json: bool) -> None:
    """The first spans as they would be stored."""
    from goldenthread.record.imports import first_rows
    from goldenthread.record.telemetry import Flattener
    from goldenthread.surfaces.otlp import detectors

    rows, refused = first_rows(plan, Flattener(detectors()), most=20)
    shown = [_row(row) for row in rows[:20]]
    if as_json:
        emit({**_plan_json(plan), "rows": shown, "refused": [f"{one.place}: {one.words}" for one in refused]})
        return
    say(*_told_words(plan), "Nothing is stored: this is how its first spans are understood.")
    table(_SHOWN, [[row[name] for name in _SHOWN] for row in shown])
    say(*(f"{one.place} would be refused: {one.words}." for one in refused))


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    tokens = (row["input_tokens"], row["output_tokens"])
    return {
        **{name: row.get(name) for name in _SHOWN},
        "start_ns": datetime.fromtimestamp(row["start_ns"] // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "trace_id": row["trace_id"].hex()[:12],
        "tokens": "" if tokens == (None, None) else f"{tokens[0] or 0} + {tokens[1] or 0}",
        "status": "FAILED" if row["status"] == 2 else "",
    }


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int], None]]:
    """A line that grows where a person looks, nothing where none does."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(escape(name), total=None)
        yield lambda spans: bar.update(task, description=f"{escape(name)}: {spans:,} spans")


def _told_words(plan: Plan) -> list[str]:
    from goldenthread.record import imports

    lines = [f"{plan.path.name}: {imports.FORMATS[plan.told.format]}; {plan.told.why}."]
    if plan.mapped is not None:
        columns = ", ".join(f"{meaning}={column}" for meaning, column in plan.mapped.columns.items())
        lines.append(f"  {'Columns' if plan.mapped.given else 'Columns by their names'}: {columns}.")
    return lines


def _words(done: Imported, counts: ImportedCounts) -> list[str]:
    journal = done.journal
    if not done.new:
        return [f"  It was imported before, as {done.plan.id}; nothing was added."]
    lines = [f"  Went on after {done.resumed:,} units of an earlier try."] if done.resumed else []
    lines.append(
        f"  {counts.spans:,} spans in {counts.traces:,} traces: {counts.actions:,} actions ({counts.actions_failed:,} "
        f"failed), {counts.model_calls:,} model calls, {counts.evaluations:,} evaluations; "
        f"{counts.traces_failed:,} traces failed."
    )
    if journal.runs:
        lines.append(f"  {journal.runs:,} recorded runs of {journal.messages:,} messages; {journal.faults:,} faults.")
    if counts.first_ns is not None and counts.first_ns < 10**18:
        lines.append("  The file tells no times that were measured: its runs stand at 1970-01-01, in their order.")
    for reason, found in sorted(journal.refused.items()):
        lines.append(f"  NOT TAKEN, {found['count']:,}: {_reason(reason)}.")
        lines += [f"    {place}" for place in found["first"]]
    return lines


def _reason(word: str) -> str:
    from goldenthread.record.imports import REASONS
    from goldenthread.record.telemetry import REASONS as OF_SPANS

    return {**OF_SPANS, **REASONS}[word]


def _plan_json(plan: Plan) -> dict[str, Any]:
    return {"id": plan.id, "file": plan.path.name, "format": plan.told.format, "digest": plan.digest}


def _as_json(done: Imported, counts: ImportedCounts) -> dict[str, Any]:
    journal = done.journal
    return {
        **_plan_json(done.plan),
        "new": done.new,
        "resumed": done.resumed,
        **vars(counts),
        "runs": journal.runs,
        "messages": journal.messages,
        "faults": journal.faults,
        "refused": journal.refused,
    }
