"""The agent at its post: connected to a thread, its precedents and the register. Uses the SDK's public names only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from goldenthread.products.open_source_intake import agent, licences, precedents, similarity
from goldenthread.products.open_source_intake.agent import CAREFUL, Act, Parameters, Run, work
from goldenthread.products.open_source_intake.licences import ADMIT, REFUSE
from goldenthread.products.open_source_intake.packages import Package
from goldenthread.products.open_source_intake.precedents import SOURCE, Precedents, bears
from goldenthread.products.open_source_intake.register import Register

SLICE = "open-source-intake"
AGENT = "open-source-intake-agent"
CODE = (agent, licences, precedents, similarity)
"""The modules whose change is another agent: `goldenthread.connect(code=...)`."""

R_co = TypeVar("R_co", bound=Run, covariant=True)


class Thread(Protocol[R_co]):
    """What the product needs of `goldenthread.connect(...)`."""

    def action(self, name: str, /) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Put a tool under contract."""
        ...

    def source(
        self, name: str, /, *, search: Callable[..., Any], bears: Callable[[Any, str, Mapping[str, Any]], bool]
    ) -> object:
        """Register a source of knowledge."""
        ...

    def run(self, slice_name: str, /, *, case: str, given: Mapping[str, Any]) -> AbstractContextManager[R_co]:
        """A run on a case."""
        ...


class Intake(Protocol[R_co]):
    """Takes one package and gives its run, ended or stopped."""

    def __call__(self, package: Package, /) -> R_co:
        """Work one package."""
        ...


def connected(
    thread: Thread[R_co], known: Precedents, register: Register, parameters: Parameters = CAREFUL
) -> Intake[R_co]:
    """
    The agent's actions and its source declared to the thread.

    Args:
        thread: From `goldenthread.connect(agent=AGENT, manifest=manifest(parameters), code=CODE)`.
        known: Precedents; the caller lets them learn each decision once it is made.
        register: Where permitted actions have their effect.
        parameters: The release.

    Returns:
        A function that works one package in a run of its own.
    """
    admit, refuse = _actions(thread, register)
    thread.source(SOURCE, search=known.search, bears=_bears)

    def intake(package: Package) -> R_co:
        case = package.as_input()
        with thread.run(SLICE, case=package.request, given=case) as run:
            work(case, run, admit=admit, refuse=refuse, parameters=parameters)
        return run

    return intake


def _actions(thread: Thread[R_co], register: Register) -> tuple[Act, Act]:
    @thread.action(ADMIT)
    def admit_package(request: str, package: str, licence: str) -> str:
        return register.admit(request=request, package=package, licence=licence).state

    @thread.action(REFUSE)
    def refuse_package(request: str, package: str, licence: str) -> str:
        return register.refuse(request=request, package=package, licence=licence).state

    return admit_package, refuse_package


def _bears(document: Any, action: str, arguments: Mapping[str, Any]) -> bool:
    return bears(document.content, action, arguments)
