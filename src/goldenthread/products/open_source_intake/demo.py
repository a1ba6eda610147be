"""
The story that `make demo` tells: sign, shadow, climb, stop where only a person can go on, fall back to the start.

Everything in it is done through the command line and the SDK, as a user would; the commands are printed.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from importlib.resources import as_file, files
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from goldenthread.products.open_source_intake.agent import CAREFUL, HASTY
from goldenthread.products.open_source_intake.intake import AGENT, SLICE
from goldenthread.products.open_source_intake.licences import Decision
from goldenthread.products.open_source_intake.live import EXPERT, Post, cases, post
from goldenthread.products.open_source_intake.packages import Package
from goldenthread.surfaces.cli import application
from goldenthread.surfaces.sdk import Run
from goldenthread.surfaces.views import waiting as waiting_items

OWNER = "maya@example.com"
REVIEWER = "reviewer@example.com"
ENGINEER = "platform@example.com"
DATA_OWNERS = ("finance-ops", "developer-experience", "open-source-office")
SEALER = "sealer"

GRANTS = (
    (OWNER, "person", ("owner",)),
    (EXPERT, "person", ("expert",)),
    *((name, "data-owner", ("data-owner",)) for name in DATA_OWNERS),
    (REVIEWER, "person", ("approver",)),
    (ENGINEER, "person", ("auditor",)),
    (SEALER, "service", ("sealer",)),
)

Decided = Sequence[tuple[Package, Decision]]


def play(*, serve: bool, live_cases: int) -> None:
    """
    Tell the story in the home of GOLDENTHREAD_HOME; serve the console at the end until Ctrl-C, or not.

    Raises:
        SystemExit: Another demo is at work in that home.
    """
    with _alone(_home()):
        _tell(serve=serve, live_cases=live_cases)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the file beside the home for the length of the block: a second demo would throw the first one's away."""
    lock = home.absolute().with_name(f"{home.absolute().name}.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(
                f"demo-running: Another demo is running in {home}. Let it end, or end it with Ctrl-C, then try again; "
                "or set DEMO_HOME to another folder."
            ) from None
        yield


def _tell(*, serve: bool, live_cases: int) -> None:
    began = time.monotonic()
    _chapter("1. People, keys and a contract on one page")
    _set_up()
    decided, undecided, skipped = cases()
    past, live = decided[:-live_cases], [package for package, _ in decided[-live_cases:]]
    _chapter("2. The agent works in shadow on what people decided before")
    _introduce(decided, undecided, skipped, len(live))
    with post(CAREFUL) as careful:
        careful.record(past)
        _replay(careful, past, "release 1")
        _run("ladder", SLICE)
        _chapter("3. Live work, as far as the level goes")
        _live(careful, live)
        _chapter("4. A worse release must start again")
        with post(HASTY) as hasty:
            _replay(hasty, past, "release 2, hasty")
            hasty_level = hasty.level
            _run("ladder", SLICE)
        careful.thread.declare(SLICE)
        _say(f"Release 1 is put back and still has what it earned: {careful.level}.")
        _chapter("5. Why did that happen?")
        _why(careful)
        _chapter("6. The record")
        _record()
        _chapter("7. What is measured")
        _measure()
        _end(time.monotonic() - began, careful, hasty_level, live)
    _look(serve=serve)


def _set_up() -> None:
    _run("init", "--owner", OWNER, "--demo", quiet=True)
    for name, kind, roles in GRANTS:
        asked = [part for role in roles for part in ("--role", role)]
        _run("principal", "grant", name, "--kind", kind, *asked, "--by", OWNER, quiet=True)
    _run(
        "principal", "grant", AGENT, "--kind", "agent", "--role", "agent", "--responsible", ENGINEER, "--by", OWNER,
        quiet=True,
    )  # fmt: skip
    with as_file(files("goldenthread.products.open_source_intake") / "contract.yaml") as contract:
        _run("contract", "check", str(contract), shown="goldenthread contract check contract.yaml")
        _run("contract", "plan", str(contract), "--brief", shown="goldenthread contract plan contract.yaml --brief")
        for signer in (OWNER, EXPERT, *DATA_OWNERS):
            _run("contract", "sign", str(contract), "--as", signer, quiet=True)
    _say(f"{OWNER}, {EXPERT} and {', '.join(DATA_OWNERS)} have signed: the contract is in force.")


def _introduce(decided: Decided, undecided: Sequence[Package], skipped: int, live: int) -> None:
    by_ecosystem = Counter(package.evidence.ecosystem for package, _ in decided)
    counts = ", ".join(f"{count} {name}" for name, count in by_ecosystem.most_common())
    _say(
        f"{len(decided) + len(undecided)} open-source packages are installed here, one case each. "
        f"{len(decided)} of their authors declared a licence that decides the case ({counts}): the recorded decision, "
        f"which the agent never sees. {len(undecided)} declared none that does, and {skipped} finds could not be read.",
        f"The last {live} are held back as live work; the other {len(decided) - live} are replayed in shadow.",
    )


def _replay(here: Post, past: Decided, name: str) -> None:
    """Replay with a progress bar; say when the level moves."""
    levels, ended = [here.level], Counter[str]()
    with _progress() as progress:
        task = progress.add_task(f"{name} in shadow", total=len(past))

        def seen(_package: Package, run: Run) -> None:
            progress.advance(task)
            ended[run.status] += 1
            if here.level != levels[-1]:
                levels.append(here.level)
                progress.console.print(f"  after {sum(ended.values())} cases: {levels[-2]} -> {levels[-1]}")

        here.replay(past, seen)
    proposed = ended["denied"]  # at shadow a proposal is recorded, and does not happen
    _say(f"{proposed} proposals recorded, {ended['escalated']} cases handed to a person. Level now: {here.level}.")


def _live(here: Post, live: Sequence[Package]) -> None:
    ended = here.work(live)
    words = ", ".join(f"{count} {status}" for status, count in sorted(ended.items()))
    _say(f"{len(live)} live cases at level {here.level}: {words}.")
    _run("inbox", "list", SLICE)
    if not ended["waiting"]:
        return
    asked = (one.id[:8] for one in waiting_items(here.thread.desk(SLICE)) if one.kind == "approval")
    item = next(asked, "ITEM")
    _say(
        "From here on only a real person can go on. Answer one, then let the agent take it up again:",
        f"  {_with_home(f'goldenthread inbox approve {item} --as {REVIEWER}')}",
        f"  {_with_home('python -m goldenthread.products.open_source_intake work')}",
    )


def _why(here: Post) -> None:
    if here.actions:
        _run("why", here.actions[-1])


def _record() -> None:
    _run("ledger", "checkpoint", "--as", SEALER)
    _run("ledger", "verify")
    _run("ledger", "replay")


def _measure() -> None:
    """Standard metrics, for the console's charts; only where what makes them is installed."""
    if any(find_spec(name) is None for name in ("duckdb", "ibis", "pyarrow")):
        _say("Metrics are an extra that is not installed here; `make demo` brings it along.")
        return
    _run("metrics", "refresh")


def _end(took_s: float, careful: Post, hasty_level: str, live: Sequence[Package]) -> None:
    waiting = len(careful.thread.waiting(SLICE))
    _say(
        "",
        "In short",
        f"  {_climbed(careful)}",
        f"  {waiting} of {len(live)} live cases wait for a yes; none of them has had an effect.",
        f"  Release 2 began at shadow, and is at {hasty_level} after the same cases.",
        "  What it saves is unknown until finance-ops reports it: no figure is shown that nobody measured.",
        f"  That took {took_s:.0f} s. All of it is on record in {_home()}.",
        "",
    )


def _climbed(careful: Post) -> str:
    if careful.level == "shadow":
        return "Release 1 is still at shadow: there are too few packages here, or too few were decided rightly."
    return f"Release 1 climbed to {careful.level} on evidence alone, and goes no further before people have answered."


def _look(*, serve: bool) -> None:
    if serve:
        _run("up")
    else:
        _say("Nothing is left running. Look at it in a browser with:", f"  {_with_home('goldenthread up')}")


def _with_home(command: str) -> str:
    return f"GOLDENTHREAD_HOME={_home()} .venv/bin/{command}"


def _run(*words: str, shown: str | None = None, quiet: bool = False) -> None:
    """Run a goldenthread command in this process; a quiet one is shown without its answer."""
    click.secho(f"$ {shown or 'goldenthread ' + shlex.join(words)}", dim=True)
    with redirect_stdout(StringIO()) if quiet else nullcontext():
        code = application.main(args=list(words), prog_name="goldenthread", standalone_mode=False)
    if code:
        raise SystemExit(code)


def _home() -> Path:
    return Path(os.environ.get("GOLDENTHREAD_HOME") or ".goldenthread")


def _chapter(title: str) -> None:
    click.echo()
    click.secho(title, bold=True)


def _say(*lines: str) -> None:
    for line in lines:
        click.echo(line)


def _progress() -> Progress:
    console = Console()
    return Progress(
        TextColumn("  {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=not console.is_terminal,
    )
