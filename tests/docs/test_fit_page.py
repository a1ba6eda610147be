"""The page of worked recommendations is what the table says today."""

from __future__ import annotations

from docs.pages import DOCS
from factory.fit.described import page


def test_the_page_is_what_the_table_says() -> None:
    """Somebody argues with the printed reasoning; it must be the reasoning."""
    assert (DOCS / "reference" / "fit.md").read_text(encoding="utf-8") == page()
