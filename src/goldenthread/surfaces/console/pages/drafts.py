"""Drafts as the pages of writing share them: whose they are, what a form saves, and all that is known of one."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from goldenthread.control.guard import Desk
from goldenthread.promise.contract import Contract
from goldenthread.promise.errors import DraftChanged, FormRefused, GoldenthreadError
from goldenthread.record.drafts import Draft, Drafts
from goldenthread.surfaces.console.asking import Asked
from goldenthread.surfaces.console.planning import PLANS
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.authoring import Beside, Findings, beside, findings_of
from goldenthread.surfaces.views.drafting import draft_title
from goldenthread.surfaces.views.plans import PlanView


@dataclass(frozen=True, kw_only=True)
class DraftView:
    """
    A draft with all that is known of it; `plan` is worked out beside, and may not be there yet. `hindrances`: why it
    cannot be committed by its author, or not signed by somebody whom it names, in whole sentences.
    """

    draft: Draft
    title: str
    findings: Findings
    beside: Beside | None
    plan: PlanView
    hindrances: tuple[str, ...]


def drafts_of(asked: Asked) -> Drafts:
    """Those of this home."""
    ledger = asked.shelf.ledger
    return Drafts(ledger.store, ledger.clock)


def author_of(asked: Asked) -> str:
    """Whose the visitor's new drafts are; '' for whoever acts as nobody at this machine."""
    return asked.visitor.name or ""


def authors_of(asked: Asked) -> tuple[str, ...]:
    """Whose drafts the visitor sees: their own, and at the machine also those begun as nobody."""
    names = (author_of(asked), "") if asked.visitor.local else (author_of(asked),)
    return tuple(dict.fromkeys(names))


def draft_of(asked: Asked) -> Draft:
    """The draft that the address names, if it is the visitor's."""
    return drafts_of(asked).find(asked.path["draft"], authors_of(asked))


def saved_draft(asked: Asked) -> Draft:
    """
    The draft after what the form says was saved.

    Where it was saved elsewhere meanwhile: with `over` 'mine' this text wins and the other is kept apart, with 'ask'
    that is an error, else this text is kept apart.
    """
    drafts, authors, draft = drafts_of(asked), authors_of(asked), asked.path["draft"]
    text, over = asked.form.get("text"), asked.form.get("over", "")
    if text is None:
        raise FormRefused("The form holds no text. Go back, reload the page, and send it again.")
    if over == "mine":
        return drafts.keep(draft, authors, text)
    try:
        return drafts.save(draft, authors, text, revision=_revision(asked))
    except DraftChanged:
        if over == "ask":
            raise
        there = drafts.find(draft, authors)
        return drafts.begin(author_of(asked), text, slice_name=there.slice)


def _revision(asked: Asked) -> int:
    said = asked.form.get("revision", "")
    if not (said.isascii() and said.isdigit() and len(said) < 16):
        raise FormRefused("The form does not say which revision it was drawn for. Go back, and reload the page.")
    return int(said)


def draft_view(asked: Asked, draft: Draft) -> DraftView:
    """A draft with what is found in it, what it changes, and its plan as far as it is known."""
    findings, contract = findings_of(draft.text)
    seen = None
    if contract is not None and asked.visitor.may(Right.AUTHOR, contract.slice):
        seen = beside(desk_of(asked, contract.slice).standing(), contract)
    plan = (
        PLANS.of(draft.text)
        if contract is not None
        else PlanView(state="none", words="A plan needs a text that reads.")
    )
    return DraftView(
        draft=draft,
        title=draft_title(draft.text),
        findings=findings,
        beside=seen,
        plan=plan,
        hindrances=tuple(_hindrances(asked, contract)) if contract is not None else (),
    )


def _hindrances(asked: Asked, contract: Contract) -> Iterator[str]:
    """What the commit, or a signature, would be refused for; said while it is written."""
    try:
        asked.visitor.require(Right.AUTHOR, contract.slice)
    except GoldenthreadError as problem:
        yield problem.message
        return  # who may do what there is not for them
    principals = asked.shelf.principals()
    for name, role in contract.signers.items():
        try:
            principals.require_signer(contract.slice, contract.signers, name, role)
        except GoldenthreadError as problem:
            yield f"{name} cannot sign it as {role} yet: {problem.message}"


def desk_of(asked: Asked, slice_name: str) -> Desk:
    """The desk of a slice that may have no record yet."""
    known = slice_name in asked.shelf.slices()
    return asked.shelf.desk(slice_name) if known else Desk(asked.shelf.ledger, slice_name)


def only_style(html: str) -> dict[str, str]:
    """Headers of a document that runs nothing, fetches nothing, and is framed by our own pages only."""
    style = html.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox"
    )
    return {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"}
