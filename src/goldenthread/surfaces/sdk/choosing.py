"""Decisions of an agent under the contract's `decisions`: typed, tried, and what broke them on record."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from goldenthread.control import guard
from goldenthread.control.guard import Breach, Called, Desk, Step
from goldenthread.promise.contract import DecisionContract
from goldenthread.promise.errors import (
    DecisionBreach,
    DecisionUndeclared,
    GoldenthreadError,
    NotCanonical,
    ToolBreach,
    ValueProblem,
)
from goldenthread.promise.values import digest
from goldenthread.surfaces.sdk.context import ACTING
from goldenthread.surfaces.sdk.tries import Tries


class Choosing(ABC):
    """What of a run makes decisions under contract."""

    def decision(self, name: str, step: Callable[..., Any], /, **inputs: Any) -> Any:
        """
        Let the agent decide something under the contract's `decisions`: what goes in and comes out is typed, it is
        tried as often as the contract says, and on record with digests.

        Args:
            name: The decision, as the contract names it.
            step: Decides: called with `inputs`, gives an object. It may retrieve, read and call models; an action with
                an effect is refused inside it, for it may be tried again.
            inputs: JSON.

        Returns:
            What the step gave.

        Raises:
            DecisionUndeclared: The contract has no decision of that name.
            DecisionBreach: It kept its contract in no try, and the contract says `otherwise: fail`.
            Escalated: The same where it says `otherwise: escalate`: a person takes the case.
        """
        if inspect.iscoroutinefunction(step):
            raise ValueProblem(f"What decides '{name}' is a coroutine function. Call `await run.decision_async(...)`.")
        choice = self._choice(name, inputs)
        with self._choosing(choice):
            choice.require_inputs()
            choice.output = choice.call(lambda: step(**inputs))
        return choice.output

    async def decision_async(self, name: str, step: Callable[..., Awaitable[Any]], /, **inputs: Any) -> Any:
        """The same for a step that is a coroutine function; it is cancelled when its time is over."""
        choice = self._choice(name, inputs)
        with self._choosing(choice):
            choice.require_inputs()
            choice.output = await choice.call_async(lambda: step(**inputs))
        return choice.output

    @abstractmethod
    def escalate(self, reason: str) -> NoReturn:
        """Hand the case to a person; ends the run."""

    @abstractmethod
    def _under_contract(self) -> tuple[Desk, guard.Run, list[Step]]:
        """The open run, its desk and its steps so far."""

    def _choice(self, name: str, inputs: Mapping[str, Any]) -> Choice:
        desk, run, _ = self._under_contract()
        return Choice(desk, run, name, inputs)

    @contextmanager
    def _choosing(self, choice: Choice) -> Iterator[None]:
        """The time in which a decision is made: no action happens in it, and a breach ends as its contract says."""
        try:
            with self._made(choice):
                yield
        except Exception as error:
            broken = choice.broken_by(error)
            if broken is None:
                raise
            if choice.escalates:
                self.escalate(broken.message)
            raise broken from error

    @contextmanager
    def _made(self, choice: Choice) -> Iterator[None]:
        token = ACTING.set(f"the decision '{choice.name}'")
        try:
            yield
        finally:
            ACTING.reset(token)
            self._under_contract()[2].append(choice.step())
            choice.record_breaches()


class Choice(Tries):
    """
    A decision that is being made; `output` is what came of it.

    Raises:
        DecisionUndeclared: The contract has no decision of that name.
    """

    def __init__(self, desk: Desk, run: guard.Run, name: str, inputs: Mapping[str, Any]) -> None:
        self._declared = _require_declared(desk, name)
        self._inputs = inputs
        self.output: Any = None
        super().__init__(desk, run, Called(name=name, choice=True), self._declared)

    @property
    def escalates(self) -> bool:
        """Whether a person takes the case if the contract is broken."""
        return self._declared.otherwise == "escalate"

    def require_inputs(self) -> None:
        """
        Raises:
            DecisionBreach: What goes in is not what the contract says; nobody decided.
        """
        self._require("takes", guard.input_problem(self._declared, self._inputs))

    def check(self, result: Any) -> None:
        """
        Raises:
            DecisionBreach: The answer is not what the contract says; each time is on record.
        """
        self._require("gives", guard.answer_problem(self._declared, result))

    def broken_by(self, error: Exception) -> DecisionBreach | None:
        """The breach that the last try's error is; None for what ends a run for a reason of its own."""
        if isinstance(error, DecisionBreach):
            return error
        if isinstance(error, GoldenthreadError) and not isinstance(error, ToolBreach):
            return None
        last = self.breaches[-1] if self.breaches else Breach(clause="tries", words="a tool in it broke its contract")
        return self._breach(last)

    def step(self) -> Step:
        """The decision as a step of the run: digests, no content."""
        content = {"decision": self.name, "inputs": _digest(dict(self._inputs)), "output": _digest(self.output)}
        return Step(kind="decision", content={**content, "tries": self.made})

    def _require(self, clause: str, problem: str | None) -> None:
        if problem is not None:
            breach = Breach(clause=clause, words=problem)
            self.breaches.append(breach)
            raise self._breach(breach)

    def _breach(self, breach: Breach) -> DecisionBreach:
        clause = f"decisions.{self.name}.{breach.clause}"
        return DecisionBreach(
            f"Decision '{self.name}' broke its contract: {breach.words} (clause {clause}). "
            "Mend what decides, or sign a contract that says what it gives and how long it may take."
        )


def _require_declared(desk: Desk, name: str) -> DecisionContract:
    contract = desk.contract()
    declared = contract.decisions.get(name)
    if declared is None:
        known = ", ".join(contract.decisions) or "none"
        raise DecisionUndeclared(
            f"The contract '{contract.slice}' names no decision '{name}'; it names {known}. "
            "Write it under `decisions`, and sign that version."
        )
    return declared


def _digest(value: Any) -> str | None:
    try:
        return digest(value) if value is not None else None
    except (NotCanonical, TypeError):
        return None  # held to no contract, or refused by it
