"""Many claims at once: which agents may rise together, and what the worst segment proves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from goldenthread.promise.errors import ImpossibleParameter
from goldenthread.promise.evidence.validation import (
    is_number,
    require_share,
    shown,
)


def e_bh(log_es: Mapping[str, float], alpha: float) -> frozenset[str]:
    """
    Which of many agents (or ideas) stand out, when of those chosen a share of at most alpha may be wrong.

    The k with the strongest evidence are chosen, for the largest k whose weakest still has K / (alpha * k), of K in
    all. Valid however the evidence hangs together, and at whichever look one stops.

    Pass what the evidence is *now*. The strongest that it ever was is no evidence any more: chosen by that, the share
    of wrong ones is not held. So somebody chosen at one look may be missing at the next.

    Args:
        log_es: Natural log of the present evidence by name, of everybody who was tried, also of those far behind:
            leaving some out loosens the rule. Minus infinity is no evidence at all.
        alpha: Accepted share of wrong ones among the chosen, on average, in (0, 1).

    Returns:
        The names chosen; empty where none stands out.

    Raises:
        ImpossibleParameter: An alpha outside (0, 1), or evidence that is no number or infinite.

    Source:
        evidence.md, "Many agents"; Wang and Ramdas, arXiv 2009.02824; why not the latched values:
        Tavyrikov, Goeman and de Heide, arXiv 2501.19360.
    """
    require_share("alpha", alpha, "0.05 for a confidence of 95 %")
    for name, log_e in log_es.items():
        _require_evidence(name, log_e)
    strongest = sorted(log_es.values(), reverse=True)
    needed = [math.log(len(strongest) / (alpha * k)) for k in range(1, len(strongest) + 1)]
    enough = [least for log_e, least in zip(strongest, needed, strict=True) if log_e >= least]
    return frozenset(name for name, log_e in log_es.items() if enough and log_e >= enough[-1])


@dataclass(frozen=True, kw_only=True)
class Worst:
    """
    What a claim about every segment rests on.

    Attributes:
        segment: The one with the least evidence; None where no segment was named.
        log_e: Its evidence now, natural log; 0 where it has no cases.
        missing: Segments without any case, sorted: not enough evidence, never a pass.
        passed: True where every segment has evidence of 1 / alpha now, and there is at least one.
    """

    segment: str | None
    log_e: float
    missing: tuple[str, ...]
    passed: bool


def worst(log_es: Mapping[str, float | None], alpha: float) -> Worst:
    """
    The evidence for a claim about every segment: the least of them.

    No correction for their number: if the claim is wrong, it is wrong in some segment, and that one alone reaches
    1 / alpha with a chance of at most alpha. For the same reason the segments may pass at different looks.

    Args:
        log_es: Natural log of the present evidence by segment, of every segment that the claim names; None where
            it has no case yet.
        alpha: Accepted chance of promoting wrongly, in (0, 1).

    Returns:
        The worst segment. Without any segment nothing is proved.

    Raises:
        ImpossibleParameter: An alpha outside (0, 1), or evidence that is no number or infinite.

    Source:
        evidence.md, "Segments".
    """
    require_share("alpha", alpha, "0.05 for a confidence of 95 %")
    known = {name: 0.0 if log_e is None else log_e for name, log_e in log_es.items()}
    for name, log_e in known.items():
        _require_evidence(name, log_e)
    missing = tuple(sorted(name for name, log_e in log_es.items() if log_e is None))
    if not known:
        return Worst(segment=None, log_e=0.0, missing=(), passed=False)
    segment = min(known, key=lambda name: (known[name], name))
    return Worst(
        segment=segment,
        log_e=known[segment],
        missing=missing,
        passed=not missing and known[segment] >= -math.log(alpha),
    )


def _require_evidence(name: str, log_e: object) -> None:
    if not (is_number(log_e) or log_e == -math.inf):
        raise ImpossibleParameter(
            f"evidence={shown(log_e)} of '{name}' is none; it must be the log of the present evidence, a number below "
            "infinity. Pass what the test's log_e returns."
        )
