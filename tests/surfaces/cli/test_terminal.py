"""How things are printed: aligned, harmless, and as they would be typed."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from goldenthread.promise.values import Json
from goldenthread.surfaces.cli.arguments import ASSIGNMENT, call, together, typed
from goldenthread.surfaces.cli.terminal import bar, say, table


def printed(*lines: str) -> str:
    """What `say` prints."""
    with CliRunner().isolation() as (out, _, _):
        say(*lines)
        return out.getvalue().decode()


def test_columns_are_aligned_without_trailing_spaces() -> None:
    """What is piped into another program must be plain."""
    with CliRunner().isolation() as (out, _, _):
        table(("slice", "version"), [("payments", 1), ("claims", None)])
        assert out.getvalue().decode() == "slice     version\npayments  1\nclaims\n"


def test_a_bar_is_full_only_at_one() -> None:
    """A bar that rounds up would say that a gate is passed."""
    assert bar(0.0) == "[....................]   0 %"
    assert bar(0.999) == "[###################.]  99 %"
    assert bar(1.0) == "[####################] 100 %"
    assert bar(7.0) == bar(1.0)


def test_what_steers_a_terminal_is_written_out() -> None:
    """An agent must not be able to repaint what its approver reads."""
    assert printed("pay \x1b[2K\x1b[1Gnothing", "a\u202etxt\r") == "pay \\x1b[2K\\x1b[1Gnothing\na\\u202etxt\\r\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("MIT", "MIT"),
        ("5", '"5"'),
        (5, "5"),
        (True, "true"),
        ("true", '"true"'),
        ("", '""'),
        (" MIT", '" MIT"'),
        ("a\nb", '"a\\nb"'),
        ("a\u202eb", '"a\\u202eb"'),
        (["a", {"b": None}], '["a", {"b": null}]'),
        ("NaN", "NaN"),
        ("Grüße", "Grüße"),
    ],
)
def test_a_value_is_shown_as_it_would_be_typed(value: Json, text: str) -> None:
    """An approval is for exactly these arguments: text and number must not look alike."""
    assert typed(value) == text
    assert ASSIGNMENT.convert(f"name={text}", None, None) == ("name", value)


def test_a_call_shows_its_arguments() -> None:
    """One line in a list must be enough to tell two questions apart."""
    assert call("admit", {"package": "click", "count": 2}) == "admit(package=click, count=2)"


def test_a_value_may_hold_an_equals_sign() -> None:
    """Only the first one divides."""
    assert ASSIGNMENT.convert("query=a=b", None, None) == ("query", "a=b")


@pytest.mark.parametrize("word", ["licence", "=MIT"])
def test_a_word_without_name_or_value_is_refused(word: str) -> None:
    """A guess would approve something that nobody typed."""
    with pytest.raises(click.BadParameter) as caught:
        ASSIGNMENT.convert(word, None, None)
    assert caught.value.message == f"'{word}' is no NAME=VALUE; write e.g. licence=MIT or amount=120."


def test_a_name_twice_is_refused() -> None:
    """Which of the two would count, nobody could tell."""
    with pytest.raises(click.UsageError) as caught:
        together([("licence", "MIT"), ("licence", "GPL")])
    assert caught.value.message == "'licence' is given twice; give each name once."
