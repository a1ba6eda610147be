"""Horizon 2: promises that become affordable at a measured unit cost, each as a page for a decision."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from goldenthread.factory.value import (
    INPUTS,
    LARGEST_SERVICE,
    Frontier,
    Option,
    decision_words,
    frontier,
    frontier_bars,
    option_lines,
    parse_service,
    promise_words,
    range_words,
    share_words,
)
from goldenthread.promise.errors import FileUnusable, FormRefused, GoldenthreadError, KeyMissing, PageNotFound
from goldenthread.record.store import write_whole
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Shown
from goldenthread.surfaces.console.pages.common import HOME
from goldenthread.surfaces.console.rights import Right

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_MOST = 200
"""Promises that the page shows."""
UNSAID = ("WHERE FROM", "WHO SAYS", "HOW MANY")
"""What stands in the form in place of a source."""


@dataclass(frozen=True, kw_only=True)
class KeptPromise:
    """A promise that was weighed. `answer`: which option brings most; `problem`: why it cannot be read any more."""

    name: str
    says: str
    owner: str
    answer: str
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class PromisesView:
    """Those that are kept, by name, as many as a page shows; `more` are kept beside."""

    promises: tuple[KeptPromise, ...]
    more: int = 0


def promises_page(asked: Asked) -> Shown:
    """Every promise that was weighed, with its answer; whoever writes contracts may weigh another."""
    files = sorted(_folder(asked).glob("*.yaml")) if asked.shelf.home is not None else []
    return Shown(
        template="promises.html",
        title="Promises",
        view=PromisesView(promises=tuple(map(_kept, files[:_MOST])), more=max(0, len(files) - _MOST)),
        trail=HOME,
        more={
            "typed": asked.form,
            "writes": asked.visitor.name is not None and asked.visitor.may(Right.AUTHOR),
            "keeps": asked.shelf.home is not None,
        },
    )


def promise_page(asked: Asked) -> Shown:
    """One promise: what each way of keeping it costs and brings, and where it breaks even."""
    name = asked.path["promise"]
    file = _folder(asked) / f"{name}.yaml" if asked.shelf.home is not None and _NAME.fullmatch(name) else None
    if file is None or not file.is_file():
        raise PageNotFound(f"No promise '{name[:80]}' is kept here. See Promises.")
    text, found = _read(file)
    currency = found.service.currency
    return Shown(
        template="promise.html",
        title=found.service.name,
        view=found,
        trail=(*HOME, ("Promises", "/promises")),
        more={
            "answer": decision_words(found),
            "share": share_words(found.share),
            "bars": frontier_bars(found),
            "rows": [_row(one, currency, today=one is found.today) for one in (found.today, *found.options)],
            "made_of": [(INPUTS[key][1], str(span)) for key, span in found.service.inputs.items()],
            "text": text,
        },
    )


def weigh(asked: Asked) -> Done:
    """Weigh a promise, and keep it for whoever decides; what was kept under a name stays as it was read."""
    by = asked.name
    text = asked.word("text", most=LARGEST_SERVICE) + "\n"
    unsaid = [line.strip() for line in text.splitlines() if any(word in line for word in UNSAID)]
    if unsaid:
        raise FormRefused(
            f"{len(unsaid)} of the numbers are still the example's, the first is '{unsaid[0][:80]}'. Write your own, "
            "and where each is from."
        )
    found = _weighed(text, "promise")
    name = found.service.name
    _keep(_folder(asked) / f"{name}.yaml", text)
    return Done(to=f"/promises/{name}", said=f"Weighed by {by}. {decision_words(found)}")


def _kept(file: Path) -> KeptPromise:
    try:
        _, found = _read(file)
    except GoldenthreadError as problem:
        return KeptPromise(name=file.stem, says="", owner="", answer="", problem=str(problem))
    service = found.service
    return KeptPromise(name=file.stem, says=service.says, owner=service.owner, answer=decision_words(found))


def _read(file: Path) -> tuple[str, Frontier]:
    """
    What a file says, and what follows from it.

    Raises:
        FactoryError: It is no promise.
        FileUnusable: It cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise FileUnusable(f"{file.name} cannot be read: {problem}. Mend or remove it, then look again.") from problem
    return text, _weighed(text, file.name)


@lru_cache(maxsize=_MOST)
def _weighed(text: str, filename: str) -> Frontier:
    """What follows from a text: a look at the list weighs no promise again."""
    return frontier(parse_service(text, filename))


def _row(option: Option, currency: str, *, today: bool) -> dict[str, object]:
    return {
        "name": "Today" if today else option.name,
        "promise": promise_words(option),
        "cost": range_words(option.cost, currency),
        "net": range_words(option.net, currency),
        "more": list(option_lines(option, currency))[1:],
    }


def _folder(asked: Asked) -> Path:
    home = asked.shelf.home
    if home is None:
        raise KeyMissing(
            "This console was not told where its home is, so it keeps nothing. Use `goldenthread promise`."
        )
    return home.path / "promises"


def _keep(path: Path, text: str) -> None:
    """Under a name of its own: somebody may have decided by the older one, or been sent its page."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_whole(path, text, new=True)
    except FileExistsError as problem:
        if _read(path)[0] == text:
            return
        raise FormRefused(
            f"A promise '{path.stem}' with other numbers is kept already, and stays for whoever was shown it. "
            f"Give this one another name, e.g. '{path.stem}-2'."
        ) from problem
    except OSError as problem:
        words = f"The promise cannot be kept in {path.parent}: {problem.strerror}. Make room, or let it be written."
        raise FileUnusable(words) from problem


PROMISES = Page(address="/promises", draw=promises_page, right=Right.SEE, nav="Promises")

PAGES: tuple[Page, ...] = (
    PROMISES,
    Page(address="/promises/{promise}", draw=promise_page, right=Right.SEE),
)
DEEDS: tuple[Deed, ...] = (Deed(address="/promises", do=weigh, right=Right.AUTHOR, again=PROMISES),)
