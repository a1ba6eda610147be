"""The catalogue of metrics, and which may be an outcome."""

from __future__ import annotations

import pytest

from goldenthread.promise.contract import METRICS, is_health
from goldenthread.promise.contract.metric_names import better


@pytest.mark.parametrize(
    "name",
    [
        "latency", "p95_latency", "latency_ms", "p99_latency_ms", "avg_response_latency", "tokens", "token_count",
        "tokens_per_case", "total_tokens", "win_rate", "winrate", "accuracy", "model_accuracy", "accuracy_score",
        "error_rate", "llm_error_rate", "uptime", "availability", "hallucination_rate", "eval_score", "f1", "f1_score",
        "precision", "recall", "rouge", "time_to_first_token", "ttft", "agreement", "approved_unedited",
        "ungrounded_rate", "agent_time", "policy_violation", "faults", "task_success",
    ],
)  # fmt: skip
def test_how_an_agent_runs_is_a_health_metric_however_it_is_dressed(name: str) -> None:
    """C5: a product that promises tokens or latency promises nothing to the business."""
    assert is_health(name)


@pytest.mark.parametrize(
    "name",
    [
        "cost_to_serve", "time_to_answer", "agent_share", "invoice_accuracy", "order_errors", "complaints", "revenue",
        "cost", "cycle_time", "csat", "rework_rate", "first_time_right", "score", "rate",
    ],
)  # fmt: skip
def test_what_the_work_is_worth_is_none(name: str) -> None:
    """A rule that refuses real outcomes would be worked round within a week."""
    assert not is_health(name)


def test_every_metric_states_everything() -> None:
    """DESIGN: numerator, denominator, unit, direction, label source and due time, all stated."""
    for name, metric in METRICS.items():
        assert metric.name == name
        assert all((metric.numerator, metric.denominator, metric.label_source, metric.due))
        assert metric.unit or metric.kind == "mean"


def test_what_people_have_too_and_what_can_be_hard_is_stated() -> None:
    """A margin beside people and a tripwire on hard events rest on these two lists."""
    assert {name for name, metric in METRICS.items() if metric.people} == {
        "task_success", "rework_rate", "csat", "cost", "cycle_time",
    }  # fmt: skip
    assert {name for name, metric in METRICS.items() if metric.severity} == {
        "rework_rate", "policy_violation",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("agreement", "higher"),
        ("rework_rate", "lower"),
        ("cost_to_serve", "lower"),
        ("time_saved", "higher"),
        ("cost_savings", "higher"),
        ("agent_share", "higher"),
        ("widgets", None),
    ],
)
def test_the_better_direction_is_known_from_the_name_or_not_at_all(name: str, way: str | None) -> None:
    """A guess that is wrong would refuse a good contract, so unknown stays unknown."""
    assert better(name) == way
