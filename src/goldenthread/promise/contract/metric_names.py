"""
What the name of a metric tells, also of one that is not in the catalogue.

Health metrics say how an agent runs, never what the work was worth, so none of them may be an outcome (C5).
"""

from __future__ import annotations

import re
from typing import Literal

from goldenthread.promise.contract.metrics import METRICS

_HEALTH = frozenset(
    """
    latency tokens token ttft uptime availability accuracy precision recall f1 auc bleu rouge perplexity
    win wins winrate error errors fault faults failure failures hallucination hallucinations groundedness
    grounding faithfulness benchmark eval evals confidence loss
    """.split()
)
_DRESSING = frozenset(
    """
    rate rates ratio score scores count counts total sum avg average mean median min max ms s sec seconds
    model agent llm ai bot prompt completion answer response request input output api per case cases run
    call tool usage used use percent pct number of the time to first
    """.split()
)
_PERCENTILE = re.compile(r"p[0-9]+")


def is_health(name: str) -> bool:
    """
    True for a metric of how the agent runs: latency, tokens, win rate, accuracy and their like, however dressed.

    `p95_latency_ms`, `token_count` and `model_accuracy` are; `invoice_accuracy` and `cost_to_serve` are not.
    """
    if name in METRICS:
        return METRICS[name].health
    if name in ("time_to_first_token", "tokens_per_second", "win_loss"):
        return True
    core = [word for word in name.split("_") if word not in _DRESSING and not _PERCENTILE.fullmatch(word)]
    return bool(core) and all(word in _HEALTH for word in core)


_BETTER_HIGHER = frozenset(
    """
    saved saving savings freed recovered reduction avoided revenue sales margin profit conversion csat nps
    satisfaction share adoption retention throughput yield resolved solved automation
    """.split()
)
_BETTER_LOWER = frozenset(
    """
    cost costs time backlog complaints complaint churn rework wait waiting delay delays defects defect returns
    refunds losses leakage overdue escalation escalations spend effort
    """.split()
)


def better(name: str) -> Literal["higher", "lower"] | None:
    """Which way a metric gets better, from the catalogue or from the words of its name; None where neither tells."""
    if name in METRICS:
        return METRICS[name].direction
    words = set(name.split("_"))
    if words & _BETTER_HIGHER:
        return "higher"
    return "lower" if words & _BETTER_LOWER else None
