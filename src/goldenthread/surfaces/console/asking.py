"""A request as pages see it, and what they give back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from goldenthread.promise.errors import FormRefused, GoldenthreadError, RightMissing
from goldenthread.record.accounts import Where
from goldenthread.surfaces.console.rights import Right, Visitor

if TYPE_CHECKING:
    from goldenthread.record.principals import KeyRing
    from goldenthread.surfaces.console.sessions import Session
    from goldenthread.surfaces.console.shelf import Shelf


@dataclass(frozen=True, kw_only=True)
class Asked:
    """
    A request by somebody who was let in and has the right that its page takes.

    Attributes:
        path: The parts of the address, by name.
        query: The address's query, the last of a name.
        form: What a form sends, the last of a name; empty for a page.
        many: All values of each name that a form sends, in order.
        where: Where they are.
        url: The console's address as their browser has it, 'https://console.example.com'.
        refused: Why the deed was refused after which this page is drawn again, with what was typed in `form`.
    """

    shelf: Shelf
    visitor: Visitor
    session: Session
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)
    many: Mapping[str, Sequence[str]] = field(default_factory=dict)
    where: Where = field(default_factory=Where)
    url: str = ""
    refused: GoldenthreadError | None = None

    @property
    def name(self) -> str:
        """
        Who acts.

        Raises:
            RightMissing: Nobody does: whoever sits at this machine chose nobody.
        """
        if self.visitor.name is None:
            raise RightMissing("You act as nobody. Choose at the top of the page whom you act as.")
        return self.visitor.name

    def ring(self) -> KeyRing:
        """
        The keys with which the visitor signs: those of the home, opened by what this session was told.

        Raises:
            RightMissing: Nobody acts.
            KeyMissing: This home has no private key of theirs.
            KeyLocked: It is encrypted, and this session has not opened it.
        """
        name = self.name
        ring = self.shelf.ring(self.session)
        ring.public_key(name)
        return ring

    def word(self, name: str, *, least: int = 1, most: int = 2_000) -> str:
        """
        A field of the form, without white space at its ends.

        Raises:
            FormRefused: It is missing, too short or too long.
        """
        text = self.form.get(name, "").strip().replace("\r\n", "\n")
        if not text and least:
            raise FormRefused(f"The field '{name}' is empty. Fill it in.")
        if not least <= len(text) <= most:
            raise FormRefused(
                f"The field '{name}' has {len(text):,} characters; it takes {least} to {most:,}. Change it."
            )
        return text


@dataclass(frozen=True, kw_only=True)
class Shown:
    """
    A page: `view` is what its JSON twin holds; `more` are things that only the drawing needs.

    Attributes:
        trail: The way here, as (words, address).
        tallies: Numbers beside the tabs of a slice, by the tab's words.
        live: The chains whose growth makes this page stale.
        scripts: The modules that it wants beside those of every page.
    """

    template: str
    title: str
    view: object
    trail: tuple[tuple[str, str], ...] = ()
    tallies: Mapping[str, str] = field(default_factory=dict)
    live: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Raw:
    """An answer that is no page: a picture, a download; `content` may be made when the desks are free again."""

    content: bytes | Callable[[], bytes]
    kind: str
    name: str | None = None  # of the file that a browser saves it as
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Done:
    """
    What a deed leads to: the page at `to`, which says `said` once.

    Attributes:
        gave: More for a script that asked for JSON.
        renew: What its visitor may do has changed, so their session gets another secret.
        secret: The session that the browser has from now on; '' for none.
    """

    to: str
    said: str
    gave: Any = None
    renew: bool = False
    secret: str | None = None


@dataclass(frozen=True, kw_only=True)
class Page:
    """
    A page at an address; `.json` is put behind it for its twin.

    Attributes:
        right: What whoever asks must have: in the slice, where the address names one; else in any. None: nothing.
        nav: Its words in the frame of every page, '' for none.
        tab: Its words among the tabs of a slice, '' for none.
    """

    address: str
    draw: Callable[[Asked], Shown]
    right: Right | None
    nav: str = ""
    tab: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a page fetches or lets people save: a picture, a file, a fragment. No twin."""

    address: str
    give: Callable[[Asked], Raw]
    right: Right


@dataclass(frozen=True, kw_only=True)
class Deed:
    """
    Something that a form does at an address. `right` as in `Page`; None: anybody who is in.

    `again` is the page with the form, drawn with what was typed if the deed is refused; its address has no parts that
    this one lacks. None: the page of the error alone.
    """

    address: str
    do: Callable[[Asked], Done]
    right: Right | None
    again: Page | None = None
