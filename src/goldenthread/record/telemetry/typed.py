"""Typed columns out of attributes: which name counts where several say the same, and values in their column's type."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from goldenthread.record.telemetry import columns
from goldenthread.record.telemetry.attributes import FLAG, LIST, NUMBER, TEXT, WHOLE, Attributes
from goldenthread.record.telemetry.columns import TYPED
from goldenthread.record.telemetry.dialects import COLUMN_OF, IN_JSON, operation_of, parts_of
from goldenthread.record.telemetry.envelope import as_json
from goldenthread.record.telemetry.wire import Bits, Flags, Whole

_NAMED_BY_SPAN = "langfuse.observation.type"
_ERROR = r"^(?P<type>[A-Za-z_][A-Za-z0-9_.]{0,80}(?:Error|Exception|Exit|Interrupt|Timeout)): "
_OF_TOOL = {"tool_arguments": "input_messages", "tool_result": "output_messages"}
_OF_ENTITY = {"execute_tool": "tool_name", "invoke_agent": "agent_name", "invoke_workflow": "workflow_name"}


def typed(found: Attributes, owners: int, left_out: Counter[str]) -> tuple[dict[str, Any], Flags]:
    """
    Columns by name, those that hold anything, and which attributes stand in one.

    Args:
        found: Attributes of spans.
        owners: How many spans there are.
        left_out: Where values of a wrong type are counted; they are in no column.
    """
    places = [COLUMN_OF.get(name, ("", 0)) for name in found.names]
    used = np.zeros(len(found.owner), np.bool_)
    made: dict[str, Any] = {}
    for column in dict.fromkeys(column for column, _ in places if column):
        ranks = np.array([rank if place == column else -1 for place, rank in places])[found.key]
        rows = np.flatnonzero(ranks >= 0)
        values, fits = _in_type(TYPED[column], found, rows)
        left_out["wrong-type"] += int((~fits).sum())
        rows, values = rows[fits], values.filter(pa.array(fits)) if not fits.all() else values
        best = _first(found.owner[rows], ranks[rows])
        if best is not None:
            rows, values = rows[best], values.take(pa.array(best))
        used[rows] = True
        made[column] = _spread(values, found.owner[rows], owners)
    _parts(found, owners, made)
    if "operation" in made:
        made["operation"] = _each(made["operation"], operation_of)
        _entities(made)
    return made, used


def named(made: dict[str, Any], found: Attributes, core: dict[str, Any], owners: int) -> None:
    """
    Add what a dialect says by the span itself: names of tools and of Langfuse's agents, and which error it was.

    Args:
        made: Typed columns, added to.
        found: Attributes of the spans.
        core: Columns of every span: `name` and `status_message`.
        owners: How many spans there are.
    """
    error = pc.struct_field(pc.extract_regex(core["status_message"].fill_null(""), _ERROR), "type")
    if error.null_count < owners:
        _add(made, "error_type", error)
    if "operation" not in made:
        return
    plain = pc.replace_substring_regex(core["name"], "^(execute_tool|invoke_agent|running tool:?) ", "")
    _add(made, "tool_name", _where(pc.equal(made["operation"], "execute_tool"), plain))
    if _NAMED_BY_SPAN in found.names:
        theirs = np.zeros(owners, np.bool_)
        theirs[found.owner[found.key == found.names.index(_NAMED_BY_SPAN)]] = True
        agents = pc.and_(pc.equal(made["operation"], "invoke_agent"), pa.array(theirs))
        _add(made, "agent_name", _where(agents, plain))


def _entities(made: dict[str, Any]) -> None:
    """What a dialect calls an entity is a tool, an agent or a workflow, as the operation says; its input, arguments."""
    if "entity_name" in made:
        for operation, column in _OF_ENTITY.items():
            _add(made, column, _where(pc.equal(made["operation"], operation), made["entity_name"]))
    tools = pc.equal(made["operation"], "execute_tool").fill_null(False)
    for column, plain in _OF_TOOL.items():
        if plain in made:
            _add(made, column, _where(tools, made[plain]))
            made[plain] = _where(pc.invert(tools), made[plain])


def _add(made: dict[str, Any], column: str, values: Any) -> None:
    """Values for those that have none in this column."""
    made[column] = pc.coalesce(made[column], values) if column in made else values


def _where(wanted: Any, values: Any) -> Any:
    return pc.if_else(wanted, values, pa.nulls(len(values), values.type))


def _first(owner: Whole, ranks: Whole) -> Whole | None:
    """The rows that count where an owner says a thing under several names; None: all do."""
    if len(owner) < 2 or (owner[1:] > owner[:-1]).all():
        return None
    order = np.lexsort((np.arange(len(owner)), ranks, owner))
    first = np.append(True, owner[order][1:] != owner[order][:-1])
    best: Whole = order[first]
    return best


def _spread(values: Any, owner: Whole, owners: int) -> Any:
    """A value for each owner, null where there is none."""
    if len(owner) == owners:
        return values
    places, absent = np.zeros(owners, np.int64), np.ones(owners, np.bool_)
    places[owner], absent[owner] = np.arange(len(owner)), False
    return values.take(pa.array(places, mask=absent))


def _in_type(type: str, found: Attributes, rows: Whole) -> tuple[Any, Flags]:
    """The values of these rows in a column's type, and which of them have one."""
    kind = found.kind[rows]
    if type in (columns.TEXT, columns.WORDS):
        return _as_text(type, found, rows, kind), np.ones(len(rows), np.bool_)
    bits = found.bits[rows]
    numbers = np.where(kind == WHOLE, bits.view(np.int64).astype(np.float64), bits.view(np.float64))
    fits = (kind == WHOLE) | (kind == NUMBER)
    for place in np.flatnonzero(kind == TEXT).tolist():
        number = _number(found.text[int(rows[place])].as_py())
        if number is not None:
            numbers[place], fits[place] = number, True
    fits &= np.isfinite(np.where(fits, numbers, 0.0))
    return _BY_TYPE[type](_Numbers(value=numbers, fits=fits, kind=kind, bits=bits))


@dataclass(frozen=True, kw_only=True)
class _Numbers:
    """Values that are numbers: as such, which are any, whether they came as whole ones, and the bits of those."""

    value: NDArray[np.float64]
    fits: Flags
    kind: Whole
    bits: Bits


def _whole(said: _Numbers) -> tuple[Any, Flags]:
    exact = said.kind == WHOLE
    fits = said.fits & (exact | ((np.floor(said.value) == said.value) & (np.abs(said.value) < 2.0**53)))
    values = np.where(exact, said.bits.view(np.int64), np.where(fits & ~exact, said.value, 0).astype(np.int64))
    return pa.array(values), fits


def _real(said: _Numbers) -> tuple[Any, Flags]:
    return pa.array(np.where(said.fits, said.value, 0.0)), said.fits


def _flag(said: _Numbers) -> tuple[Any, Flags]:
    return pa.array(said.bits != 0), said.kind == FLAG


def _micros(said: _Numbers) -> tuple[Any, Flags]:
    fits = said.fits & (said.value >= 0) & (said.value < 1e9)
    return pa.array(np.rint(np.where(fits, said.value, 0.0) * 1e6).astype(np.int64)), fits


_BY_TYPE: dict[str, Callable[[_Numbers], tuple[Any, Flags]]] = {
    columns.WHOLE: _whole,
    columns.NUMBER: _real,
    columns.FLAG: _flag,
    columns.MICROS: _micros,
}


def _as_text(type: str, found: Attributes, rows: Whole, kind: Whole) -> Any:
    text = found.text.take(pa.array(rows))
    numeric = np.flatnonzero((kind != TEXT) & (kind < LIST))
    if len(numeric):
        plain = text.to_pylist()
        for place in numeric.tolist():
            plain[place] = _written(int(kind[place]), found.bits[rows[place]])
        text = pa.array(plain, pa.string())
    return _each(text, _as_list) if type == columns.WORDS else text


def _as_list(text: str) -> str:
    return text if text.startswith("[") else as_json([text])


def _written(kind: int, bits: Any) -> str:
    if kind == NUMBER:
        return repr(float(bits.view(np.float64)))
    return str(int(bits.view(np.int64))) if kind == WHOLE else str(bool(bits)).lower()


def _each(text: Any, change: Callable[[str], str]) -> Any:
    """Text with each of its values changed, once."""
    coded = text.dictionary_encode()
    return pa.array([change(value) for value in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def _number(text: str) -> float | None:
    """The number that a short text is, as some senders write it."""
    try:
        found = float(text) if len(text) <= 32 else math.nan
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _parts(found: Attributes, owners: int, made: dict[str, Any]) -> None:
    """Add what stands in values that are JSON text, where the span says it nowhere else."""
    wanted = {code: name for code, name in enumerate(found.names) if name in IN_JSON}
    if not wanted:
        return
    more: dict[str, dict[int, Any]] = {}
    for row in np.flatnonzero(np.isin(found.key, list(wanted))).tolist():
        name = wanted[int(found.key[row])]
        for (column, _), value in parts_of(name, found.text[row].as_py()).items():
            more.setdefault(column, {})[int(found.owner[row])] = value
    for column, by_owner in more.items():
        plain = made[column].to_pylist() if column in made else [None] * owners
        for owner, value in by_owner.items():
            if plain[owner] is None:
                plain[owner] = _converted(TYPED[column], value)
        made[column] = pa.array(plain, columns.SPANS.field(column).type)


def _converted(type: str, value: Any) -> Any:
    number = float(value)
    if not math.isfinite(number) or abs(number) > 1e15:
        return None
    if type == columns.MICROS:
        return round(number * 1e6) if 0 <= number < 1e9 else None
    return round(number) if type == columns.WHOLE else number
