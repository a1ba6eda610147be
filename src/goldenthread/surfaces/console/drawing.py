"""Views to HTML, by the templates beside this file."""

from __future__ import annotations

import json
import re
import textwrap
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from goldenthread.promise.values import LADDER, Json, Level
from goldenthread.surfaces.console.asking import Page, Shown
from goldenthread.surfaces.console.files import VERSIONS
from goldenthread.surfaces.console.rights import Right, Visitor
from goldenthread.surfaces.console.routes import PAGES, TABS
from goldenthread.surfaces.views import evidence_words
from goldenthread.surfaces.views.incidents import lasted
from goldenthread.surfaces.views.timeline_words import took_words

MODE = "Cooperative mode protects against mistakes; enforcing mode holds a turned agent, too. Each action says its own."

EVERYWHERE: tuple[str, ...] = ("palette",)
"""Scripts of every page, by the names of their modules."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """
    What stands round a page.

    Attributes:
        path: Its address.
        twin: Address of the same as JSON.
        notice: What every page of this home says, or None.
        visitor: Who looks.
        actors: Whom they may choose to act as; nobody's for those who signed in.
        csrf: What the page's forms send along.
        said: What the deed before led to.
        slice: The slice that it is about, if it is about one.
        aged: How old what it shows of the evidence is, in a sentence; None where all of it is of now.
        stops: What is stopped of what the page is about, in words.
        page: None round an error.
        refused: Code and words of the error for which its form was refused.
    """

    path: str
    twin: str
    notice: str | None
    visitor: Visitor
    actors: tuple[str, ...]
    csrf: str
    said: tuple[str, ...]
    slice: str | None
    page: Page | None
    aged: str | None = None
    stops: tuple[str, ...] = ()
    refused: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link of the frame."""

    words: str
    address: str
    here: bool
    tally: str = ""


def draw(shown: Shown, frame: Frame) -> str:
    """A page as HTML."""
    template, nav = templates().get_template(shown.template), _nav(frame)
    return template.render(
        view=shown.view,
        title=shown.title,
        trail=shown.trail,
        live=shown.live,
        scripts=(*EVERYWHERE, *(("live",) if shown.live else ()), *shown.scripts),
        mode=MODE,
        frame=frame,
        csrf=frame.csrf,
        visitor=frame.visitor,
        nav=nav,
        tabs=_tabs(frame, shown),
        may=frame.visitor.may,
        **{"rooms": _rooms(frame.refused, nav), **shown.more},
    )


def draw_error(code: str, message: str, frame: Frame | None = None) -> str:
    """The page of an error: without a frame it tells nothing of the home, for whoever reads it may not be in."""
    title, view = "Not shown", {"code": code, "message": message}
    if frame is None:
        return draw_outside("error.html", title, view)
    more = {"rooms": _rooms((code, message), _nav(frame))}
    return draw(Shown(template="error.html", title=title, view=view, trail=(("Factory floor", "/"),), more=more), frame)


def draw_outside(template: str, title: str, view: object, *, scripts: tuple[str, ...] = ()) -> str:
    """A page for whoever is not in, or not known to be: nothing of the home stands round it."""
    return (
        templates()
        .get_template(template)
        .render(
            view=view,
            title=title,
            trail=(),
            live=(),
            scripts=scripts,
            mode=MODE,
            frame=None,
            nav=(),
            rooms=(),
            tabs=(),
        )
    )


def _nav(frame: Frame) -> tuple[Link, ...]:
    return tuple(
        Link(words=page.nav, address=page.address, here=frame.page is page)
        for page in PAGES
        if page.nav and (page.right is None or frame.visitor.may(page.right))
    )


def _rooms(error: tuple[str, str] | None, nav: Sequence[Link]) -> tuple[Link, ...]:
    """Where somebody without a terminal does what an error's words say by its commands; what they may open alone."""
    named = {_DONE_IN.get(command) for command in _COMMAND.findall(error[1])} if error is not None else set()
    found = tuple(link for link in nav if link.words in named)
    return found or tuple(link for link in nav[:1] if named - {None})


_COMMAND = re.compile(r"`goldenthread ([a-z-]+)")
_DONE_IN = {
    "account": "People",
    "audit": "Audit",
    "case": "Factory floor",
    "contract": "Contracts",
    "inbox": "Inbox",
    "incident": "Incidents",
    "ledger": "Audit",
    "metrics": "Factory floor",
    "outcome": "Outcomes",
    "principal": "People",
    "problem": "Problems",
    "promise": "Promises",
    "release": "Factory floor",
    "rules": "Policies",
    "runs": "Factory floor",
    "token": "API tokens",
}


def _tabs(frame: Frame, shown: Shown) -> tuple[Link, ...]:
    """The pages of a slice that its visitor may look at; the one that is open, or above the open one, is marked."""
    if frame.slice is None:
        return ()
    found = [page for page in PAGES if page.tab and (page.right is None or frame.visitor.may(page.right, frame.slice))]
    found.sort(key=lambda page: TABS.index(page.tab) if page.tab in TABS else len(TABS))
    return tuple(
        Link(
            words=page.tab,
            address=page.address.replace("{slice}", frame.slice),
            here=_is_above(page, frame.page),
            tally=shown.tallies.get(page.tab, ""),
        )
        for page in found
    )


def _is_above(tab: Page, page: Page | None) -> bool:
    return tab is page or (
        page is not None and tab.address != "/slices/{slice}" and page.address.startswith(f"{tab.address}/")
    )


class _Once(PackageLoader):
    """Compiles each template once, however many pages ask for it at the same moment, as they do after a restart."""

    def __init__(self, package: str) -> None:
        super().__init__(package)
        self._compiled: dict[str, Template] = {}
        self._compiling = threading.RLock()

    def load(self, environment: Environment, name: str, globals: Any = None) -> Template:
        """The template of that name."""
        with self._compiling:
            if name not in self._compiled:
                self._compiled[name] = super().load(environment, name, globals)
            return self._compiled[name]


@cache
def templates() -> Environment:
    """The templates; everything that is put in is escaped, and a name that does not exist is an error."""
    environment = Environment(
        loader=_Once("goldenthread.surfaces.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        moment=moment,
        day=day,
        short=short,
        compact=compact,
        beginning=beginning,
        percent=percent,
        evidence=evidence_words,
        figure=figure,
        age=age,
        brief=brief,
        took=took_words,
        statement=statement,
        typed_words=typed_words,
        answered=answered,
    )
    environment.globals.update(ladder=LADDER, thread_of=thread_of, file=VERSIONS.__getitem__, Right=Right)
    return environment


def moment(at: datetime) -> str:
    """`21 Nov 2026, 05:42 UTC`."""
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def day(at: date) -> str:
    """`16 Jan 2027`."""
    return f"{at.day} {at:%b %Y}"


def short(digest: str) -> str:
    """The first digits of a digest, without the name of its algorithm."""
    return digest.rpartition(":")[2][:12]


def beginning(text: str) -> str:
    """The first words of a long text, on one line."""
    return f"{textwrap.shorten(text[:200], 100, placeholder='') or text[:100]} …"


def compact(value: Json) -> str:
    """A JSON value on one line; text as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def statement(value: Json) -> str:
    """What somebody signs, as JSON that can be read."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def percent(share: float) -> str:
    """Whole percent, rounded down: 100 % only when it is reached."""
    return f"{int(share * 100 + 1e-9)} %"


def answered(answer: str) -> str:
    """What became of a question, by the word that closed it."""
    return _ANSWERED.get(answer, answer.capitalize())


_ANSWERED = {
    "approve": "Approved",
    "edit": "Approved with changes",
    "reject": "Rejected",
    "answer": "Decided",
    "happened": "It happened",
    "did not happen": "It did not happen",
    "escalate": "Escalated",
}


def figure(value: float | None) -> str:
    """A metric's value in a case."""
    return "pending" if value is None else f"{value:.3g}"


def brief(text: str) -> str:
    """The first words of a sentence, for a line of a table."""
    return textwrap.shorten(text[:400], 70, placeholder=" …")


def age(since: datetime, now: datetime) -> str:
    """How long ago: `2 d 3 h`, `under a minute`."""
    return lasted(max(now - since, timedelta()), "")


def typed_words(form: Mapping[str, str]) -> dict[str, str]:
    """What somebody typed into a form, without what the form itself sends along."""
    return {name.removeprefix("arg:"): value for name, value in form.items() if value and name not in _SENT}


_SENT = ("seen", "doing", "answer", "item", "sure")


def thread_of(level: Level, ceiling: Level | None, meter: float) -> list[dict[str, Any]]:
    """
    The five beads of a level's thread, left to right.

    `reach` is how far the gold has come on the way to the next bead, in [0, 1].
    """
    return [
        {
            "level": bead,
            "state": _bead_state(bead, level, ceiling),
            "reach": 1.0 if bead < level else meter if bead is level and level is not ceiling else 0.0,
            "open": ceiling is None or (bead.next is not None and bead.next <= ceiling),
        }
        for bead in LADDER
    ]


def _bead_state(bead: Level, level: Level, ceiling: Level | None) -> str:
    if bead is level:
        return "here"
    if bead < level:
        return "earned"
    return "later" if ceiling is not None and bead <= ceiling else "beyond"
