"""Every example in the pages does what the page says; `worked` has the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.pages import PAGES, ROOT, Block, blocks
from docs.worked import WORKED, needs, work
from goldenthread.promise.contract import parse_contract
from surfaces.adapters.bench import installed

CONTRACTS = [block for page in PAGES for block in blocks(page) if "kind: AgentImpactContract" in block.text]


@pytest.mark.parametrize("block", CONTRACTS, ids=str)
def test_every_contract_in_the_pages_parses(block: Block) -> None:
    """People copy the first contract they see."""
    assert parse_contract(block.text, str(block)).slice


@pytest.mark.parametrize("page", WORKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_example_runs_and_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    """An example that fails costs the reader the trust in all others."""
    missing = [name for name in sorted(needs(page)) if name.replace("-", "_") not in installed()]
    if missing:
        pytest.skip(f"{page.name} needs {missing[0]}; `make adapters ADAPTERS={missing[0]}` works it where that is")
    work(page, tmp_path)


@pytest.mark.parametrize("page", [page for page in WORKED if needs(page)], ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_that_is_skipped_here_is_worked_before_a_change_is_taken_in(page: Path) -> None:
    """A page that needs a framework which no required run installs would be skipped everywhere, for ever."""
    required = re.search(r'adapters ADAPTERS="(?P<names>[^"]+)"', (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert required is not None
    assert len(needs(page)) == 1, "each framework has an environment of its own, so no page can need two"
    assert needs(page) <= set(required["names"].split())
