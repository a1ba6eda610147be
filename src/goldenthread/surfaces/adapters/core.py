"""What all adapters share: a tool declared to the thread, its calls through the guard, and words for the model."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from goldenthread.promise.errors import Denied, Drafted, GoldenthreadError, NoRun, Stopped, ValueProblem
from goldenthread.promise.values import Json, canonical
from goldenthread.surfaces.adapters.arguments import as_json, jsonable, text
from goldenthread.surfaces.sdk import Run
from goldenthread.surfaces.sdk.run import CURRENT


class Halt(BaseException):
    """
    Ends the loop of a framework that would hand any Exception to the model as the tool's answer.

    `released` at the adapter's edge turns it back into `cause`. Where nobody does, the process sees it: the run stays
    open, and nothing was done.
    """

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


@dataclasses.dataclass(frozen=True)
class Kept:
    """A tool's answer of which only a part goes on record, and to the model where it is given back later."""

    answer: Any
    part: Any

    def model_dump(self, **_how: Any) -> Any:
        """The part that is kept."""
        return self.part


@contextmanager
def released() -> Iterator[None]:
    """The edge of an adapter: what ended the framework's loop goes on as the error that it is."""
    try:
        yield
    except Halt as halt:
        raise halt.cause from halt


@dataclasses.dataclass(kw_only=True)
class Call:
    """One call of a guarded tool: what was asked for, what is really done, and what the tool itself gave back."""

    name: str
    wanted: Mapping[str, Json]
    done: Mapping[str, Json] | None = None
    given: Any = None  # what the tool returned in this process
    ran: bool = False
    failed: BaseException | None = None  # what the tool itself raised; whatever else is raised, it did not run
    python: Mapping[str, Any] | None = None  # what was asked for, as the framework passed it
    fits: Callable[[dict[str, Json]], Mapping[str, Any]] | None = None  # edited arguments as the tool takes them
    fitted: Mapping[str, Any] | None = None

    @property
    def edited(self) -> bool:
        """Whether it is done with other arguments than the agent asked for."""
        return self.done is not None and canonical(dict(self.done)) != canonical(dict(self.wanted))

    def perform(self, tool: Callable[[dict[str, Json]], Any]) -> Any:
        """
        Let the guard decide the call, and the tool do it.

        Args:
            tool: Called with the permitted arguments.

        Returns:
            What the tool gave back, as it is; as JSON where the call was done by an earlier process.

        Raises:
            Denied, Drafted: The tool did not run; `refusal` has words for the model.
            Waiting: It did not run, and the agent must not go on as if it had.
            GoldenthreadError: The guard failed; it did not run.
        """

        def act(**arguments: Json) -> Json:
            with self._running():
                self.given = tool(arguments)
            return jsonable(self.given)

        return self._result(current(self.name).perform(self.name, act, self.wanted, done_with=self._note))

    async def perform_async(self, tool: Callable[[dict[str, Json]], Awaitable[Any]]) -> Any:
        """The same for a tool that is awaited."""

        async def act(**arguments: Json) -> Json:
            with self._running():
                self.given = await tool(arguments)
            return jsonable(self.given)

        run = current(self.name)
        return self._result(await run.perform_async(self.name, act, self.wanted, done_with=self._note))

    @contextmanager
    def _running(self) -> Iterator[None]:
        self.ran = True
        try:
            yield
        except BaseException as error:
            self.failed = error
            raise

    def is_the_tools(self, error: BaseException) -> bool:
        """Whether the tool itself raised it, as a failure of its own: that is handled as without a guard."""
        return self.failed is error and not isinstance(error, Stopped)

    def _note(self, done: Mapping[str, Json]) -> None:
        self.done = done
        if self.fits is None or not self.edited:
            return
        try:
            self.fitted = self.fits(dict(done))
        except Exception as error:
            raise ValueProblem(
                f"Tool '{self.name}' does not take the arguments that a person wrote, {text(dict(done))}: {error}. "
                "Nothing was done. Run the case again, and answer with arguments that fit."
            ) from error

    def _result(self, result: Any) -> Any:
        return self.given if self.ran else result

    @property
    def taken(self) -> Mapping[str, Any]:
        """The permitted arguments as the tool takes them."""
        if self.edited:
            return self.fitted if self.fitted is not None else dict(self.done or {})
        return self.python if self.python is not None else self.wanted

    def told(self, result: Any) -> Any:
        """The result for the model, which must know if something else was done than it asked for."""
        if not self.edited:
            return result
        note = f"Before this was done, a person changed its arguments. It was done with: {text(dict(self.done or {}))}"
        if result is None or isinstance(result, str):
            return f"{result}\n\n{note}" if result else note
        return {"result": result, "note": note}


def current(name: str) -> Run:
    """
    The run in whose context a tool is called.

    Raises:
        NoRun: None; the tool must not run.
    """
    run = CURRENT.get()
    if run is None:
        raise NoRun(
            f"Tool '{name}' was called outside a run. Start the agent inside `with thread.run(slice, case=...)`."
        )
    return run


def is_read(name: str) -> bool:
    """Whether a call now would be a read that stays here, which may overlap others."""
    run = CURRENT.get()
    return run is not None and run.is_silent_read(name)


def refusal(stopped: Denied | Drafted) -> str:
    """What the model is told of a call that does not happen."""
    if isinstance(stopped, Drafted):
        return (
            f"Not done by you: {stopped.message} It is recorded as a draft, and people do this work. "
            "Do not try again; go on with the rest, and say that this is left to people."
        )
    return (
        f"Refused: {stopped.message} Nothing was done. Do not try the same again in other words; "
        "go on without it, and say that it was refused."
    )


def of_kind(error: Exception, base: type[Exception]) -> Exception:
    """An error of the guard as one of a kind that a framework lets through as it is."""
    if isinstance(error, base):
        return error
    if not isinstance(error, GoldenthreadError):
        return base(f"{type(error).__name__}: {error}")
    kind = type(type(error).__name__, (type(error), base), {"__module__": type(error).__module__})
    return cast(Exception, kind(error.message))


def wrapped(
    name: str, tool: Callable[..., Any], decided: Sequence[str], stop: Callable[[Exception, Call], BaseException]
) -> Callable[..., Any]:
    """
    A function under contract, with the same name, signature and words.

    Args:
        name: Of the action.
        tool: The function, or coroutine function; one that only returns an awaitable is run to its end.
        decided: Its arguments that the model passes, in order; others, which the framework adds, are passed on unseen.
        stop: What to raise where the guard failed or the call waits for a person: what the framework does not hand to
            the model as the tool's answer.
    """

    def call_of(args: tuple[Any, ...], given: Mapping[str, Any]) -> tuple[Call, dict[str, Any]]:
        named = {**dict(zip(decided, args, strict=False)), **given}
        python = {key: value for key, value in named.items() if key in decided}
        others = {key: value for key, value in named.items() if key not in decided}
        return Call(name=name, wanted=as_json(name, python), python=python), others

    @functools.wraps(tool)
    def act(*args: Any, **given: Any) -> Any:
        call, others = call_of(args, given)
        try:
            return call.told(call.perform(lambda _: _to_the_end(tool(**call.taken, **others))))
        except Exception as error:  # noqa: BLE001 - raised again, or words for the model
            return _words(call, error, stop)

    @functools.wraps(tool)
    async def act_async(*args: Any, **given: Any) -> Any:
        call, others = call_of(args, given)

        async def awaited(_: dict[str, Json]) -> Any:
            return await tool(**call.taken, **others)

        try:
            return call.told(await call.perform_async(awaited))
        except Exception as error:  # noqa: BLE001 - raised again, or words for the model
            return _words(call, error, stop)

    return act_async if inspect.iscoroutinefunction(tool) else act


def _words(call: Call, error: Exception, stop: Callable[[Exception, Call], BaseException]) -> str:
    """Words for the model where the guard refused; anything else is raised."""
    if call.is_the_tools(error):
        raise error
    if isinstance(error, Denied | Drafted):
        return refusal(error)
    raise stop(error, call) from error


def _to_the_end(result: Any) -> Any:
    return asyncio.run(result) if inspect.iscoroutine(result) else result
