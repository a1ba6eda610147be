"""What forms do with drafts: begin, keep, number, commit, and throw away."""

from __future__ import annotations

import re

from goldenthread.control.signing import commit_version
from goldenthread.promise.contract import read_contract
from goldenthread.promise.errors import FormRefused
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page
from goldenthread.surfaces.console.pages.drafts import (
    author_of,
    authors_of,
    desk_of,
    draft_view,
    drafts_of,
    saved_draft,
)
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.authoring import findings_of
from goldenthread.surfaces.views.drafting import outline, renamed, renumbered

_SLICE_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_APART = (
    "This draft was saved elsewhere meanwhile, so what you wrote here is kept as a draft of its own; the other is "
    "still there, under Contracts."
)


def begin(asked: Asked) -> Done:
    """Begin a draft: of a new slice, from the outline or like another slice's contract."""
    name = asked.word("slice", most=63)
    if not _SLICE_NAME.fullmatch(name):
        raise FormRefused(f"'{name}' is no slice's name. Write small letters and hyphens, e.g. 'open-source-intake'.")
    like = asked.form.get("like", "")
    if name in asked.shelf.slices() and asked.visitor.may(Right.AUTHOR, name):
        if like not in ("", name):
            raise FormRefused(
                f"'{name}' has a contract on record already. Begin its next version, or choose a name that is free."
            )
        return _next_version(asked, name)
    if like:
        asked.visitor.require(Right.AUTHOR, like)
        newest = asked.shelf.desk(like).standing().latest
        text = renamed(newest.contract.text, name) if newest is not None else outline(name, asked.visitor.name)
    else:
        text = outline(name, asked.visitor.name)
    draft = drafts_of(asked).begin(author_of(asked), text)
    return Done(to=f"/author/drafts/{draft.id}", said="A draft is begun. It is kept while you write.")


def begin_next(asked: Asked) -> Done:
    """Begin a draft of a slice's next version, from its newest."""
    return _next_version(asked, asked.path["slice"])


def _next_version(asked: Asked, name: str) -> Done:
    newest = asked.shelf.desk(name).standing().latest
    text = renumbered(newest.contract.text, newest.contract.version + 1) if newest is not None else outline(name, None)
    draft = drafts_of(asked).begin(author_of(asked), text, slice_name=name)
    words = f"A draft of the next version of '{name}' is begun, from the newest. It is kept while you write."
    return Done(to=f"/author/drafts/{draft.id}", said=words)


def save(asked: Asked) -> Done:
    """Keep what was written, and say what is found in it."""
    draft = saved_draft(asked)
    if draft.id != asked.path["draft"]:
        return Done(to=f"/author/drafts/{draft.id}", said=_APART)
    return Done(to=f"/author/drafts/{draft.id}", said=f"Saved. {findings_of(draft.text)[0].words}")


def number(asked: Asked) -> Done:
    """Give the draft the number that its slice's next version has."""
    draft = saved_draft(asked)
    seen = draft_view(asked, draft).beside
    if seen is not None:
        text = renumbered(draft.text, seen.next)
        draft = drafts_of(asked).save(draft.id, authors_of(asked), text, revision=draft.revision)
    return Done(to=f"/author/drafts/{draft.id}", said="The draft has the next number now.")


def commit(asked: Asked) -> Done:
    """Put the draft on record as a version; from then on it is whoever it names who signs it."""
    draft = saved_draft(asked)
    if draft.id != asked.path["draft"]:
        return Done(to=f"/author/drafts/{draft.id}", said=f"Nothing was committed. {_APART}")
    contract = read_contract(draft.text.encode(), "line")
    asked.visitor.require(Right.AUTHOR, contract.slice)
    asked.ring()  # whoever says so must have the key of that name
    record = commit_version(desk_of(asked, contract.slice), contract, by=asked.name)
    drafts_of(asked).drop(draft.id, authors_of(asked))
    name = f"Version {contract.version} of '{contract.slice}'"
    said = f"{name} is on record." if record is not None else f"{name} was on record already, with this very text."
    return Done(to=f"/slices/{contract.slice}/author/{contract.version}", said=f"{said} Now whoever it names signs it.")


def drop(asked: Asked) -> Done:
    """Throw a draft away."""
    drafts_of(asked).drop(asked.path["draft"], authors_of(asked))
    return Done(to="/author", said="The draft is thrown away.")


def deeds(*, author: Page, draft: Page) -> tuple[Deed, ...]:
    """Every form of writing, with the pages that are drawn again where one is refused."""
    return (
        Deed(address="/author/begin", do=begin, right=Right.AUTHOR, again=author),
        Deed(address="/slices/{slice}/author/begin", do=begin_next, right=Right.AUTHOR),
        Deed(address="/author/drafts/{draft}", do=save, right=Right.AUTHOR, again=draft),
        Deed(address="/author/drafts/{draft}/number", do=number, right=Right.AUTHOR, again=draft),
        Deed(address="/author/drafts/{draft}/commit", do=commit, right=Right.AUTHOR, again=draft),
        Deed(address="/author/drafts/{draft}/drop", do=drop, right=Right.AUTHOR, again=draft),
    )
