"""The thread of an agent whose guard is a server."""

from __future__ import annotations

import functools
import inspect
import ssl
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from goldenthread.control.guard.signed import holder_key
from goldenthread.promise.errors import ManifestMismatch, ValueProblem
from goldenthread.promise.values import Json, Level
from goldenthread.surfaces.remote.run import RemoteRun, current
from goldenthread.surfaces.wire import Wire


class RemoteThread:
    """
    An agent's connection to a server of the guard: it holds the agent's token, and nothing else.

    Args:
        url: Where the server is.
        token: The agent's own.
        manifest: What the agent is made of, as in `connect`.
        tls: How the server's certificate is checked; by default as this machine does.
    """

    def __init__(
        self, url: str, token: str, manifest: Mapping[str, Json], *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.wire = Wire(url, token, tls=tls)
        self.holder = holder_key(token)
        self._manifest = manifest
        self._tools: set[str] = set()
        self._declared: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()

    def action(self, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """
        Put the call of a remote tool under contract.

        The function takes the permit first, then the action's arguments, and sends both to the tool; whoever calls it
        leaves the permit out. It may raise Waiting, Drafted or Denied, as in the SDK.

        Raises:
            ValueProblem: Registered twice, or the function takes no permit.
        """

        def decorate(tool: Callable[..., Any]) -> Callable[..., Any]:
            parameters = list(inspect.signature(tool).parameters.values())
            if name in self._tools or not parameters:
                raise ValueProblem(
                    f"Action '{name}' is registered twice, or its function takes no permit. "
                    "Write `def act(permit, ...)`, once an action."
                )
            self._tools.add(name)
            own = inspect.signature(tool).replace(parameters=parameters[1:])

            @functools.wraps(tool)
            def act(*args: Any, **kwargs: Any) -> Any:
                bound = own.bind(*args, **kwargs)
                bound.apply_defaults()
                return current(name).perform(name, tool, dict(bound.arguments))

            return act

        return decorate

    def run(
        self,
        slice_name: str,
        *,
        case: str,
        given: Mapping[str, Json] | None = None,
        segment: Mapping[str, str] | None = None,
    ) -> RemoteRun:
        """
        A run on a case, for `with`. Opening a case again resumes its open run, and one that a task began.

        Args:
            given: What the case says; by the agent's own word, so no value in it counts as trusted.
            segment: What kind of case it is.
        """
        body: dict[str, Json] = {"slice": slice_name, "case": case}
        if given:
            body["given"] = dict(given)
        if segment:
            body["segment"] = dict(segment)
        return RemoteRun(self, body)

    def declare_once(self, slice_name: str) -> str:
        """
        The fingerprint in a slice, declared at this process's first run there.

        Raises:
            ManifestMismatch: The code registers an action that no tool of the slice declared.
        """
        with self._lock:
            if slice_name not in self._declared:
                manifest = dict(self._manifest)
                said = self.wire.post("agents", "declare", body={"slice": slice_name, "manifest": manifest})
                foreign = sorted(self._tools - set(said["tools"])) if said["tools"] else []
                if foreign:
                    raise ManifestMismatch(
                        f"No tool of '{slice_name}' carries out '{foreign[0]}'; theirs are {', '.join(said['tools'])}. "
                        "Register these, or have the tool declared."
                    )
                self._declared[slice_name] = said
            return str(self._declared[slice_name]["fingerprint"])

    def level(self, slice_name: str) -> Level:
        """The level that this agent had in a slice when it was declared."""
        self.declare_once(slice_name)
        return Level(self._declared[slice_name]["level"])

    def close(self) -> None:
        """Close the line."""
        self.wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
