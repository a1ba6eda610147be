"""A run as an agent's code sees it when the guard is a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from goldenthread.control.guard.signed import make_proof
from goldenthread.promise.errors import Denied, Drafted, Escalated, NoRun, RunClosed, Stopped, Waiting
from goldenthread.promise.values import Json, Level
from goldenthread.surfaces.remote.permit import Permit

if TYPE_CHECKING:
    from goldenthread.surfaces.remote.thread import RemoteThread

CURRENT: ContextVar[RemoteRun | None] = ContextVar("goldenthread_remote_run", default=None)

_STATUS: dict[type[BaseException], str] = {Drafted: "drafted", Denied: "denied"}


class RemoteRun:
    """
    One attempt at a case: `with thread.run(slice, case=...) as run`; its `status` as in the SDK.

    `given` is what the case says, from whoever gave the task if `trusted`.
    """

    def __init__(self, thread: RemoteThread, body: Mapping[str, Json]) -> None:
        self._thread = thread
        self._body = body
        self._opened: Mapping[str, Any] | None = None
        self._token: Token[RemoteRun | None] | None = None
        self._calls = 0
        self._cited: list[str] = []
        self._waits = False
        self.status = "new"
        self.actions: list[str] = []

    @property
    def id(self) -> str:
        """The run's id, also after the block."""
        return str(self._begun()["run"])

    @property
    def level(self) -> Level:
        """The level that counted for this case when the block began."""
        return Level(self._begun()["level"])

    @property
    def given(self) -> Mapping[str, Json]:
        """What the case says."""
        given: Mapping[str, Json] = self._begun()["given"]
        return given

    @property
    def trusted(self) -> bool:
        """Whether it says so by the word of whoever gives tasks."""
        return bool(self._begun()["trusted"])

    def cite(self, document: str) -> None:
        """Rest what follows on something that a tool of this run gave, by its id."""
        self._require_open()
        if document not in self._cited:
            self._cited.append(document)

    def escalate(self, reason: str) -> NoReturn:
        """Hand the case to a person; ends the run."""
        self._require_open()
        said = self._thread.wire.post("runs", self.id, "escalate", body={"reason": reason})
        where = f" It is inbox item {said['item']}." if said["item"] else ""
        raise Escalated(f"Case '{self._body['case']}' went to a person: {reason}.{where}")

    def perform(self, name: str, tool: Callable[..., Any], arguments: Mapping[str, Json]) -> Any:
        """One action: asked for, and handed to the tool with its permit. Called by the decorated tool."""
        answer = self._ask(name, arguments)
        if answer["state"] == "done":
            return answer["result"]
        envelope = answer["permit"]
        permit = Permit(
            envelope=envelope,
            proof=make_proof(self._thread.holder, envelope),
            action=name,
            tools=tuple(answer["tools"]),
        )
        return tool(permit, **answer["arguments"])

    def __enter__(self) -> Self:
        if self._opened is not None:
            raise RunClosed(f"The run on case '{self._body['case']}' is {self.status}. Open another.")
        fingerprint = self._thread.declare_once(str(self._body["slice"]))
        self._opened = self._thread.wire.post("runs", body={**self._body, "fingerprint": fingerprint})
        self.status = "open"
        self._token = CURRENT.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        assert self._token is not None
        CURRENT.reset(self._token)
        self._token = None
        if error is not None and not isinstance(error, Exception):
            return False  # the process is told to stop: the run stays open, to be resumed
        self.status = self._close(error)
        return isinstance(error, Stopped)

    def _ask(self, name: str, arguments: Mapping[str, Json]) -> Mapping[str, Any]:
        self._require_open()
        body: dict[str, Json] = {"action": name, "arguments": dict(arguments), "cited": list(self._cited)}
        if name not in self._begun()["reads"]:
            body["call"], self._calls = self._calls, self._calls + 1
        answer = self._thread.wire.post("runs", self.id, "actions", body=body)
        if answer["action"]:
            self.actions.append(answer["action"])
        if answer["permit"] is None and answer["state"] != "done":
            self._stop(name, answer)
        return answer

    def _stop(self, name: str, answer: Mapping[str, Any]) -> NoReturn:
        words = f"{answer['reason']} (clause {answer['clause']}, action {answer['action'] or 'none'})"
        if answer["state"] == "consumed":
            self._waits = True
            raise Waiting(f"'{name}' is under way: a tool is at it. Open the case again later.")
        if answer["verdict"] == "ask":
            self._waits = True
            raise Waiting(
                f"'{name}' waits for a person, inbox item {answer['item']}: {words}. "
                "Open the case again once they answered."
            )
        if answer["verdict"] == "draft":
            raise Drafted(f"'{name}' is a draft for people: {words}.")
        raise Denied(f"'{name}' does not happen: {words}.")

    def _close(self, error: BaseException | None) -> str:
        if isinstance(error, Escalated):
            return "escalated"
        if self._waits:
            self._thread.wire.post("runs", self.id, "pause")
            return "waiting"
        status = "done" if error is None else _STATUS.get(type(error), "fault")
        return str(self._thread.wire.post("runs", self.id, "end", body={"status": status})["status"])

    def _require_open(self) -> None:
        if self._token is None or self.status != "open":
            raise RunClosed(f"The run on case '{self._body['case']}' is {self.status}. Work inside the `with` only.")

    def _begun(self) -> Mapping[str, Any]:
        if self._opened is None:
            raise RunClosed(f"The run on case '{self._body['case']}' has not begun. Work inside the `with` only.")
        return self._opened


def current(name: str) -> RemoteRun:
    """
    Raises:
        NoRun: An action was called outside a run.
    """
    run = CURRENT.get()
    if run is None:
        raise NoRun(f"Action '{name}' was called outside a run. Call it inside `with thread.run(slice, case=...)`.")
    return run
