"""`goldenthread telemetry`: serve, status, runs, show."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from goldenthread.surfaces.cli.commands.telemetry_import import import_files
from goldenthread.surfaces.cli.terminal import emit, say, table

if TYPE_CHECKING:
    from goldenthread.record.telemetry import Places, Step, TracedRun

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def telemetry() -> None:
    """
    Take in what agents send with OpenTelemetry or other tools recorded, and look at it. It earns no level.

    \b
    Example:
      goldenthread telemetry serve
      goldenthread telemetry runs --agent refund-agent
    """


telemetry.add_command(import_files)


@telemetry.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="An IP address of this machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=4318, show_default=True, help="0: any that is free.")
@click.option("--grpc-port", type=click.IntRange(0, 65535), help="Serve gRPC there, too; usually 4317. 0: any.")
@click.option("--tls-certificate", type=click.Path(dir_okay=False, path_type=Path), help="Certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(dir_okay=False, path_type=Path), help="Its private key, PEM.")
@click.option("--plain", is_flag=True, help="Serve other machines without TLS: something else encrypts.")
@click.option("--content", is_flag=True, help="Keep what was said, redacted, where no contract forbids it.")
@click.option(
    "--keep",
    type=click.FloatRange(0, 100),
    default=100,
    show_default=True,
    metavar="PERCENT",
    help="Of spans that did, cost and failed nothing, those that are kept.",
)
@click.option("--days", type=click.IntRange(1), help="Days for which spans are kept; by default for ever.")
@click.option("--action-days", type=click.IntRange(1), help="The same for actions, agents, evaluations, retrievals.")
@click.option("--content-days", type=click.IntRange(1), help="The same for what was said.")
@click.pass_obj
def serve(
    home: str | None,
    host: str,
    port: int,
    grpc_port: int | None,
    tls_certificate: Path | None,
    tls_key: Path | None,
    plain: bool,
    content: bool,
    keep: float,
    days: int | None,
    action_days: int | None,
    content_days: int | None,
) -> None:
    """
    Receive OTLP over HTTP (protobuf or JSON, gzip or not), and gRPC if asked to, until Ctrl-C.

    Senders come with a token of `goldenthread token create --telemetry`, which opens nothing else.

    \b
    Example:
      goldenthread telemetry serve
      goldenthread telemetry serve --grpc-port 4317
      goldenthread telemetry serve --keep 10 --days 90
      goldenthread telemetry serve --content --content-days 7
    """
    from goldenthread.record.telemetry import Retention
    from goldenthread.surfaces.api import Tls
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.otlp import receive

    if (tls_certificate is None) is not (tls_key is None):
        raise click.UsageError("--tls-certificate and --tls-key go together.")
    tls = Tls(certificate=tls_certificate, key=tls_key) if tls_certificate and tls_key else None
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell's background job begins with Ctrl-C ignored
        signal.signal(ending, _stop)
    retention = Retention(content=content_days, spans=days, actions=action_days)
    with (
        opened(home) as place,
        receive(
            place.ledger,
            host=host,
            port=port,
            grpc_port=grpc_port,
            tls=tls,
            plain=plain,
            content=content,
            share=keep / 100,
            retention=retention,
        ) as receiver,
    ):
        say(f"Telemetry is received at {receiver.url}/v1/traces.")
        if receiver.grpc is not None:
            say(f"Over gRPC it is received at port {receiver.grpc.port}.")
        say(
            "What was said is kept, redacted, where no contract forbids it."
            if content
            else "What was said is not kept."
        )
        say("Ctrl-C ends it.")
        receiver.run()
    say("The receiver has ended.")


@telemetry.command()
@_JSON
@click.pass_obj
def status(home: str | None, as_json: bool) -> None:
    """
    Show how much is stored, and what was refused or left out, by reason.

    \b
    Example:
      goldenthread telemetry status
    """
    from goldenthread.record.telemetry import REASONS, TAKEN_LESS, WHOLE, overview

    found = overview(_places(home))
    if as_json:
        emit(found)
        return
    say(
        f"{found.spans} spans in {found.segments} segments ({found.segment_bytes} bytes) "
        f"and {found.log_pieces} pieces of the log ({found.log_bytes} bytes).",
        f"{found.counts.get('taken', 0)} spans were taken since counting began.",
    )
    words = {**REASONS, **TAKEN_LESS, **WHOLE}
    rows = [(number, word, words[word]) for word, number in found.counts.items() if word in words]
    if rows:
        say("", "Not taken, or taken without a part:")
        table(("count", "reason", "means"), rows)


@telemetry.command()
@click.pass_obj
def verify(home: str | None) -> None:
    """
    Compare every segment with the digest that the ledger has of it.

    \b
    Example:
      goldenthread telemetry verify
    """
    from goldenthread.promise.errors import TelemetryDamaged
    from goldenthread.record.ledger import ORGANISATION
    from goldenthread.record.telemetry import Places, damage
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.otlp import ANCHOR

    with opened(home) as place:
        records: list[Any] = [record.data for record in place.ledger.read(ORGANISATION, kinds=[ANCHOR])]
        found = damage(Places.of(place.home.path), records)
    if found:
        raise TelemetryDamaged(
            f"The stored telemetry is not what the ledger says: {'; '.join(found)}. "
            "Restore what is missing or altered from a backup."
        )
    say("Every segment is what the ledger says.")


@telemetry.command()
@click.option("--agent", metavar="NAME", help="Only of that agent.")
@click.option("--slice", "slice_name", metavar="SLICE", help="Only of that slice.")
@click.option("--day", metavar="YYYY-MM-DD", help="Only those that began on that day, UTC.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many at most.")
@_JSON
@click.pass_obj
def runs(
    home: str | None, agent: str | None, slice_name: str | None, day: str | None, limit: int, as_json: bool
) -> None:
    """
    List traces, the latest first: agent, actions, tokens and cost of each.

    \b
    Example:
      goldenthread telemetry runs --agent refund-agent --day 2026-11-21
    """
    from goldenthread.record.telemetry import Telemetry, list_traces

    with Telemetry(_places(home)) as stored:
        found = list_traces(stored, agent=agent, slice=slice_name, day=_day(day), limit=limit)
    if as_json:
        emit(found)
        return
    columns = ("trace", "began", "agent", "spans", "actions", "failed", "seconds", "tokens", "cost")
    table(
        columns,
        [
            (
                one.trace,
                _instant(one.start_ns),
                one.agent,
                one.spans,
                one.actions,
                one.failed,
                f"{one.duration_ns / 1e9:.3f}",
                _tokens(one.input_tokens, one.output_tokens),
                _money(one.cost_micros),
            )
            for one in found
        ],
    )


@telemetry.command()
@click.argument("trace", metavar="TRACE")
@_JSON
@click.pass_obj
def show(home: str | None, trace: str, as_json: bool) -> None:
    """
    Show the runs of a trace, step by step. TRACE may be its first digits.

    \b
    Example:
      goldenthread telemetry show 4bf92f3577b3
    """
    from goldenthread.record.telemetry import Telemetry, assemble

    with Telemetry(_places(home)) as stored:
        found = assemble(stored, stored.trace_id(trace))
    if as_json:
        emit(found)
        return
    for place, run in enumerate(found):
        say(*([""] if place else []), *_run_words(run))


def _places(home: str | None) -> Places:
    from goldenthread.record.store import Home
    from goldenthread.record.telemetry import Places

    place = Home(home)
    place.identity()
    return Places.of(place.path)


def _run_words(run: TracedRun) -> list[str]:
    ended = "failed" if run.failed else "did not fail"
    whose = f" of {run.agent}" if run.agent else ""
    lines = [
        f"Trace {run.trace}{whose}: {len(run.steps)} steps, {len(run.actions)} actions, {ended}, "
        f"{run.duration_ns / 1e9:.3f} s, {_tokens(run.input_tokens, run.output_tokens) or 'no'} tokens"
        + (f", cost {_money(run.cost_micros)}." if run.cost_micros is not None else "."),
    ]
    if not run.whole:
        lines.append("Some of it is not here, or not yet: a step names another that nobody sent.")
    lines += [_step_words(step, run.start_ns) for step in run.steps]
    return [*lines, *(f"evaluated {one.name}: {one.score} {one.label or ''}".rstrip() for one in run.evaluations)]


def _step_words(step: Step, start_ns: int) -> str:
    failed = "  FAILED" if step.failed else ""
    after = (step.start_ns - start_ns) / 1e9
    inset = "  " * min(step.depth + 1, 20)
    return f"{inset}{step.kind} {step.name}  +{after:.3f} s, {step.duration_ns / 1e9:.3f} s{failed}"


def _tokens(read: int | None, written: int | None) -> str:
    return "" if read is None and written is None else f"{read or 0} + {written or 0}"


def _money(micros: int | None) -> str:
    return "" if micros is None else f"{micros / 1e6:.6f}"


def _instant(start_ns: int) -> str:
    return datetime.fromtimestamp(start_ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _day(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise click.BadParameter(f"'{text}' is no day; write e.g. 2026-11-21.", param_hint="--day") from None


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
