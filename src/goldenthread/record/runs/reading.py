"""From a file to a `RunSet`: nothing is stored, and nothing but the file is read."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from goldenthread.promise.errors import FileUnusable, RunsInvalid, ValueProblem
from goldenthread.promise.values import digest_bytes
from goldenthread.record.runs.clock import believed
from goldenthread.record.runs.fields import NOTHING_IMPORTED, refuse
from goldenthread.record.runs.model import FORMATS, Format, RecordedAgent, RecordedRun, RunSet
from goldenthread.record.runs.parsed import Parsed
from goldenthread.record.runs.tau2 import read_tau2
from goldenthread.record.runs.taubench import read_taubench

LARGEST_BYTES = 512 * 1024 * 1024
"""A file beyond this is refused: it would have to fit into memory several times."""

_READERS: Mapping[Format, Callable[[Any, str], Parsed]] = {"taubench": read_taubench, "tau2": read_tau2}
_UNNAMED = "The file does not name its agent, so its runs count for nobody else; name it with `--agent`."
_GZIP = b"\x1f\x8b"


def read_runs(path: Path, format: str | None = None, *, slice: str | None = None, agent: str | None = None) -> RunSet:
    """
    Read a file of recorded runs.

    Args:
        path: JSON, as the benchmark's own program wrote it.
        format: 'taubench' or 'tau2'; None tells it from the file.
        slice: Where the runs belong; None: `<domain>-service`, if the file names its domain, else ''.
        agent: Who did them; None: the file's word, else a name that stands for nobody.

    Raises:
        FileUnusable: No ordinary file, too large, or it cannot be read.
        ValueProblem: No such format, or an empty name.
        RunsInvalid: Damaged, of another format, or a run lacks something or has an impossible value.
    """
    if format is not None and format not in FORMATS:
        raise ValueProblem(f"'{format}' is no format of recorded runs; there are {' and '.join(FORMATS)}. Name one.")
    if agent is not None and not agent.strip():
        raise ValueProblem("An agent's name cannot be empty. Leave it out, or name who did the runs.")
    content = _bytes(path)
    try:
        value = _json(content, path.name)
        parsed = _READERS[_format(value, format, path.name)](value, path.name)
    except RecursionError:
        raise RunsInvalid(f"{path.name}: it is nested too deeply to be a file of runs. {NOTHING_IMPORTED}") from None
    digest = digest_bytes(content)
    named = _named(parsed.agent, agent, digest)
    runs, placeholder = believed([replace(run, agent=named) for run in parsed.runs])
    return RunSet(
        format=parsed.format,
        label=path.stem,
        slice=slice if slice is not None else f"{parsed.domain}-service" if parsed.domain else "",
        agent=named,
        digest=digest,
        runs=_ordered(runs, path.name),
        notes=(
            *(() if named.stated else (_UNNAMED,)),
            *parsed.notes,
            placeholder or _words_on_times(runs, parsed.zoned),
        ),
    )


def _bytes(path: Path) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            what = "a folder" if stat.S_ISDIR(found.st_mode) else "no ordinary file"
            raise FileUnusable(f"{path} cannot be read: it is {what}. Name the file with the runs.")
        if found.st_size > LARGEST_BYTES:
            size = f"{found.st_size / 1024**2:,.0f} MiB; at most {LARGEST_BYTES // 1024**2} are read"
            raise FileUnusable(f"{path} cannot be read: it has {size}. Split it by tasks.")
        return path.read_bytes()
    except OSError as problem:
        raise FileUnusable(
            f"{path} cannot be read: {problem.strerror or problem}. Name another file, or mend the cause."
        ) from problem


def _json(content: bytes, name: str) -> Any:
    if content.startswith(_GZIP):
        refuse(name, "it is compressed; expected plain JSON.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        refuse(name, f"byte {problem.start + 1:,} is not UTF-8; expected JSON in UTF-8.")
    if not text.strip():
        refuse(name, "it is empty.")
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, name))
    except json.JSONDecodeError as problem:
        if not text[problem.pos :].strip() or problem.msg.startswith("Unterminated"):
            refuse(name, f"it ends in the middle, at line {problem.lineno}, column {problem.colno}.")
        refuse(name, f"line {problem.lineno}, column {problem.colno} is no JSON ({problem.msg}).")
    except ValueError as problem:  # a number of thousands of digits
        refuse(name, f"it is no JSON that can be read ({problem}).")


def _once(pairs: list[tuple[str, Any]], name: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        refuse(name, f"an object names '{twice}' twice, so it cannot be told which is meant.")
    return found


def _format(value: Any, wanted: str | None, name: str) -> Format:
    found = _recognised(value)
    if found is None:
        what = "an object without 'simulations'" if isinstance(value, dict) else "no list of runs"
        refuse(
            name,
            f"it is neither format: taubench is a list of runs with 'traj' and 'reward', tau2 an object with "
            f"'info' and 'simulations'; this is {what}.",
        )
    if wanted is not None and wanted != found:
        refuse(name, f"it is of the format {found}, not {wanted}. Use `--format {found}`.")
    return found


def _recognised(value: Any) -> Format | None:
    if isinstance(value, dict):
        return "tau2" if "simulations" in value else None
    if not isinstance(value, list):
        return None
    fits = not value or any(isinstance(one, dict) and {"task_id", "traj"} & set(one) for one in value)
    return "taubench" if fits else None


def _named(found: RecordedAgent, name: str | None, digest: str) -> RecordedAgent:
    """The agent, with the name that was given, or one that no other file's unnamed agent can have."""
    if name is not None:
        return replace(found, name=name, stated=True)
    if found.stated:
        return found
    return replace(found, name=f"unnamed-{digest.removeprefix('sha256:')[:12]}")


def _ordered(runs: Sequence[RecordedRun], name: str) -> tuple[RecordedRun, ...]:
    """Cases in order of their first start where every run has one, else as in the file; trials in order."""
    if not runs:
        refuse(name, "it holds no run.")
    _refuse_twice(runs, name)
    starts = [run.started_at for run in runs if run.started_at is not None]
    timed = len(starts) == len(runs)
    first: dict[str, float] = {}
    for place, run in enumerate(runs):
        key = starts[place].timestamp() if timed else float(place)
        first[run.case] = min(first.get(run.case, key), key)
    return tuple(sorted(runs, key=lambda run: (first[run.case], run.case, run.trial)))


def _refuse_twice(runs: Iterable[RecordedRun], name: str) -> None:
    seen: dict[tuple[str, int] | str, int] = {}
    for number, run in enumerate(runs, 1):
        for key, words in (((run.case, run.trial), f"task {run.case}, trial {run.trial}"), (run.id, f"id {run.id}")):
            if key in seen:
                refuse(f"{name}: run {number}", f"{words} is there already as run {seen[key]}.")
            seen[key] = number


def _words_on_times(runs: Sequence[RecordedRun], zoned: bool) -> str:
    if all(run.started_at is None for run in runs):
        return "The file states no times."
    return "Times are the file's." if zoned else "Times in the file name no zone; they were read as UTC."
