"""docs/reference/metrics.md says what the catalogue says."""

from __future__ import annotations

from docs.metrics_reference import reference
from docs.pages import DOCS


def test_the_page_is_the_catalogue() -> None:
    """Whoever reads what a metric counts must read what is computed."""
    assert (DOCS / "reference" / "metrics.md").read_text(encoding="utf-8") == reference()
