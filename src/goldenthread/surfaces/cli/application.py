"""The top command: its options, and what becomes of errors."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from typing import Any

import click

from goldenthread.promise.errors import FileUnusable, GoldenthreadError
from goldenthread.surfaces.cli.endings import end_in_order
from goldenthread.surfaces.cli.lazy import LazyGroup

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_COMMANDS = "goldenthread.surfaces.cli.commands"


class Application(LazyGroup):
    """Prints every error as one line, `code: message`, and ends with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, EOFError, KeyboardInterrupt, BrokenPipeError):
            raise
        except GoldenthreadError as error:
            _show_traceback()
            click.echo(str(error), err=True)
        except OSError as error:
            _show_traceback()
            click.echo(_file_words(error), err=True)
        except Exception as error:  # noqa: BLE001  the last resort: whatever it is, one line says so
            _show_traceback()
            click.echo(_fault_words(error), err=True)
        return ctx.exit(1)


@click.group(
    cls=Application,
    commands_at={
        "init": (f"{_COMMANDS}.init:init", "Make a home and its first principal, the bootstrap owner."),
        "principal": (
            f"{_COMMANDS}.principal:principal",
            "Say who may do what, and who is away: grant, revoke, leave, list.",
        ),
        "problem": (f"{_COMMANDS}.problem:problem", "Keep the map of problems that contracts start from."),
        "rank": (f"{_COMMANDS}.worth:rank", "Rank slices of work by how well an agent could earn them."),
        "fit": (f"{_COMMANDS}.fit:fit", "Tell how free an agent a slice of work needs, and may be."),
        "value": (f"{_COMMANDS}.worth:value", "Estimate what a slice of work is worth, as a range."),
        "promise": (f"{_COMMANDS}.worth:promise", "Tell which service promises become affordable."),
        "contract": (f"{_COMMANDS}.contract:contract", "Write, check, plan, show, compare and sign contracts."),
        "release": (
            f"{_COMMANDS}.release:release",
            "Sign releases of agents; see what is other in each.",
        ),
        "discover": (f"{_COMMANDS}.discover:discover", "Show how work is really done, by an event log."),
        "rules": (f"{_COMMANDS}.rules:rules", "Check, sign, show and compare the rules of the whole organisation."),
        "inbox": (f"{_COMMANDS}.inbox:inbox", "Answer what waits for people."),
        "people": (f"{_COMMANDS}.people:people", "Tell who answers for a slice, when, and what their queue will be."),
        "outcome": (f"{_COMMANDS}.outcome:outcome", "See what the work was worth: sources, baselines, what is due."),
        "metrics": (f"{_COMMANDS}.metrics:metrics", "See the standard metrics of a slice, and the runs behind each."),
        "ladder": (f"{_COMMANDS}.ladder:ladder", "Show the level an agent has earned, and what the next one takes."),
        "simulate": (f"{_COMMANDS}.simulate:simulate", "Play a contract against agents of a stated quality."),
        "backtest": (f"{_COMMANDS}.backtest:backtest", "Tell how a contract would have served on recorded cases."),
        "evidence": (f"{_COMMANDS}.evidence:evidence", "Judge a contract on recorded runs of agents."),
        "runs": (f"{_COMMANDS}.runs:runs", "Import recorded runs of an agent, and look at them."),
        "incident": (f"{_COMMANDS}.incident:incident", "See what is not as it must be, and say what is done about it."),
        "watch": (f"{_COMMANDS}.incident:watch", "Look at each day that is over: what is other than usual?"),
        "work": (f"{_COMMANDS}.work:work", "Work on the cases that are handed in, until Ctrl-C."),
        "run": (f"{_COMMANDS}.run:run", "Hand cases to workers; list and cancel their durable runs."),
        "case": (f"{_COMMANDS}.case:case", "List the cases of a slice; erase one."),
        "cost": (f"{_COMMANDS}.cost:cost", "Add up what cases cost: models, tools and people."),
        "prices": (f"{_COMMANDS}.prices:prices", "State prices of models and exchange rates; look up what counts."),
        "thread": (f"{_COMMANDS}.thread:thread", "Follow a business number to the runs behind it, or a run up to it."),
        "why": (f"{_COMMANDS}.why:why", "Show why an action was allowed, or was not."),
        "stop": (f"{_COMMANDS}.stop:stop", "Stop everything, a product, a slice or a tool, at once."),
        "lift": (f"{_COMMANDS}.stop:lift", "Let go on what was stopped: two people, one after the other."),
        "slice": (f"{_COMMANDS}.slice:slice_group", "Stop a slice and let it go on; the same as stop and lift."),
        "ledger": (f"{_COMMANDS}.ledger:ledger", "Verify, checkpoint and replay the record of everything."),
        "audit": (f"{_COMMANDS}.audit:audit", "Hand the record to an auditor."),
        "gateway": (f"{_COMMANDS}.gateway:gateway", "Put an MCP server's tools under contract, for any MCP client."),
        "events": (f"{_COMMANDS}.events:events", "Tell other systems what happens: signed webhooks."),
        "notify": (f"{_COMMANDS}.notify:notify", "Tell people what waits: e-mail, Slack, Teams, and others."),
        "account": (
            f"{_COMMANDS}.account:account",
            "Say how people sign in: invite, bind, remove, list.",
        ),
        "token": (f"{_COMMANDS}.token:token", "Make and revoke tokens for agents, tools, task givers, telemetry."),
        "serve": (f"{_COMMANDS}.serve:serve", "Serve the guard to other processes: enforcing mode."),
        "telemetry": (f"{_COMMANDS}.telemetry:telemetry", "Take in OpenTelemetry spans of agents, and look at them."),
        "undo": (f"{_COMMANDS}.undo:undo", "Take back what agents did."),
        "up": (f"{_COMMANDS}.up:up", "Serve the console on this machine."),
        "version": (f"{_COMMANDS}.version:version", "Print the version."),
    },
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--home",
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    help="The home folder. By default GOLDENTHREAD_HOME, else .goldenthread in this folder.",
)
@click.pass_context
def application(ctx: click.Context, home: str | None) -> None:
    """
    goldenthread: agents that earn their autonomy under a one-page contract.

    \b
    Example:
      goldenthread init --owner maya@example.com
      goldenthread contract check intake.yaml
      goldenthread why 3f9a
    """
    ctx.obj = home


def main() -> None:
    """The entry point `goldenthread`."""
    end_in_order()
    try:
        application(prog_name="goldenthread")
    except OSError as error:  # from printing help, which runs no command
        click.echo(_file_words(error), err=True)
        sys.exit(1)


def _file_words(error: OSError) -> str:
    """What the system said of a file, of what is printed to, or of something that nobody named."""
    reason = error.strerror or str(error)
    if _output_is_lost() or (error.filename is None and error.errno in _NO_ROOM):
        where = "What is printed, or a file of the home,"
        return str(FileUnusable(f"{where} cannot be written: {reason}. Make room or print elsewhere, then try again."))
    if isinstance(error.filename, str | bytes | os.PathLike):
        path = os.fsdecode(error.filename)
        return str(
            FileUnusable(f"{path} cannot be used: {reason}. Name another place, or mend the cause, then try again.")
        )
    return _fault_words(error)


def _output_is_lost() -> bool:
    """Whether what was printed cannot be written; it is then thrown away, so that nothing complains again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def _fault_words(error: Exception) -> str:
    return (
        f"unexpected: {type(error).__name__}: {error}. This is a fault of goldenthread. "
        "Run it again with GOLDENTHREAD_DEBUG=1 for the traceback, and report that."
    )


def _show_traceback() -> None:
    if os.environ.get("GOLDENTHREAD_DEBUG"):
        click.echo(traceback.format_exc(), err=True)
