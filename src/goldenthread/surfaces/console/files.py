"""The console's own style sheets, scripts and pictures, read once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable


@dataclass(frozen=True, kw_only=True)
class File:
    """A file that is served as it is; `version` changes with its content."""

    content: bytes
    kind: str

    @property
    def version(self) -> str:
        """The first digits of its SHA-256."""
        return hashlib.sha256(self.content).hexdigest()[:12]


def _read() -> Mapping[str, File]:
    static = files("goldenthread.surfaces.console").joinpath("static")
    style = b"\n".join(sheet.read_bytes() for sheet in _in_order(static.joinpath("css")))
    thread = File(content=static.joinpath("thread.svg").read_bytes(), kind="image/svg+xml")
    return {
        "/console.css": File(content=style, kind="text/css"),
        "/thread.svg": thread,
        "/favicon.ico": thread,  # What browsers ask for beside a JSON page.
        **{
            f"/js/{script.name}": File(content=script.read_bytes(), kind="text/javascript")
            for script in _in_order(static.joinpath("js"))
        },
    }


def _in_order(folder: Traversable) -> list[Traversable]:
    return sorted((one for one in folder.iterdir() if one.is_file()), key=lambda one: one.name)


FILES: Mapping[str, File] = _read()
"""By address; open to all, since an error page needs them to be drawn."""

VERSIONS: Mapping[str, str] = {address: f"{address}?v={file.version}" for address, file in FILES.items()}
"""By address, the same with the version of its content: what a browser may keep for good."""
