"""Events as numbers put in order, and the tables that everything is counted on; as `cleaning` makes them of text."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from goldenthread.factory.discovery.reading.cleaning import DONE
from goldenthread.factory.discovery.reading.database import Workbench
from goldenthread.factory.discovery.reading.encoding import NOTHING, Codes, Encoded, Micros, array_of
from goldenthread.factory.discovery.reading.reach import coded, in_cases, repeated

_Places = npt.NDArray[np.int64]
_EVENTS = "create view events as select * exclude (before, before_us, before_resource), '' as lifecycle from steps"


def arrange(bench: Workbench, log: Encoded, *, in_sql: bool) -> bool:
    """
    Make the tables `cases`, `activities`, `resources` and `events`, these by case, time and place.

    Where every event is a step, the tables of `cleaning.follow` are made, too.

    Args:
        bench: Where.
        log: Of at least one event.
        in_sql: Events may still be taken out, so that `cleaning.follow` is to make its tables.

    Returns:
        Whether they were made.
    """
    activity, resource = _by_name(bench, log, "activity"), _by_name(bench, log, "resource")
    order = _order(log.codes["case_id"], log.times["at_us"])
    with ThreadPoolExecutor(bench.threads) as beside:
        own = (log.codes["case_id"], log.times["at_us"], activity, resource, log.unzoned)
        case, at, done_by, who, unzoned = beside.map(lambda values: values[order], own)
    begins: _Places = np.concatenate(([0], np.flatnonzero(case[1:] != case[:-1]) + 1))
    done = _is_done(log)
    _put_cases(bench, log, order, begins, done)
    rows: dict[str, Any] = {
        "case_no": case,
        "at_us": at,
        "place": order,
        "activity": done_by,
        "resource": _or_null(who, 0),
        "begun_us": _time(log, "begun_us", order),
        "unzoned": unzoned,
    }
    if in_sql or not done.all():
        words = log.names["lifecycle"] if not done.all() else pa.array([""])
        said = log.codes["lifecycle"][order] if not done.all() else np.zeros(len(order), np.int32)
        rows["lifecycle"] = pa.DictionaryArray.from_arrays(array_of(said), words)
        _put(bench, "events", rows)
        return False
    with ThreadPoolExecutor(bench.threads) as beside:
        parts = [
            beside.submit(_put_steps, bench, rows, at, done_by, who, begins),
            beside.submit(_put_paths, bench, case, at, done_by, begins),
            beside.submit(_put_reach, bench, case, done_by, who, begins),
        ]
    for part in parts:
        part.result()
    return True


def _order(case: Codes, at: Micros) -> _Places:
    """Places by case, time and place."""
    if not (at[1:] >= at[:-1]).all():
        return np.lexsort((at, case))
    # Stands by time already: two stable passes over the halves of the number, which numpy makes without comparing.
    order = np.argsort((case & 0xFFFF).astype(np.uint16), kind="stable")
    if int(case.max()) > 0xFFFF:
        order = order[np.argsort((case >> 16).astype(np.uint16)[order], kind="stable")]
    return order


def _put_cases(bench: Workbench, log: Encoded, order: _Places, begins: _Places, done: npt.NDArray[np.bool_]) -> None:
    ids = log.names["case_id"]
    columns: dict[str, Any] = {"case_no": np.arange(len(ids), dtype=np.int32), "case_id": ids}
    for column in ("deadline_us", "ended_us"):
        values = log.times.get(column)
        latest = None if values is None else np.maximum.reduceat(values[order], begins)
        columns[column] = pa.nulls(len(ids), pa.int64()) if latest is None else _or_null(latest, NOTHING)
        if column == "deadline_us":
            columns["deadlines_differ"] = _differ(values, latest, order, begins, len(ids))
    columns["says_done"] = np.ones(len(ids), np.bool_) if done.all() else np.logical_or.reduceat(done[order], begins)
    _put(bench, "cases", columns)


def _differ(
    values: Micros | None, latest: Micros | None, order: _Places, begins: _Places, cases: int
) -> npt.NDArray[np.bool_]:
    """By case, whether what is said of it is not always the same."""
    if values is None or latest is None:
        return np.zeros(cases, np.bool_)
    said = np.where(values == NOTHING, np.iinfo(np.int64).max, values)[order]
    differs: npt.NDArray[np.bool_] = (latest != NOTHING) & (np.minimum.reduceat(said, begins) != latest)
    return differs


def _put_steps(
    bench: Workbench, rows: Mapping[str, Any], at: Micros, activity: Codes, resource: Codes, begins: _Places
) -> None:
    """Make the table `steps`, each with what came before it in its case, and `events`, which are the same."""
    later = np.ones(len(at), np.bool_)
    later[begins] = False
    giver = _moved(resource)
    giver[begins] = 0
    before = {
        "before": array_of(_moved(activity), later),
        "before_us": array_of(_moved(at), later),
        "before_resource": _or_null(giver, 0),
    }
    _put(bench, "steps", {**rows, **before})
    bench.run(_EVENTS)


def _put_paths(bench: Workbench, case: Codes, at: Micros, activity: Codes, begins: _Places) -> None:
    """Make the tables `paths` (a row a case) and `repeats` (activities that came again in a case)."""
    ends = np.append(begins[1:], len(case))
    first, last = at[begins], at[ends - 1]
    single = ends - begins == 1
    until = array_of(at[np.maximum(ends - 2, begins)] - first, ~single)
    _put(bench, "paths", {
        "case_no": case[begins],
        "first_us": first,
        "last_us": last,
        "cycle_us": last - first,
        "until_last_us": until,
        "path": pa.ListArray.from_arrays(array_of(np.append(begins, len(case)).astype(np.int32)), array_of(activity)),
    })  # fmt: skip
    where, what, times = repeated(case, activity, int(activity.max()) + 1)
    _put(bench, "repeats", {
        "case_no": where.astype(np.int32), "activity": what.astype(np.int32), "times": times.astype(np.int64),
    })  # fmt: skip


def _put_reach(bench: Workbench, case: Codes, activity: Codes, resource: Codes, begins: _Places) -> None:
    """Make the tables `edge_cases` and `resource_cases`: in how many cases what follows what, and who works."""
    later = np.ones(len(case), np.bool_)
    later[begins] = False
    kinds = int(activity.max()) + 1
    edge = _moved(activity)[later].astype(np.int64) * kinds + activity[later]
    known, codes = coded(edge, kinds * kinds)
    before, after = np.divmod(known, kinds)
    cases = in_cases(case[later], codes, len(known))
    _put(bench, "edge_cases", {"before": before.astype(np.int32), "activity": after.astype(np.int32), "cases": cases})
    cases = in_cases(case, resource, int(resource.max()) + 1)[1:]
    _put(bench, "resource_cases", {"resource": np.arange(1, len(cases) + 1, dtype=np.int32), "cases": cases})


def _by_name(bench: Workbench, log: Encoded, column: str) -> Codes:
    """Make the table of a column's values, numbered from 1 by their names; by event the number, 0 for none."""
    names = log.names[column].to_pylist()
    known = sorted(name for name in names if name)
    number = {name: place for place, name in enumerate(("", *known))}
    table = {"activity": "activities", "resource": "resources"}[column]
    numbered = "select unnest(range(1, 1 + len($1)))::integer as no, unnest($1) as name"
    bench.run(f"create table {table} as {numbered.replace('$1', '$1::varchar[]')}", [known])
    found: Codes = np.array([number[name] for name in names], np.int32)[log.codes[column]]
    return found


def _is_done(log: Encoded) -> npt.NDArray[np.bool_]:
    """By event, whether it says that something was completed."""
    said = np.array([word in DONE for word in log.names["lifecycle"].to_pylist()], np.bool_)
    found: npt.NDArray[np.bool_] = said[log.codes["lifecycle"]]
    return found


def _time(log: Encoded, column: str, order: _Places) -> Any:
    if column not in log.times:
        return pa.nulls(len(order), pa.int64())
    return _or_null(log.times[column][order], NOTHING)


def _or_null(values: npt.NDArray[Any], nothing: int) -> pa.Array:
    known = values != nothing
    return array_of(values, None if known.all() else known)


def _moved(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What stood a row before; the first row gets its own."""
    return np.concatenate((values[:1], values[:-1]))


def _put(bench: Workbench, table: str, columns: Mapping[str, Any]) -> None:
    given = {name: array_of(one) if isinstance(one, np.ndarray) else one for name, one in columns.items()}
    bench.database.register("arranged", pa.table(given))
    bench.run(f"create table {table} as select * from arranged")
    bench.database.unregister("arranged")
