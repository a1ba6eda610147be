"""`connect`, and the thread that an agent's process holds."""

from __future__ import annotations

import functools
import inspect
import os
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Self, TypeVar, cast, overload

from goldenthread.control import guard
from goldenthread.control.guard import AsyncAuthorizer, Authorizer, Declaration, Desk, Leases, Outcome, Request
from goldenthread.promise.errors import NoRun, ValueProblem
from goldenthread.promise.values import Json, Level, TrustMode
from goldenthread.record.ledger import Ledger
from goldenthread.record.metrics import Proposal
from goldenthread.record.principals import KeyRing, load_principals
from goldenthread.record.store import Home
from goldenthread.surfaces.opening import open_ledger
from goldenthread.surfaces.sdk.degrading import Breakers
from goldenthread.surfaces.sdk.knowledge import Bears, Search, Source
from goldenthread.surfaces.sdk.run import CURRENT, Run
from goldenthread.surfaces.sdk.undoing import carry_out

if TYPE_CHECKING:
    from goldenthread.surfaces.remote import RemoteThread
    from goldenthread.surfaces.sdk.worker import Worker

P = ParamSpec("P")
T = TypeVar("T")


@overload
def connect(
    home: Path | str | None = None,
    *,
    agent: str = "agent",
    manifest: Mapping[str, Json] | None = None,
    code: Sequence[ModuleType] = (),
) -> Thread: ...


@overload
def connect(*, url: str, token: str | None = None, manifest: Mapping[str, Json] | None = None) -> RemoteThread: ...


def connect(
    home: Path | str | None = None,
    *,
    agent: str = "agent",
    manifest: Mapping[str, Json] | None = None,
    code: Sequence[ModuleType] = (),
    url: str | None = None,
    token: str | None = None,
) -> Thread | RemoteThread:
    """
    Connect an agent's process to its contracts: embedded (cooperative mode), or to a server (enforcing mode).

    Args:
        home: Folder of the installation; default GOLDENTHREAD_HOME, else `./.goldenthread`.
        agent: Name of the agent as a principal (`goldenthread principal grant NAME --kind agent`).
        manifest: What the agent is made of: model, prompts, knowledge (how it is sourced, chunked, indexed and
            refreshed). The guard adds tool schemas and a digest of the code; all of it is the fingerprint.
        code: Modules whose source is part of the agent, beside those of its tools.
        url: A server of the guard; default GOLDENTHREAD_URL, unless `home` is given. Then the process needs no home,
            and its name is its token's.
        token: The agent's token there; default GOLDENTHREAD_TOKEN.

    Raises:
        ValueProblem: The address is none, or there is no token.
        HomeInvalid: There is no home in that folder.
        PrincipalUnknown: The agent was not granted.
        NotPermitted: It was revoked, or is no agent.
        StoreUnavailable: The database cannot be started or reached.
    """
    url = url or (os.environ.get("GOLDENTHREAD_URL") if home is None else None)
    if url:
        from goldenthread.surfaces.remote import RemoteThread

        return RemoteThread(url, token or os.environ.get("GOLDENTHREAD_TOKEN", ""), manifest or {})
    Home(home).identity()  # in a wrong folder nothing is made
    ledger = open_ledger(home)
    try:
        load_principals(ledger).require_agent(agent)
    except BaseException:
        ledger.store.close()
        raise
    keys = KeyRing(Home(home), os.environ.get("GOLDENTHREAD_PASSPHRASE"))
    return Thread(ledger, keys, agent=agent, manifest=manifest or {}, code=code)


class Thread:
    """
    An agent's connection: its tools, its sources of knowledge, and the runs it works.

    `mode` is ENFORCING only where the agent itself is another process, which holds no key and no tool: a server or a
    gateway makes such a thread for it.
    """

    def __init__(
        self,
        ledger: Ledger,
        keys: KeyRing,
        *,
        agent: str,
        manifest: Mapping[str, Json],
        code: Sequence[ModuleType] = (),
        mode: TrustMode = TrustMode.COOPERATIVE,
    ) -> None:
        self.ledger = ledger
        self.mode = mode
        self.agent = agent
        self.sources: dict[str, Source] = {}
        self.leases = Leases(ledger.store)
        self.breakers = Breakers()
        self._keys = keys
        self._manifest = manifest
        self._code = code
        self._tools: dict[str, Callable[..., Any]] = {}
        self._declaration: Declaration | None = None
        self._desks: dict[str, Desk] = {}
        self._authorizers: dict[str, Authorizer] = {}
        self._async_authorizers: dict[str, AsyncAuthorizer] = {}
        self._declared: set[str] = set()
        self._lock = threading.Lock()

    def action(self, name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
        """
        Put a tool under contract: each call is decided, permitted once, done and recorded.

        Arguments must be JSON. A call may raise Waiting, Drafted or Denied; none is a fault.

        Raises:
            ValueProblem: Registered after the first run, or twice; or a parameter cannot be passed by name.
        """
        if self._declaration is not None or name in self._tools:
            raise ValueProblem(
                f"Action '{name}' is registered too late or twice. Register each action once, before the first run: "
                "the tools are part of the agent's fingerprint."
            )

        def decorate(tool: Callable[P, T]) -> Callable[P, T]:
            signature = inspect.signature(tool)
            _require_names(name, signature)
            self._tools[name] = tool

            @functools.wraps(tool)
            def act(*args: P.args, **kwargs: P.kwargs) -> Any:
                return _current(name).perform(name, tool, _bind(signature, args, kwargs))

            @functools.wraps(tool)
            async def act_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                coroutine = cast(Callable[..., Awaitable[Any]], tool)
                return await _current(name).perform_async(name, coroutine, _bind(signature, args, kwargs))

            return cast(Callable[P, T], act_async) if inspect.iscoroutinefunction(tool) else act

        return decorate

    def undo(self, name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
        """
        Register the tool that a contract names as an action's `undo`. Only people's orders make it act.

        It is called with those arguments of the effect that its parameters name, and `result`, if it has a parameter
        of that name: what the effect's tool gave back.

        Raises:
            ValueProblem: As `action`.
        """
        return self.action(name)

    def carry_out_undos(self, slice_name: str) -> dict[str, str]:
        """
        Take back what people ordered to be undone in a slice, once each, with the tools registered here.

        Returns:
            What became of each order, by its id: 'done'; 'failed', so that it may be ordered again; 'unknown', and a
            person is asked; 'stopped', while the tool is; 'busy', while the case is worked on.
        """
        self.declare_once(slice_name)
        return carry_out(self, slice_name, self._tools)

    def source(self, name: str, *, search: Search, bears: Bears) -> None:
        """
        Register a source of knowledge.

        Args:
            search: `(query, top)` -> documents, nearest first.
            bears: `(document, action, arguments)` -> whether the document bears the claim; it is asked for every
                citation, and its answer is the metric `ungrounded_rate`.
        """
        self.sources[name] = Source(name=name, search=search, bears=bears)

    def run(
        self,
        slice_name: str,
        *,
        case: str,
        given: Mapping[str, Json] | None = None,
        segment: Mapping[str, str] | None = None,
        called_by: str | None = None,
    ) -> Run:
        """
        A run on a case, for `with`. Opening a case again resumes its open run.

        Args:
            given: What the case says; a person who is asked sees it. JSON.
            segment: What kind of case it is, by the contract's `segments`: `{"language": "de"}`. It stands in the
                ledger in the clear: names of kinds, never of people.
            called_by: What `run.call(...)` gave to the agent that called this one.
        """
        return Run(self, slice_name, case, given or {}, segment or {}, called_by)

    def worker(self) -> Worker:
        """A worker with this thread's tools and knowledge: its agents are called for cases that anybody hands in."""
        from goldenthread.surfaces.sdk.worker import Worker

        return Worker(self)

    def record_decisions(
        self, slice_name: str, decisions: Iterable[tuple[str, str, Mapping[str, Json]]], *, by: str
    ) -> None:
        """
        Put on record what people decided on cases before, as (case, action, arguments).

        Such a case runs in shadow whatever the level, and the agent's proposal is held against the decision:
        the same action, and the same value for each argument stated here. Signed with the key of `by`, which must
        be in this home: record the past where it is kept, the agent's own process need not have it.

        Raises:
            KeyMissing, KeyLocked: The key of `by` cannot be used here.
            NotPermitted, DecisionConflict: They may not say this, or something else was said before.
        """
        past = [(case, Proposal(action=action, arguments=arguments)) for case, action, arguments in decisions]
        guard.record_decisions(self.desk(slice_name), past, by, self._keys.sign)

    def observe(
        self,
        slice_name: str,
        *,
        case: str,
        metric: str,
        value: float,
        by: str,
        of: Literal["agent", "people"] = "agent",
        severity: Literal["", "hard"] = "",
    ) -> None:
        """
        Put on record what somebody other than the agent measured on a case, such as `rework_rate` 1.0.

        Signed with the key of `by`, which must be in this home.

        Args:
            of: 'people' for the worth of people's own work on the same case: `csat not below people by 0.1` compares
                the two.
            severity: 'hard' for harm that a tripwire `any hard rework_rate` answers at once.

        Raises:
            ObservationRefused: The guard measures this itself, nobody knows the metric, or it has no such value.
            KeyMissing, KeyLocked, NotPermitted, CaseUnknown: Why not.
        """
        guard.record_observation(
            self.desk(slice_name), case, metric, value, by, self._keys.sign, of=of, severity=severity
        )

    @property
    def fingerprint(self) -> str:
        """The digest of manifest, tools and code; fixed from its first use on."""
        return self.declaration().fingerprint

    def declaration(self) -> Declaration:
        """What this agent is, computed by the guard at the first run."""
        with self._lock:
            if self._declaration is None:
                self._declaration = guard.declare(self.agent, self._manifest, self._tools, self._code)
            return self._declaration

    def desk(self, slice_name: str) -> Desk:
        """The guard's desk for a slice."""
        with self._lock:
            if slice_name not in self._desks:
                self._desks[slice_name] = Desk(self.ledger, slice_name, self.mode)
            return self._desks[slice_name]

    def level(self, slice_name: str) -> Level:
        """The level that this agent has in a slice now; shadow before its first run there."""
        return self.desk(slice_name).standing().level(self.fingerprint)

    def waiting(self, slice_name: str) -> list[str]:
        """Cases whose run waits for a person, oldest first; open each again once somebody answered."""
        return guard.waiting_cases(self.desk(slice_name), self.fingerprint)

    def declare(self, slice_name: str) -> None:
        """
        Put the fingerprint on record in a slice as the one that works there now; the first run does it by itself.

        Call it to put an earlier release back: it has the level that it earned.
        """
        guard.declare_agent(self.desk(slice_name), self.declaration())

    def declare_once(self, slice_name: str) -> None:
        """`declare`, at this process's first run in the slice."""
        if slice_name not in self._declared:
            self.declare(slice_name)
            self._declared.add(slice_name)

    def authorize(self, request: Request) -> Outcome:
        """Ask the guard for one action."""
        desk = self.desk(request.run.slice)
        with self._lock:
            authorizer = self._authorizers.setdefault(desk.slice, Authorizer(desk))
        return authorizer.authorize(request)

    async def authorize_async(self, request: Request) -> Outcome:
        """The same for a task of an event loop."""
        desk = self.desk(request.run.slice)
        with self._lock:
            if desk.slice not in self._async_authorizers:
                self._async_authorizers[desk.slice] = AsyncAuthorizer(desk)
            authorizer = self._async_authorizers[desk.slice]
        return await authorizer.authorize(request)

    def close(self) -> None:
        """Give back what the process holds."""
        for authorizer in self._async_authorizers.values():
            authorizer.close()
        self.leases.close()
        self.ledger.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _current(name: str) -> Run:
    run = CURRENT.get()
    if run is None:
        raise NoRun(f"Action '{name}' was called outside a run. Call it inside `with thread.run(slice, case=...)`.")
    return run


def _require_names(action: str, signature: inspect.Signature) -> None:
    """What is permitted, edited and done are named arguments."""
    for parameter in signature.parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ValueProblem(
                f"Action '{action}' takes '{parameter.name}' without a name of its own, and people approve named "
                "arguments. Write each parameter so that it can be passed by name."
            )


def _bind(signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    return dict(bound.arguments)
