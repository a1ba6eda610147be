from __future__ import annotations

from pathlib import Path

import pytest

from docs.pages import DOCS, PAGES, ROOT, anchors, links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_resolves(page: Path) -> None:
    """A dead link is the first thing that a newcomer meets."""
    assert [target for target in links(page) if not _resolves(page, target)] == []


def test_every_page_is_reachable_from_the_index() -> None:
    """A page that nothing links to is a page that nobody reads."""
    seen, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            waiting += [_target(page, target) for target in links(page) if "://" not in target]
    assert [str(page.relative_to(ROOT)) for page in sorted(DOCS.rglob("*.md")) if page not in seen] == []


def _resolves(page: Path, target: str) -> bool:
    if "://" in target or target.startswith("mailto:"):
        return True
    found, anchor = _target(page, target), target.partition("#")[2]
    return found.exists() and (not anchor or anchor in anchors(found))


def _target(page: Path, target: str) -> Path:
    path = target.partition("#")[0]
    return (page.parent / path).resolve() if path else page
