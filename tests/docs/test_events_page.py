from __future__ import annotations

from docs.events_reference import reference
from docs.pages import DOCS
from goldenthread.work.events import FIELDS, TYPES


def test_events_page_is_what_the_table_says() -> None:
    """The page is made by `make docs`; a type that changed without it would be promised wrongly."""
    assert (DOCS / "reference" / "events.md").read_text(encoding="utf-8") == reference()


def test_every_field_is_of_some_type_and_every_type_has_words() -> None:
    """What nobody sends is not documented, and what is sent is."""
    used = {name.rstrip("?") for one in TYPES for name in ("slice", "record", "link", *one.fields)}
    assert used == set(FIELDS)
    assert [one.name for one in TYPES if not one.words.endswith(".")] == []


def test_records_of_one_type_say_the_same() -> None:
    """A type has one schema, whichever kinds of record it stands for."""
    for one in TYPES:
        assert {(other.fields, other.words) for other in TYPES if other.name == one.name} == {(one.fields, one.words)}
