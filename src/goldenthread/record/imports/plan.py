"""A file as it would be imported: what it holds, where it belongs, and under which id."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from goldenthread.promise.values import digest
from goldenthread.record.imports import encode
from goldenthread.record.imports.formats import benchmarks, inspect_logs, langfuse, mlflow, otlp, phoenix, tables
from goldenthread.record.imports.guess import Told, told
from goldenthread.record.imports.mapping import Mapped, guessed, read_mapping
from goldenthread.record.imports.model import Format, Unit
from goldenthread.record.imports.reading import Reading
from goldenthread.record.telemetry.envelope import with_attribute

READERS: Mapping[Format, Callable[[Reading], Iterator[Unit]]] = {
    "otlp": otlp.read,
    "langfuse": langfuse.read,
    "phoenix": phoenix.read,
    "mlflow": mlflow.read,
    "inspect": inspect_logs.read,
    "taubench": benchmarks.read_taubench,
    "tau2": benchmarks.read_tau2,
    "table": tables.read,
}

_CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Plan:
    """
    A file as it would be imported.

    Attributes:
        path: The file.
        told: What it holds.
        digest: `sha256:...` of its bytes.
        slice: Where its spans belong that do not say it themselves; '' for nowhere.
        agent: Who did what it holds, where it does not say; '' for nobody in particular.
        mapped: What the columns of a table stand for.
        content: Whether what was said is kept: then it is another import.
        size: Of the file, bytes.
        changed_ns: When it was changed last.
    """

    path: Path
    told: Told
    digest: str
    slice: str
    agent: str
    mapped: Mapped | None
    content: bool
    size: int
    changed_ns: int

    @property
    def id(self) -> str:
        """The first twelve digits of a digest over the file and how it is read: the same import, the same id."""
        mapped = self.mapped.record() if self.mapped is not None else None
        read = {
            "format": self.told.format,
            "slice": self.slice,
            "agent": self.agent,
            "mapped": mapped,
            "content": self.content,
        }
        return digest({"file": self.digest, **read}).removeprefix("sha256:")[:12]

    @property
    def source(self) -> str:
        """What its spans say of where they are from."""
        return f"import:{self.id}"

    def units(self, skip: int = 0) -> Iterator[Unit]:
        """What it holds, from some unit on."""
        reading = Reading(
            path=self.path,
            holding=self.told.holding,
            digest=self.digest,
            agent=self.agent,
            mapped=self.mapped,
            skip=skip,
        )
        return READERS[self.told.format](reading)

    def body(self, units: Sequence[Unit]) -> bytes:
        """Units as one OTLP request; one that is a request already stands by itself."""
        if units[0].body:
            body = units[0].body
            return with_attribute(body, encode.slice_pair(self.slice)) if self.slice else body
        resource = {"service.name": self.told.format, **({"goldenthread.slice": self.slice} if self.slice else {})}
        return encode.request((span for unit in units for span in unit.spans), resource, "goldenthread.import")


def planned(
    path: Path,
    *,
    format: str | None = None,
    slice: str = "",
    agent: str = "",
    mapping: Path | None = None,
    content: bool = False,
) -> Plan:
    """
    What would become of a file; nothing is stored.

    Args:
        path: The file.
        format: What it holds; None: it is told.
        slice: Where its spans belong that do not say it themselves.
        agent: Who did what it holds, where it does not say.
        mapping: A file that says what the columns of a table stand for; None: their names say it.
        content: Whether what was said is kept.

    Raises:
        FileUnusable: A file cannot be read.
        ImportInvalid: It is empty, or cannot be unpacked.
        ImportUnsure: What it or its columns are cannot be told.
    """
    found = told(path, "table" if mapping is not None and format is None else format)
    mapped = None
    if found.format == "table":
        mapped = read_mapping(mapping, found.columns) if mapping is not None else guessed(found.columns, path.name)
    file = path.stat()
    return Plan(
        path=path,
        told=found,
        digest=_digest(path),
        slice=slice,
        agent=agent,
        mapped=mapped,
        content=content,
        size=file.st_size,
        changed_ns=file.st_mtime_ns,
    )


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        while part := file.read(_CHUNK):
            found.update(part)
    return f"sha256:{found.hexdigest()}"
