"""The frame of the proof: what is printed, and what fails it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from proof.__main__ import main
from proof.ranges import Share, around, at_most, surely_at_most
from proof.registry import Registry, Run, found
from proof.table import Figure, render

INSIDE = Figure(name="rare: delay, cases", stated="1,609", ours=1611.4, error=2.0, seed=7, low=1602.5, high=1615.5)
BESIDE = Figure(name="exact one", stated="19", ours=20, low=19, high=19, note="said so")


def _registry(*figures: Figure) -> Registry:
    registry = Registry()

    @registry.figures("delays")
    def _delays(run: Run) -> Iterator[Figure]:
        yield from figures

    return registry


def test_every_figure_is_printed_beside_the_claim_with_error_and_seed(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever doubts a figure must find there what it is held against and how to make it again."""
    assert main(["delays"], _registry(INSIDE)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "== delays",
        "    figure              evidence.md  ours   error  seed  allowed",
        "ok  rare: delay, cases  1,609        1,611  2      7     1,602 to 1,616",
        "",
        "Figures: 1, all inside what was claimed.",
    ]


def test_a_figure_outside_makes_the_exit_code_one_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A proof that cannot fail proves nothing."""
    assert main([], _registry(INSIDE, BESIDE)) == 1
    printed = capsys.readouterr().out
    assert printed.endswith("Figures: 2, 1 OUTSIDE what was claimed:\n  delays: exact one\n")
    assert "OUTSIDE  exact one           19           20     exact  -     19 to 19" in printed
    assert "  exact one: said so" in printed


def test_a_figure_that_is_no_number_is_outside() -> None:
    """A simulation that gave nothing must not pass for one that gave the right thing."""
    assert not Figure(name="x", ours=math.nan).inside
    assert not Figure(name="x", ours=math.nan, holds=True).inside
    assert not Figure(name="x", ours=1.0, holds=False).inside


def test_no_figures_at_all_do_not_hold() -> None:
    """A section that lost its figures would otherwise be green for ever."""
    assert main([], _registry()) == 1


def test_an_unknown_section_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt name must not look like a proof."""
    assert main(["delay"], _registry(INSIDE)) == 2
    assert capsys.readouterr().err == "No section 'delay'; there is delays. Run `python -m proof --list`.\n"


def test_a_name_is_registered_once() -> None:
    """Two sections of one name would hide each other."""
    with pytest.raises(ValueError, match=r"A section 'delays' is registered already"):
        _registry(INSIDE).figures("delays")(lambda run: iter(()))


def test_ranges_allow_rounding_and_three_standard_errors_and_no_more() -> None:
    """Ranges that were wider than they say would let a wrong figure pass."""
    assert list(around(0.556, 0.001, 0.002).values()) == [pytest.approx(0.5495), pytest.approx(0.5625)]
    assert list(at_most(0.006, 0.001).values()) == [0.0, pytest.approx(0.0065)]


def test_the_upper_limit_of_a_share_is_that_of_clopper_and_pearson() -> None:
    """No false promotion in 1,000 agents does not mean that there are none: at most 3 in 1,000."""
    assert Share(hits=0, of=1_000).upper == pytest.approx(1 - 0.05 ** (1 / 1_000), abs=1e-9)
    share = Share(hits=45, of=1_000)
    assert share.value <= surely_at_most(0.06, share)["high"]
    assert share.value > surely_at_most(0.05, share)["high"]


def test_the_quick_run_simulates_fewer_agents() -> None:
    """It has to end within the time that CI gives it."""
    assert (Run().agents(20_000), Run(quick=True).agents(20_000), Run(quick=True).agents(20_000, 50)) == (
        20_000,
        1_000,
        50,
    )


def test_digits_that_matter_are_printed() -> None:
    """A figure rounded further than its claim could not be compared with it."""
    lines = render("x", [Figure(name="a", ours=value) for value in (0.04512, 10_000.78, 209.13, 0.0)])
    assert [line.split()[3] for line in lines.splitlines()[2:]] == ["0.04512", "10,001", "209.1", "0"]
    assert "10,000.78" in render("x", [Figure(name="a", stated="10,000.78", ours=10_000.7812)])


# A section is proved here with few agents; `make proof` takes the time for many.
@pytest.mark.parametrize("section", list(found().known))
def test_the_quick_part_of_every_section_holds(section: str) -> None:
    """What the documentation claims is true of the code that ships, at every change."""
    assert [figure for figure in found().known[section].measure(Run(quick=True)) if not figure.inside] == []
