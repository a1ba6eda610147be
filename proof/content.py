"""The content detectors on the public data to report on, beside what docs/detectors.md states of them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from proof.content_count import (
    Share,
    false_orders,
    kinds_in,
    orders_found,
    personal_recall,
    prompts_found,
    sentences_false,
    sentences_found,
)
from proof.content_data import carriers, queries, unavailable
from proof.content_training import FOLDER, NAMES, trained
from proof.registry import Run, figures
from proof.table import Figure

# Lowest shares found, and highest false ones, that docs/detectors.md claims; each a little beyond what was measured.
_AT_LEAST = {"CREDIT_CARD": 0.98, "EMAIL_ADDRESS": 0.98, "IBAN_CODE": 0.98, "US_SSN": 0.98, "STREET_ADDRESS": 0.80}
_AT_MOST = {"prompts": 0.05, "mail": 0.05, "tables": 0.05, "queries": 0.002, "sentences": 0.03}


@figures("content")
def content(run: Run) -> Iterator[Figure]:
    """Recall and false alarms of the detectors of personal data, secrets and orders; whether the weights come out."""
    if missing := unavailable():
        yield Figure(name=f"NOT MEASURED: {missing}", ours=0.0, holds=not os.environ.get("CI"))
        return
    for name in () if run.quick else NAMES:
        same = (FOLDER / f"{name}.weights").read_bytes() == trained(name)
        yield Figure(name=f"weights made again: {name}", ours=float(same), holds=same)
    for type, (some, whole) in personal_recall().items():
        yield _figure(f"personal data found: {type}", some, low=_AT_LEAST.get(type, 0.0))
        yield _figure(f"personal data found whole: {type}", whole)
    yield _figure("sentences with personal data: found", sentences_found(), low=0.70)
    yield _figure("sentences without: false", sentences_false(), high=0.20)
    yield _figure("customer queries: personal data, false", kinds_in(queries("test"), "personal_data"), high=0.005)
    benign = [*carriers("test", "mail"), *carriers("test", "tables"), *queries("test")]
    yield _figure("mails, tables and queries: secrets, false", kinds_in(benign, "secrets"), high=0.0)
    yield from _orders()


def _orders() -> Iterator[Figure]:
    for language, found in prompts_found().items():
        yield _figure(f"prompts with an order found: {language}", found, low=0.60 if language == "both" else 0.0)
    for source in ("mail", "tables"):
        for family, found in orders_found(source).items():
            low = 0.50 if family == "all families" else 0.0
            yield _figure(f"orders found in {source}: {family}", found, low=low)
    for source, false in false_orders().items():
        yield _figure(f"orders, false: {source}", false, high=_AT_MOST[source])


def _figure(name: str, counted: Share, low: float = 0.0, high: float = 1.0) -> Figure:
    return Figure(name=f"{name} ({counted.hits} of {counted.of})", ours=counted.value, low=low, high=high)
