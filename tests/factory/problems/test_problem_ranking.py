"""Which problems come first, what each lacks, and the picture of them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from control.problems.maps import a_problem, map_text
from goldenthread.control.problems import CATEGORIES, ProblemMap, parse_problems
from goldenthread.factory.problems import ContractState, links_of, map_svg, rank_problems


def rated(tractable: int, measurable: int, **more: Any) -> dict[str, Any]:
    return a_problem(tractability=f"{tractable} of 5, so", measurability=f"{measurable} of 5, so", **more)


def made(**problems: Any) -> ProblemMap:
    return parse_problems(map_text(problems))


FULL = {"evidence": {"log": "412 cases"}, "worth": "40000 EUR/year", "slices": ["payments"]}


def test_what_can_be_solved_and_seen_comes_first_and_worth_decides_between_equals() -> None:
    """The number that people know least must not decide alone."""
    ranked = rank_problems(
        made(
            dear=rated(1, 2, worth="1000000 to 9000000 EUR/year"),
            easy=rated(5, 5),
            small=rated(4, 3, worth="10 EUR/year"),
            large=rated(3, 4, worth="20 to 40 EUR/year"),
            unknown=rated(4, 3),
            gone=rated(5, 5, set_aside="Solved."),
        )
    )
    assert [(one.problem.name, one.place) for one in ranked] == [
        ("easy", 1), ("large", 2), ("small", 3), ("unknown", 4), ("dear", 5), ("gone", None),
    ]  # fmt: skip
    assert ranked[1].why == "tractability 3 x measurability 4, 20 to 40 EUR/year"
    assert ranked[3].why == "tractability 4 x measurability 3, worth unknown"


def test_worths_of_several_currencies_are_not_compared() -> None:
    """A million yen is less than forty thousand euros, and no file says how much less."""
    yen, euros = rated(4, 3, worth="1000000 JPY/year"), rated(4, 3, worth="40000 EUR/year")
    ranked = rank_problems(made(second=yen, first=euros, third=rated(4, 3)))
    assert [one.problem.name for one in ranked] == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("changed", "lacking"),
    [
        ({}, []),
        ({"evidence": {}}, ["evidence"]),
        ({"worth": None}, ["worth"]),
        ({"slices": []}, ["a slice"]),
        ({"measurability": "2 of 5, so"}, ["measurability"]),
        ({"tractability": "2 of 5, so"}, ["tractability"]),
    ],
)
def test_what_a_problem_lacks_is_said_with_the_next_step(changed: dict[str, Any], lacking: list[str]) -> None:
    """Somebody who says so is no evidence, and what cannot be measured will not be seen to get better."""
    fields = {key: value for key, value in (rated(4, 4, **FULL) | changed).items() if value is not None}
    (one,) = rank_problems(made(one=fields))
    assert [words.split(":")[0] for words in one.lacks] == lacking
    assert one.ready is (lacking == [])


def test_links_lead_from_the_problem_to_the_contract() -> None:
    """What a contract is for, and what became of a problem, can be asked from either end."""
    links = links_of(made(one=a_problem(slices=["a", "b"])), {"b": ContractState(state="in force", version=3)})
    assert [(link.problem, link.slice, link.contract.state) for link in links] == [
        ("one", "a", "none"), ("one", "b", "in force"),
    ]  # fmt: skip


def parts(svg: str, tag: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter(f"{{http://www.w3.org/2000/svg}}{tag}"))


def texts(svg: str) -> list[str]:
    return [part.text or "" for part in parts(svg, "text")]


def test_the_picture_has_every_problem_once_as_a_shape_and_once_in_its_key() -> None:
    """What is left out of a picture was decided against without a word."""
    problems = {f"p{number}": rated(1 + number % 5, 3, category=category, worth="5000 EUR/year")
                for number, category in enumerate(CATEGORIES)}  # fmt: skip
    svg = map_svg(made(**problems, aside=rated(3, 3, set_aside="No.")))
    assert len(parts(svg, "g")) == len(CATEGORIES)
    assert [name for name in problems if texts(svg).count(name) != 1] == []
    assert "aside (set aside)" in texts(svg)
    assert svg == map_svg(made(**problems, aside=rated(3, 3, set_aside="No.")))


def test_worth_that_nobody_knows_has_its_own_lane_below_the_least() -> None:
    """Unknown is not little."""
    svg = map_svg(made(known=rated(3, 3, worth="1000 EUR/year"), silent=rated(3, 2)))
    known, silent = (float(part.get("cy", "")) for part in parts(svg, "circle") if part.get("r") == "12")
    lane = next(float(part.get("y", "")) for part in parts(svg, "rect"))
    assert known < lane < silent


def test_problems_in_one_place_do_not_hide_each_other() -> None:
    """Two circles that lie on each other are one for whoever looks."""
    svg = map_svg(made(**{f"p{number}": rated(4, 4, worth="50000 EUR/year") for number in range(6)}))
    at = [(float(one.get("cx", "")), float(one.get("cy", ""))) for one in parts(svg, "circle") if one.get("r") == "12"]
    assert len(at) == 6
    assert min(abs(a[0] - b[0]) + abs(a[1] - b[1]) for i, a in enumerate(at) for b in at[:i]) > 24


def test_words_of_people_cannot_become_part_of_the_picture() -> None:
    """A sentence with a tag in it is a sentence."""
    svg = map_svg(made(one=rated(3, 3, says="<script>alert(1)</script> & more", owner="a<b@example.com")))
    assert "<script>" not in svg
    assert "<script>alert(1)</script> & more" in "".join(part.text or "" for part in parts(svg, "title"))


def test_a_map_without_problems_is_a_picture_too() -> None:
    """The first thing that anybody draws is an empty map."""
    assert parts(map_svg(made()), "g") == []
