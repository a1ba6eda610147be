"""Facts of a slice as the text of their file, for whoever fills them from a log and lets people add what they know."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from goldenthread.factory.candidates.facts import LogFacts, SliceFacts
from goldenthread.factory.candidates.lengths import exact_length
from goldenthread.factory.fit import FACTS, NUMBERS
from goldenthread.promise.contract.scalars import scalar


def facts_text(facts: SliceFacts) -> str:
    """The file; `parse_facts` reads it back to the same facts, shares to a ten-thousandth of a percent."""
    head = {"slice": facts.slice, "title": facts.title, "source": facts.source}
    head |= {key: said for key, said in (("position", facts.position), ("owner", facts.owner)) if said is not None}
    lines = ["apiVersion: goldenthread/v1", "kind: SliceFacts"]
    lines += [f"{key}: {scalar(said)}" for key, said in head.items()]
    for key, block in (("log", _log(facts.log)), ("work", _work(facts)), ("value", _value(facts))):
        inner = [f"  {name}: {text}" for name, text in block]
        lines += [f"{key}:", *inner] if inner else []
    return "\n".join(lines) + "\n"


def _log(log: LogFacts) -> Iterator[tuple[str, str]]:
    for name in ("cases", "weeks", "variants", "handovers"):
        if getattr(log, name) is not None:
            yield name, f"{Decimal(getattr(log, name)):f} {name}"
    if log.done is not None:
        yield "done", scalar(log.done)
    for name in (
        "done_share", "deadline_share", "late_share", "filled_share", "five_variants_share", "reversible_share",
        "rework_share",
    ):  # fmt: skip
        if getattr(log, name) is not None:
            yield name, _percent(getattr(log, name))
    for name in ("cycle_p50", "cycle_p90"):
        if getattr(log, name) is not None:
            yield name, exact_length(getattr(log, name))
    if log.wrong_case_cost is not None:
        yield "wrong_case_cost", f"{log.wrong_case_cost:f} {log.currency}"


def _work(facts: SliceFacts) -> Iterator[tuple[str, str]]:
    for name in FACTS:
        value = facts.work.value(name)
        if isinstance(value, bool):
            yield name, "true" if value else "false"
        elif isinstance(value, Decimal):
            yield name, f"{value:f} {NUMBERS[name]}"
        elif value is not None:
            yield name, value


def _value(facts: SliceFacts) -> Iterator[tuple[str, str]]:
    for name, span in facts.value.items():
        yield name, scalar(str(span))


def _percent(share: Decimal) -> str:
    percent = (share * 100).quantize(Decimal("0.0001")).normalize()
    return f"{percent:f} %"
