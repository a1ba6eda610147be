"""`goldenthread work`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from goldenthread.promise.errors import WorkerInvalid
from goldenthread.surfaces.cli.terminal import say

if TYPE_CHECKING:
    from goldenthread.surfaces.sdk.worker import Worker


@click.command()
@click.argument("address", metavar="MODULE:WORKER")
@click.option(
    "--grace",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    help="Seconds that turns under way have to end after Ctrl-C or SIGTERM; then another worker goes on with them.",
)
def work(address: str, grace: float) -> None:
    """
    Work on the cases that are handed in, until Ctrl-C.

    MODULE:WORKER names what `thread.worker()` gave, in a module of this folder or an installed one. Start as many as
    you like, on any machine that has the home and its database. The home is the one that the module connects to.

    \b
    Example:
      goldenthread work desk:worker
    """
    worker = found(address)
    slices = ", ".join(worker.slices)
    worker.run(grace_s=grace, ready=lambda: say(f"Working on {slices}. Ctrl-C ends it."))
    say("The worker has ended.")


def found(address: str) -> Worker:
    """
    The worker of that address.

    Raises:
        WorkerInvalid: There is no such module, it has no such name, or that is no worker.
    """
    from goldenthread.surfaces.sdk.worker import Worker

    module_name, colon, name = address.partition(":")
    if not colon or not module_name or not name:
        raise WorkerInvalid(f"'{address}' is no MODULE:WORKER. Write e.g. `goldenthread work desk:worker`.")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as problem:
        if problem.name is None or not f"{module_name}.".startswith(f"{problem.name}."):
            raise WorkerInvalid(
                f"The module '{module_name}' imports '{problem.name}', which is not installed. Install that."
            ) from problem
        raise WorkerInvalid(
            f"There is no module '{module_name}' in {here} or among the installed packages. "
            f"Go to the folder that has {module_name.replace('.', '/')}.py, or name another module."
        ) from problem
    worker = getattr(module, name, None)
    if isinstance(worker, Worker):
        return worker
    kind = f"is of type {type(worker).__name__}" if hasattr(module, name) else "isn't there"
    raise WorkerInvalid(
        f"'{name}' of the module '{module_name}' {kind}; a worker is wanted. Write `{name} = thread.worker()` there."
    )
