"""
Horizon 2: which service promises become affordable at a measured unit cost, speed and quality.

Of V cases a week a promise serves a share c. People take M minutes of a case, at R an hour; a run costs C; h of the
cases are handed to people, and of the rest a is looked at for r minutes. A week then costs

    people, in office hours     V c M R/60
    people, at all hours        V c g M R/60 + n H R (1 + z)
    agent                       V c (C + (h M + (1-h) a r) R/60) + u R

where g of the week is open and H hours are not, in which n must be there. It brings V c p q S, where p of the cases
have something to find, q of it is found, and S is what that is worth. All of it is linear in each input by itself, so a
range lies between the corners of the inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from goldenthread.factory.value.spans import Span

Way = Literal["people", "agent"]
Hours = Literal["office", "always"]
WEEK = Decimal(168)
"""Hours of a week."""
_SIXTY = Decimal(60)


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One promise. `share` of the cases, in (0, 1]; `within`: seconds to the answer, None where none is promised."""

    name: str
    share: Decimal
    hours: Hours
    within: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Service:
    """
    What is promised today and what might be.

    Attributes:
        name: Of the service.
        says: The new promise in a sentence.
        owner: Who decides.
        today: The promise that people keep today.
        promises: Those that are weighed.
        inputs: Spans by name, see INPUTS.
    """

    name: str
    says: str
    owner: str
    today: Promise
    promises: tuple[Promise, ...]
    inputs: Mapping[str, Span]

    @property
    def currency(self) -> str:
        """Of all money in it."""
        return self.inputs["rate"].unit[:3]


INPUTS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "volume": (("cases per week",), "cases that come"),
    "minutes": (("min",), "people's time on a case"),
    "rate": (("CUR/h",), "what an hour of theirs costs"),
    "open": (("h/week",), "office hours of a week"),
    "surcharge": (("%",), "what an hour at night costs more"),
    "run_cost": (("CUR/case",), "models, tools and compute of a case"),
    "seconds": (("s",), "time to the agent's answer, 90th percentile"),
    "handed_over": (("%",), "share that the agent hands to a person"),
    "looked_at": (("%",), "share of the rest that a person looks at"),
    "review": (("min",), "time for such a look"),
    "upkeep": (("h/week",), "people's time to look after the agent"),
    "hit": (("%",), "share of the cases in which there is something to gain"),
    "quality": (("%",), "share of those that the agent gets right"),
    "quality_people": (("%",), "share of those that people get right"),
    "saved": (("CUR/case",), "what one that is right is worth"),
}
"""Every input of a service with its units and what it is; all are needed."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """From the worst to the best corner, with the likely value."""

    low: Decimal
    likely: Decimal
    high: Decimal


@dataclass(frozen=True, kw_only=True)
class Option:
    """
    A promise kept in one way.

    Attributes:
        promise: That is kept.
        way: By people or by the agent.
        cost: A week.
        net: What it brings a week, less the cost.
        kept: Whether the time that is promised is kept, and for whom.
        dominated_by: An option that promises no less and brings no less, for less money, or ''.
        run_cost: Cost of a run up to which this is no worse than today; of people's options None.
        saved: What one that is right must be worth for this to be no worse than today; None where nothing would do.
    """

    promise: Promise
    way: Way
    cost: Range
    net: Range
    kept: str
    dominated_by: str = ""
    run_cost: Range | None = None
    saved: Decimal | None = None

    @property
    def name(self) -> str:
        """`every-order by agent`."""
        return f"{self.promise.name} by {self.way}"


@dataclass(frozen=True, kw_only=True)
class Frontier:
    """
    Promise against cost.

    Attributes:
        service: That is weighed.
        today: As people keep it.
        options: Every promise in both ways, by what they promise and then by cost.
        share: Share of the cases that the agent serves in office hours for what people cost today.
    """

    service: Service
    today: Option
    options: tuple[Option, ...]
    share: Range

    @property
    def best(self) -> Option:
        """The option with the highest likely net, today included; today where nothing beats it."""
        return max((self.today, *self.options), key=lambda one: one.net.likely)


def people_cost(at: Mapping[str, Decimal], promise: Promise, staff: int) -> Decimal:
    """What a week costs if people keep the promise; `staff` must be there at night."""
    work = at["volume"] * promise.share * at["minutes"] / _SIXTY * at["rate"]
    if promise.hours == "office":
        return work
    return work * at["open"] / WEEK + staff * (WEEK - at["open"]) * at["rate"] * (1 + at["surcharge"])


def agent_case_cost(at: Mapping[str, Decimal]) -> Decimal:
    """What a case costs if the agent serves it: the run, what it hands over, and what is looked at."""
    minutes = at["handed_over"] * at["minutes"] + (1 - at["handed_over"]) * at["looked_at"] * at["review"]
    return at["run_cost"] + minutes / _SIXTY * at["rate"]


def agent_cost(at: Mapping[str, Decimal], promise: Promise) -> Decimal:
    """What a week costs if the agent keeps the promise; at night what it hands over waits for the morning."""
    return at["volume"] * promise.share * agent_case_cost(at) + at["upkeep"] * at["rate"]


def gain(at: Mapping[str, Decimal], promise: Promise, way: Way) -> Decimal:
    """What a week brings."""
    quality = at["quality"] if way == "agent" else at["quality_people"]
    return at["volume"] * promise.share * at["hit"] * quality * at["saved"]
