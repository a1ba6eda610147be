"""Writing contracts: drafts, what is found in them, what they change, their page and their plan; and committing one."""

from __future__ import annotations

from dataclasses import dataclass

from goldenthread.promise.contract import page, page_html
from goldenthread.record.drafts import LARGEST
from goldenthread.surfaces.console.asking import Asked, Deed, Page, Part, Raw, Shown
from goldenthread.surfaces.console.pages.common import HOME, to_slice
from goldenthread.surfaces.console.pages.drafting import deeds
from goldenthread.surfaces.console.pages.drafts import authors_of, draft_of, draft_view, drafts_of, only_style
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.authoring import findings_of
from goldenthread.surfaces.views.drafting import DraftLine, VersionLine, draft_line, version_lines

AUTHOR = (*HOME, ("Contracts", "/author"))


@dataclass(frozen=True, kw_only=True)
class AuthorView:
    """What the visitor writes, and from which slices they may begin."""

    drafts: tuple[DraftLine, ...]
    slices: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SliceDrafts:
    """The versions of a slice, and what the visitor writes for it."""

    slice: str
    versions: tuple[VersionLine, ...]
    next: int
    drafts: tuple[DraftLine, ...]


# --- pages ----------------------------------------------------------------------------------------


def author_page(asked: Asked) -> Shown:
    """The visitor's drafts, and how to begin another."""
    mine = tuple(draft_line(one) for one in drafts_of(asked).of(authors_of(asked)))
    slices = asked.visitor.slices(Right.AUTHOR, asked.shelf.slices())
    return Shown(
        template="author.html", title="Contracts", view=AuthorView(drafts=mine, slices=slices), trail=HOME, live=()
    )


def slice_author_page(asked: Asked) -> Shown:
    """The versions of a slice's contract, and the visitor's drafts of the next."""
    name = asked.path["slice"]
    standing = asked.shelf.desk(name).standing()
    mine = tuple(draft_line(one) for one in drafts_of(asked).of(authors_of(asked)))
    view = SliceDrafts(
        slice=name,
        versions=version_lines(standing),
        next=max(standing.versions, default=0) + 1,
        drafts=tuple(one for one in mine if one.slice == name),
    )
    return Shown(
        template="author_slice.html", title=f"Contract of {name}", view=view, trail=to_slice(name), live=(name,)
    )


def draft_page(asked: Asked) -> Shown:
    """The editor, and beside it what is found, what is changed, the printed page and the plan."""
    view = draft_view(asked, draft_of(asked))
    return Shown(
        template="author_draft.html",
        title=view.title,
        view=view,
        trail=AUTHOR,
        scripts=("author",),
        more={"limit": LARGEST, "typed": asked.form},
    )


def plan_page(asked: Asked) -> Shown:
    """The plan of a draft, all of it."""
    view = draft_view(asked, draft_of(asked))
    trail = (*AUTHOR, (view.title, f"/author/drafts/{view.draft.id}"))
    return Shown(template="author_plan.html", title=f"The plan of {view.title}", view=view, trail=trail)


def found_part(asked: Asked) -> Raw:
    """What stands beside the editor, as a piece of its page."""
    from goldenthread.surfaces.console.drawing import templates  # which knows every page

    view = draft_view(asked, draft_of(asked))
    html = templates().get_template("author_found.html").render(view=view, may=asked.visitor.may)
    return Raw(content=html.encode(), kind="text/html")


def printed_part(asked: Asked) -> Raw:
    """The printed page of a draft, as a document of its own that can do nothing but be looked at."""
    _findings, contract = findings_of(draft_of(asked).text)
    html = page_html(page(contract)) if contract is not None else _NO_PAGE
    return Raw(content=html.encode(), kind="text/html", headers=only_style(html))


def schema_part(_asked: Asked) -> Raw:
    """The JSON Schema of a contract."""
    import json

    from goldenthread.promise.contract.schema import contract_schema

    content = json.dumps(contract_schema(), ensure_ascii=False, indent=2).encode()
    return Raw(content=content, kind="application/schema+json")


def words_part(asked: Asked) -> Raw:
    """What an editor can complete: keys, choices, examples, metrics and people."""
    import json

    from goldenthread.surfaces.views.completing import completions

    people = tuple(one.name for one in asked.shelf.principals().all() if not one.revoked)
    return Raw(content=json.dumps(completions(people), ensure_ascii=False).encode(), kind="application/json")


_NO_PAGE = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>No page yet</title>'
    '<meta name="color-scheme" content="light dark"><style>body{font-family:sans-serif}</style></head>'
    "<body><p>The page appears as soon as the text reads.</p></body></html>"
)


CONTRACTS = Page(address="/author", draw=author_page, right=Right.AUTHOR, nav="Contracts")
DRAFT = Page(address="/author/drafts/{draft}", draw=draft_page, right=Right.AUTHOR)

PAGES: tuple[Page, ...] = (
    CONTRACTS,
    DRAFT,
    Page(address="/author/drafts/{draft}/plan", draw=plan_page, right=Right.AUTHOR),
    Page(address="/slices/{slice}/author", draw=slice_author_page, right=Right.SEE, tab="Author"),
)
PARTS: tuple[Part, ...] = (
    Part(address="/contract.schema.json", give=schema_part, right=Right.SEE),
    Part(address="/author/words", give=words_part, right=Right.AUTHOR),
    Part(address="/author/drafts/{draft}/found", give=found_part, right=Right.AUTHOR),
    Part(address="/author/drafts/{draft}/printed", give=printed_part, right=Right.AUTHOR),
)
DEEDS: tuple[Deed, ...] = deeds(author=CONTRACTS, draft=DRAFT)
