"""
`python -m bench.agentdojo [--quick] [SUITE...]`: replay every attack, and print what became of it.

`--quick` looks at constrained only, with the contracts as they are.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from bench.agentdojo.guards import AS_SIGNED, frontier, levels
from bench.agentdojo.replay import Guard
from bench.agentdojo.scoring import Pair, Score, orders, score_pair, score_task
from bench.agentdojo.tables import table
from bench.agentdojo.whole import differences
from bench.agentdojo.worlds import SUITES, VERSION, attack_ids, attack_in, injections, suite, user_task, user_tasks

_SAMPLE = 10
"""Every so many pairs, one is also played through the whole guard."""

Guards = Mapping[tuple[str, str], Mapping[str, Guard]]


def main(arguments: Sequence[str]) -> int:
    """Print the tables; 1 if the whole guard says something else than the pure path."""
    warnings.simplefilter("ignore")  # AgentDojo's dependencies warn of their own ways
    began = time.monotonic()
    by_level = {("level", name): guards for name, guards in levels().items()}
    by_change = {("change", name): guards for name, guards in frontier().items() if name != AS_SIGNED}
    chosen: Guards = (
        {("level", "constrained"): by_level["level", "constrained"]}
        if "--quick" in arguments
        else {**by_level, **by_change}
    )
    scores: dict[tuple[str, str], dict[str, Score]] = defaultdict(lambda: defaultdict(Score))
    differing: list[str] = []
    for name in [name for name in arguments if name in SUITES] or SUITES:
        sample = []
        for place, pair in enumerate(_count(name, chosen, scores)):
            if place % _SAMPLE == 0:
                sample.append(pair)
        differing += differences(name, sample)
        print(
            f"{name}: {len(sample)} runs through the whole guard, too; {time.monotonic() - began:.0f} s",
            file=sys.stderr,
        )
    _print(scores, differing)
    return 1 if differing else 0


def _count(name: str, chosen: Guards, scores: Mapping[tuple[str, str], Mapping[str, Score]]) -> Iterator[Pair]:
    for task in user_tasks(name):
        for guard, guards in chosen.items():
            score_task(scores[guard][name], guards[name], task)
    for pair in pairs(name):
        for guard, guards in chosen.items():
            score_pair(scores[guard][name], guards[name], pair)
        yield pair


def pairs(name: str) -> Iterator[Pair]:
    """Every user task with every attack that has steps, each in its poisoned world."""
    with_steps = [
        attack for attack in attack_ids(name) if attack_in(name, attack, next(iter(user_tasks(name))).world).calls
    ]
    for user in suite(name).user_tasks:
        for attack in with_steps:
            poison = injections(name, user, attack)
            task = user_task(name, user, poison)
            steps = attack_in(name, attack, task.world)
            ways = tuple(orders(task, steps, poison))
            yield Pair(name=f"{name}, {user}, {attack}", task=task, attack=steps, orders=ways)


def _print(scores: Mapping[tuple[str, str], Mapping[str, Score]], differing: Sequence[str]) -> None:
    everywhere = {guard: _sum(by_suite) for guard, by_suite in scores.items()}
    print(f"AgentDojo {VERSION}, enforcing mode\n")
    levels_: dict[tuple[str, ...], Score] = {
        (name, suite_): score
        for (kind, name), by_suite in scores.items()
        if kind == "level"
        for suite_, score in (*by_suite.items(), ("all", everywhere[kind, name]))
    }
    print(table(("level", "suite"), levels_))
    changes: dict[tuple[str, ...], Score] = {(AS_SIGNED,): everywhere["level", "constrained"]}
    changes.update({(name,): score for (kind, name), score in everywhere.items() if kind == "change"})
    print("\nconstrained, all suites, by what is changed in the contracts\n")
    print(table(("contracts",), changes))
    print("\nin effect without a person, at constrained:")
    print("\n".join(everywhere["level", "constrained"].found) or "none")
    print("\nthe whole guard and the pure path differ:")
    print("\n".join(differing) or "nowhere")


def _sum(by_suite: Mapping[str, Score]) -> Score:
    total = Score()
    for score in by_suite.values():
        total.add(score)
    return total


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
