"""How fast `decide` is, which is pure. Never quote it for `authorize`, which makes a permit durable, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.contest import ROUNDS, measured, quantile_us, rate
from bench.contestant import ours_with_rules, timed
from bench.registry import benchmark
from bench.table import Figure, Row

RULES = (10, 100, 1_000)
RULES_SECONDS = 0.2
PEERS = {
    "cedarpy": "cedarpy, policies parsed beforehand",
    "agent-governance-toolkit": "agent-governance-toolkit's govern(), policy loaded beforehand, no audit log",
}
COMMAND = "python -m bench {}"


@benchmark("decide")
def measure_decide() -> Sequence[Row]:
    """
    One decision at constrained, with a list and an amount limit, among 10, 100 and 1,000 declared actions; the same
    question to each peer, in turns of the same run, in one process and in two at once.
    """
    return [*(row for rules in RULES for row in _decisions(rules)), *_with_organisation_rules()]


def _with_organisation_rules() -> Iterator[Row]:
    """Rules in CEL cost where they cover the action, and nothing elsewhere; in turns of one run, one process."""
    contests = {
        f"{on_action} CEL rule{'' if on_action == 1 else 's'} on the action, {elsewhere:,} on others": ours_with_rules(
            on_action=on_action, elsewhere=elsewhere
        )
        for on_action, elsewhere in ((0, 0), (0, 1_000), (1, 0), (10, 1_000))
    }
    taken: dict[str, list[int]] = {name: [] for name in contests}
    for _ in range(ROUNDS):
        for name, ask in contests.items():
            taken[name] += timed(ask, RULES_SECONDS)
    none, *_ = (quantile_us([one], 0.5) for one in taken.values())
    for name, nanoseconds in taken.items():
        for share, quantile in ((0.5, "p50"), (0.99, "p99")):
            what = f"decide (pure, no permit), 100 rules, {name}, {quantile}"
            yield _beside(what, "us", quantile_us([nanoseconds], share), none, "without CEL rules, p50, same run")


def _decisions(rules: int) -> Iterator[Row]:
    one = measured(rules, processes=1)
    two = measured(rules, processes=2)
    own = f"decide (pure, no permit), {rules} rules"
    peers = [name for name in one if name != "ours"]
    for share, name in ((0.5, "p50"), (0.99, "p99"), (0.999, "p99.9")):
        for peer in peers:
            ours, theirs = quantile_us(one["ours"], share), quantile_us(one[peer], share)
            yield _beside(f"{own}, {name}", "us", ours, theirs, PEERS[peer])
    for taken, processes in ((one, "one process"), (two, "two processes")):
        for peer in peers:
            ours, theirs = rate(taken["ours"]), rate(taken[peer])
            yield _beside(f"{own}, rate, {processes}", "decisions/s", ours, theirs, PEERS[peer])
    p50 = quantile_us(one["ours"], 0.5)
    yield _beside(f"{own}, p50", "us", p50, 8, "our limit, without CEL rules")


def _beside(what: str, unit: str, ours: float | None, theirs: float | None, against: str) -> Row:
    return Row(
        what=what,
        ours=Figure(value=ours, unit=unit),
        beside=Figure(value=theirs, unit=unit),
        against=against,
        better="lower" if unit == "us" else "higher",
        command=COMMAND.format("decide"),
    )
