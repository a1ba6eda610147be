"""Drafts: what somebody writes is kept as written, is theirs alone, and is never saved over unseen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from goldenthread.promise.errors import DraftChanged, DraftRefused, DraftUnknown
from goldenthread.record.drafts import DRAFTS_SCHEMA, LARGEST, MOST, Drafts
from goldenthread.record.store import Home, Store

MAYA, LEE = "maya@example.com", "lee@example.com"


@pytest.fixture
def drafts(home: Home) -> Iterator[Drafts]:
    """The drafts of a home, at a clock that goes a second further at each look."""
    times = iter(datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=number) for number in range(10_000))
    with Store.open(home, schemas=[DRAFTS_SCHEMA]) as store:
        yield Drafts(store, lambda: next(times))


def test_a_text_comes_back_as_it_was_written(drafts: Drafts) -> None:
    """Every letter counts, since it is what people will sign; only the line ends of browsers become those of files."""
    begun = drafts.begin(MAYA, "slice: é 漢 \U0001f9f5\r\nowner: <b>\r", slice_name="intake")
    assert begun == drafts.find(begun.id, [MAYA])
    assert (begun.text, begun.slice, begun.revision) == ("slice: é 漢 \U0001f9f5\nowner: <b>\n", "intake", 1)


def test_a_draft_is_its_authors_alone(drafts: Drafts) -> None:
    """What is not said yet is nobody else's to read, to change or to throw away."""
    mine = drafts.begin(MAYA, "mine")
    for ask in (
        lambda: drafts.find(mine.id, [LEE]),
        lambda: drafts.save(mine.id, [LEE], "theirs", revision=1),
        lambda: drafts.keep(mine.id, [LEE], "theirs"),
        lambda: drafts.drop(mine.id, [LEE]),
    ):
        with pytest.raises(DraftUnknown) as caught:
            ask()
        assert str(caught.value) == (
            f"draft-unknown: You have no draft '{mine.id}'. Open /author, which lists yours, or begin another."
        )
    assert drafts.of([LEE]) == ()
    assert drafts.find(mine.id, ["", MAYA]).text == "mine"


def test_nothing_is_saved_over_what_its_author_has_not_seen(drafts: Drafts) -> None:
    """The same draft open in two tabs: the second is told, and neither text is lost."""
    begun = drafts.begin(MAYA, "one")
    assert drafts.save(begun.id, [MAYA], "two", revision=1).revision == 2
    with pytest.raises(DraftChanged) as caught:
        drafts.save(begun.id, [MAYA], "other", revision=1)
    assert str(caught.value) == (
        "draft-changed: This draft was saved elsewhere meanwhile, at 00:00:01 UTC: it is at revision 2, and this page "
        "knows revision 1. Look at that one, or keep yours."
    )
    assert drafts.save(begun.id, [MAYA], "two", revision=1).revision == 2, "the same text again is no change"
    assert drafts.keep(begun.id, [MAYA], "other").text == "other"
    assert [line.beginning for line in drafts.of([MAYA])] == ["other", "two"]


def test_what_is_no_draft_is_refused_and_saves_nothing(drafts: Drafts) -> None:
    """A limit that is found only when the database refuses is no answer to somebody who wrote for an hour."""
    full = drafts.begin(MAYA, "é" * (LARGEST // 2))
    with pytest.raises(DraftRefused) as caught:
        drafts.save(full.id, [MAYA], full.text + "x", revision=1)
    assert str(caught.value) == (
        "draft-refused: The text has 262,145 bytes; a draft has at most 262,144. Nothing was saved. Shorten it: a "
        "contract is one page."
    )
    for text, words in (("a\0b", "a NUL character"), ("a\ud800b", "half a character")):
        with pytest.raises(DraftRefused, match=words):
            drafts.begin(MAYA, text)
    assert len(drafts.of([MAYA])) == 1


def test_nobody_has_more_drafts_than_they_can_look_through(drafts: Drafts) -> None:
    """A page that lists them all stays a page, and a program that begins them in a loop is stopped."""
    for number in range(MOST):
        drafts.begin(MAYA, f"draft {number}")
    with pytest.raises(DraftRefused, match="You have 100 drafts, and 100 is the most"):
        drafts.begin(MAYA, "one more")
    last = drafts.of([MAYA])[0]
    drafts.drop(last.id, [MAYA])
    assert drafts.begin(MAYA, "one more").text == "one more"
