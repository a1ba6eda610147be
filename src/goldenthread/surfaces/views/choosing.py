"""Which slices the factory floor shows, as its address says it and as somebody keeps it under a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from goldenthread.promise.errors import PageNotFound
from goldenthread.promise.values import LADDER
from goldenthread.surfaces.views.stages import STAGES

ONLY: Mapping[str, str] = {"danger": "in danger", "mine": "waiting for me", "waiting": "waiting for anybody"}
SORTS: Mapping[str, str] = {
    "danger": "what is wrong first",
    "waiting": "longest waiting first",
    "level": "highest level first",
    "evidence": "nearest to its next level first",
    "slice": "by name",
}
FORMS: Mapping[str, str] = {"cards": "a card each", "lines": "a line each"}
_LONGEST = 100


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which slices, in which order and form; what the address says. `form` is '' where nobody chose one."""

    q: str = ""
    stage: str = ""
    level: str = ""
    product: str = ""
    only: str = ""
    sort: str = "danger"
    form: str = ""

    @property
    def query(self) -> str:
        """As the query of an address, without what is so anyway."""
        given = {"q": self.q, "stage": self.stage, "level": self.level, "product": self.product, "only": self.only}
        given |= {"sort": "" if self.sort == "danger" else self.sort, "form": self.form}
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def address(self) -> str:
        """Of the page that shows these."""
        return f"/?{self.query}" if self.query else "/?all=1"

    def but(self, **other: str) -> str:
        """The address of the same with something else."""
        return replace(self, **other).address

    @property
    def narrows(self) -> bool:
        """Whether some slices are left out."""
        return bool(self.q or self.stage or self.level or self.product or self.only)


@dataclass(frozen=True, kw_only=True)
class SavedView:
    """A choice that somebody keeps under a name. `own`: the visitor's; else it is shared with everybody."""

    name: str
    query: str
    own: bool
    first: bool  # what the first page shows where its address chooses nothing


def chosen_of(query: Mapping[str, str]) -> Chosen:
    """
    What an address chooses.

    Raises:
        PageNotFound: Of something that there is only a few of, it names none of them.
    """
    return Chosen(
        q=" ".join(query.get("q", "").split())[:_LONGEST],
        stage=_of("stage", query, STAGES),
        level=_of("level", query, [level.value for level in LADDER]),
        product=query.get("product", "")[:_LONGEST],
        only=_of("only", query, ONLY),
        sort=_of("sort", query, SORTS) or "danger",
        form=_of("form", query, FORMS),
    )


def _of(name: str, query: Mapping[str, str], known: Sequence[str] | Mapping[str, str]) -> str:
    value = query.get(name, "")
    if value and value not in known:
        raise PageNotFound(f"No {name} '{value[:_LONGEST]}' to choose slices by. Choose one of {', '.join(known)}.")
    return value
