"""goldenthread: an AI product factory. Contracts that agents earn their autonomy under."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from goldenthread.promise.errors import Denied, Drafted, Escalated, GoldenthreadError, Stopped, Waiting

if TYPE_CHECKING:
    from goldenthread.surfaces.sdk import Document as Document
    from goldenthread.surfaces.sdk import connect as connect
    from goldenthread.surfaces.toolside import ToolSide as ToolSide

__version__ = "0.1.0"
__all__ = [
    "Denied",
    "Document",
    "Drafted",
    "Escalated",
    "GoldenthreadError",
    "Stopped",
    "ToolSide",
    "Waiting",
    "__version__",
    "connect",
]


def __getattr__(name: str) -> Any:
    """Load the SDK, or the tool's side, on first use, so that `import goldenthread` stays fast."""
    if name in ("connect", "Document"):
        from goldenthread.surfaces import sdk

        return getattr(sdk, name)
    if name == "ToolSide":
        from goldenthread.surfaces.toolside import ToolSide

        return ToolSide
    raise AttributeError(f"module 'goldenthread' has no attribute {name!r}")
