"""Resources and scopes: few of them for many spans, so each is read once and remembered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from goldenthread.record.telemetry.cleaning import Cleaning
from goldenthread.record.telemetry.envelope import Scope, as_json, pairs, text_field
from goldenthread.record.telemetry.wire import Whole

_MOST_KNOWN = 10_000
_LONGEST = 16 * 1024
_OWN = {
    "service": "service.name",
    "slice": "goldenthread.slice",
    "case_id": "goldenthread.case",
    "run_id": "goldenthread.run",
    "agent_name": "gen_ai.agent.name",
}
"""Columns that a resource may say for all its spans."""


class Resources:
    """What resources and scopes say, cleaned as attributes are; remembers them, so one thread uses it."""

    def __init__(self, cleaning: Cleaning) -> None:
        self._cleaning = cleaning
        self._known: dict[tuple[str, bytes], dict[str, str | None]] = {}

    def look(self, scope: Scope) -> None:
        """
        Raises:
            TelemetryMalformed: A resource or scope is none.
        """
        self._read("resource", scope.resource)
        self._read("scope", scope.scope)

    def columns(
        self, resources: Sequence[bytes], scopes: Sequence[bytes], resource: Whole, scope: Whole
    ) -> dict[str, Any]:
        """
        Columns that spans have from their resource and scope.

        Args:
            resources: Messages by code.
            scopes: The same.
            resource: By span, the code of its resource.
            scope: By span, that of its scope.
        """
        said = [self._read("resource", one) for one in resources]
        scoped = [self._read("scope", one) for one in scopes]
        found = {
            name: pa.array([one[name] for one in said], pa.string()).take(pa.array(resource))
            for name in (*_OWN, "resource")
        }
        found["scope"] = pa.array([one["scope"] for one in scoped], pa.string()).take(pa.array(scope))
        return found

    def _read(self, kind: str, message: bytes) -> dict[str, str | None]:
        if (kind, message) not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[kind, message] = self._resource(message) if kind == "resource" else self._scope(message)
        return self._known[kind, message]

    def _resource(self, message: bytes) -> dict[str, str | None]:
        said = {self._cleaning.text(key): self._clean(key, value) for key, value in pairs(message, 1).items()}
        text = as_json(said)
        own = {column: said.get(key) for column, key in _OWN.items()}
        return {
            **{column: value if isinstance(value, str) else None for column, value in own.items()},
            "resource": text if len(text) <= _LONGEST else as_json({key: said.get(key) for key in _OWN.values()}),
        }

    def _scope(self, message: bytes) -> dict[str, str | None]:
        name, version = text_field(message, 1)[:256], text_field(message, 2)[:64]
        return {"scope": self._cleaning.text(f"{name} {version}".strip()) or None}

    def _clean(self, key: str, value: Any) -> Any:
        plain = key.rsplit(".", 1)[-1]
        text = value if isinstance(value, str) else as_json(value)
        if np.isreal(value) and not isinstance(value, str):
            return value
        return self._cleaning.text(text[:_LONGEST], plain if self._cleaning.speaks(plain) else "")
