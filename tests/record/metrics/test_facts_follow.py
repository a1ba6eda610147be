"""Facts follow from the ledger: whatever pieces it comes in, late or corrected, and after a kill."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from goldenthread.record.metrics.facts import (
    FACT_KINDS,
    Fact,
    Fold,
    Pace,
    open_facts,
    read_manifest,
    rebuild,
    refresh,
)
from made_chains import MadeChains, made_chains

SLICES = ("refunds", "o'brien's 退款")
QUICK = Pace(records=41, changes=30, fresh_rows=60, fresh_parts=3)


def stored(folder: Path) -> list[Fact]:
    """What the files say."""
    with open_facts(folder, threads=1) as facts:
        return facts.facts()


def folded(chains: MadeChains) -> list[Fact]:
    """What the fold says of everything at once."""
    found = []
    for name in chains.chains:
        fold = Fold(name)
        for record in chains.read(name, kinds=FACT_KINDS):
            fold.apply(record)
        found += [fact for _, fact in fold.changed()]
    return sorted(found, key=lambda fact: (fact.slice, fact.day, fact.started_us, fact.run))


@pytest.mark.parametrize("seed", [1, 2])
def test_facts_are_the_same_in_whatever_pieces_the_ledger_comes(seed: int, tmp_path: Path) -> None:
    """A page must not depend on when somebody looked before."""
    rng = random.Random(seed)
    chains = made_chains(seed, 30, SLICES)
    every = sum(map(len, chains.chains.values()))
    for cut in sorted(rng.sample(range(1, every), 5)):
        refresh(tmp_path, chains.upto(cut), QUICK)
        assert stored(tmp_path) == folded(chains.upto(cut))
    done = refresh(tmp_path, chains, QUICK)
    assert stored(tmp_path) == folded(chains)
    assert done.rows == len(folded(chains))
    assert any(part.month for part in read_manifest(tmp_path).parts), "months were made on the way"
    assert refresh(tmp_path, chains, QUICK).changed == 0
    again = rebuild(tmp_path, chains)
    assert stored(tmp_path) == folded(chains)
    assert again.refused == done.refused > 0
