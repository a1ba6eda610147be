"""
The fingerprint of an agent: what it declares, plus what the guard sees for itself.

Computed by the guard over manifest, tool schemas and code; not over the contract, nor over the content of
knowledge, whose version each run records.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from goldenthread.promise.errors import ManifestMismatch
from goldenthread.promise.values import Json, digest, digest_bytes


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What an agent is made of; `fingerprint` is the digest of all the rest."""

    agent: str
    manifest: Mapping[str, Json]
    tools: Mapping[str, Json]
    code: str

    @property
    def fingerprint(self) -> str:
        """`sha256:...` over everything that makes the agent behave as it does."""
        return digest(self.record())

    def record(self) -> dict[str, Json]:
        """The declaration as it stands in the ledger."""
        return {"agent": self.agent, "manifest": dict(self.manifest), "tools": dict(self.tools), "code": self.code}


def declare(
    agent: str,
    manifest: Mapping[str, Json],
    tools: Mapping[str, Callable[..., Any]],
    code: Sequence[ModuleType],
) -> Declaration:
    """
    Fingerprint an agent.

    Raises:
        ManifestMismatch: The manifest states a `code` digest or `tools` that differ from what is really here.
        NotCanonical: The manifest is not JSON.
    """
    seen_code = code_digest([*code, *_modules_of(tools)])
    schemas: dict[str, Json] = {name: tool_schema(tool) for name, tool in sorted(tools.items())}
    stated = manifest.get("code")
    if stated is not None and stated != seen_code:
        raise ManifestMismatch(
            f"Agent '{agent}' declares code {stated}, but the code here is {seen_code}. "
            "Leave `code` out of the manifest, or release what is really running."
        )
    named = manifest.get("tools")
    names = list(map(str, named)) if isinstance(named, list | dict) else [str(named)]
    if named is not None and sorted(names) != sorted(schemas):
        raise ManifestMismatch(
            f"Agent '{agent}' declares the tools {', '.join(names) or 'none'}, but registered "
            f"{', '.join(schemas) or 'none'}. Declare what is registered, or leave `tools` out."
        )
    digest(dict(manifest))
    return Declaration(agent=agent, manifest=dict(manifest), tools=schemas, code=seen_code)


def code_digest(modules: Sequence[ModuleType]) -> str:
    """SHA-256 over the source files of modules (a package: all its Python files), independent of where they lie."""
    lines = []
    for module in {module.__name__: module for module in modules}.values():
        for name, path in _source_files(module):
            lines.append(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}")
    return digest_bytes("\n".join(sorted(lines)).encode())


def tool_schema(tool: Callable[..., Any]) -> Json:
    """Parameter names and annotations of a tool, in order."""
    signature = inspect.signature(tool)
    return [
        {
            "name": name,
            "type": inspect.formatannotation(parameter.annotation),
            "required": parameter.default is parameter.empty,
        }
        for name, parameter in signature.parameters.items()
    ]


def _modules_of(tools: Mapping[str, Callable[..., Any]]) -> list[ModuleType]:
    found = (inspect.getmodule(inspect.unwrap(tool)) for tool in tools.values())
    return [module for module in found if module is not None]


def _source_files(module: ModuleType) -> list[tuple[str, Path]]:
    origin = getattr(module, "__file__", None)
    if origin is None:
        return []
    path = Path(origin)
    if path.name != "__init__.py":
        return [(module.__name__, path)]
    return [(f"{module.__name__}/{file.relative_to(path.parent)}", file) for file in sorted(path.parent.rglob("*.py"))]
