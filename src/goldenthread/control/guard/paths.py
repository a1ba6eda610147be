"""Ways to do a step that were out of order, on the slice's chain: in words that hold no content."""

from __future__ import annotations

from dataclasses import dataclass

from goldenthread.control.guard.desk import Desk
from goldenthread.control.guard.runs import Run

PATH_FAULT = "path:fault"
PATH_TAKE = "path:take"


@dataclass(frozen=True, kw_only=True)
class PathFault:
    """What a way of doing a step suffered from; `taken`: what it gave was used all the same."""

    step: str
    path: str
    words: str
    taken: bool = False


def record_path_fault(desk: Desk, run: Run, fault: PathFault) -> None:
    """A fault of a model or a service, not a failure of the agent: counted in reliability, never in quality."""
    said = {"step": fault.step, "path": fault.path, "words": fault.words, "taken": fault.taken}
    with desk.transaction() as writing:
        writing.append(PATH_FAULT, {"run": run.id, "case": run.case_ref, **said}, by=run.agent)


def record_path(desk: Desk, run: Run, step: str, path: str, place: int) -> None:
    """A step was done in another way than the best; `place` counts from 1, the best."""
    with desk.transaction() as writing:
        said = {"step": step, "path": path, "place": place}
        writing.append(PATH_TAKE, {"run": run.id, "case": run.case_ref, **said}, by=run.agent)
