"""The audit: chains and checkpoints, records one by one, verification, replay and an export to verify elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from goldenthread.promise.errors import FormRefused, PageNotFound, RightMissing
from goldenthread.record.audit import verifier_source
from goldenthread.record.ledger import ORGANISATION
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Part, Raw, Shown
from goldenthread.surfaces.console.jobs import Job, Jobs
from goldenthread.surfaces.console.pages.common import HOME
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.console.shelf import Shelf
from goldenthread.surfaces.views.audit import (
    ChainView,
    CheckpointView,
    RecordList,
    Sought,
    chain_views,
    checkpoint_views,
    records,
)
from goldenthread.surfaces.views.audit_record import record_view

_JOBS: WeakKeyDictionary[Shelf, Jobs] = WeakKeyDictionary()
_TRAIL = (*HOME, ("Audit", "/audit"))


@dataclass(frozen=True, kw_only=True)
class JobView:
    """A job as a page shows it; `result` what it found or made."""

    id: str
    what: str
    by: str | None
    state: str
    share: float
    done: int
    whole: int
    began: datetime
    ended: datetime | None
    result: Mapping[str, Any] | None
    error: tuple[str, str] | None


@dataclass(frozen=True, kw_only=True)
class AuditView:
    """Where the record stands. `everywhere`: whether all of it may be verified and exported by whoever looks."""

    chains: tuple[ChainView, ...]
    checkpoints: tuple[CheckpointView, ...]
    why: str
    jobs: tuple[JobView, ...]
    everywhere: bool
    verifier: str  # SHA-256 of the stand-alone verifier


def audit_page(asked: Asked) -> Shown:
    """Chains, checkpoints, and what can be done with them."""
    ledger = asked.shelf.ledger
    counted, shown, why = checkpoint_views(_folder(asked), asked.shelf.principals())
    view = AuditView(
        chains=chain_views(ledger, _chains(asked), counted),
        checkpoints=shown[:20],
        why=why,
        jobs=tuple(_shown(job) for job in _jobs(asked.shelf).all() if _may_see(asked, job)),
        everywhere=asked.visitor.everywhere(Right.AUDIT),
        verifier=hashlib.sha256(verifier_source().encode()).hexdigest(),
    )
    return Shown(template="audit.html", title="Audit", view=view, trail=HOME)


def chain_page(asked: Asked) -> Shown:
    """The records of a chain, searched and paged."""
    chain = _chain(asked)
    found: RecordList = records(asked.shelf.ledger, _sought(chain, asked.query))
    return Shown(template="audit_chain.html", title=f"Records of {chain}", view=found, trail=_TRAIL)


def record_page(asked: Asked) -> Shown:
    """One record: what it means, its hash, the one before, and who signed."""
    chain, text = _chain(asked), asked.path["seq"]
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:
        raise PageNotFound(f"'{text[:40]}' is no number of a record. See the list of the chain's records.")
    view = record_view(asked.shelf.ledger, asked.shelf.principals(), chain, int(text))
    trail = (*_TRAIL, (chain, f"/audit/{chain}"))
    return Shown(template="audit_record.html", title=f"{chain}#{view.seq}", view=view, trail=trail)


def job_page(asked: Asked) -> Shown:
    """How far a job is, and what it found."""
    job = _job(asked)
    scripts = ("job",) if job.state == "running" else ()
    return Shown(template="audit_job.html", title=job.what, view=_shown(job), trail=_TRAIL, scripts=scripts)


def verify_deed(asked: Asked) -> Done:
    """Begin to verify a chain, or all of them."""
    from goldenthread.surfaces.console.auditing import verified

    chain, ledger, folder = _named(asked), asked.shelf.ledger, _folder(asked)
    what = f"Verify {chain}" if chain else "Verify the whole record"
    return _begin(asked, what, lambda job: verified(ledger, folder, chain, job), chain)


def replay_deed(asked: Asked) -> Done:
    """Begin to derive a slice's verdicts and levels again."""
    from goldenthread.surfaces.console.auditing import replay

    chain, ledger = _named(asked), asked.shelf.ledger
    if chain is None or chain == ORGANISATION:
        raise FormRefused("Verdicts and levels are those of a slice. Choose one.")
    return _begin(asked, f"Replay {chain}", lambda job: replay(ledger, chain, job), chain)


def export_deed(asked: Asked) -> Done:
    """Begin to write an export; it holds the organisation's chain, so it takes the right everywhere."""
    from goldenthread.surfaces.console.auditing import exported

    chain, ledger, folder = _named(asked), asked.shelf.ledger, _folder(asked)
    if not asked.visitor.everywhere(Right.AUDIT):
        raise RightMissing(
            "An export holds the organisation's chain, by which rights are judged, so it takes the role auditor, owner "
            "or administrator everywhere. Ask somebody who has it."
        )
    only = None if chain == ORGANISATION else chain
    what = f"Export {only}" if only else "Export everything"
    return _begin(asked, what, lambda job: exported(ledger, folder, only, job), chain)


def download_part(asked: Asked) -> Raw:
    """The zip file that an export made."""
    from goldenthread.surfaces.console.auditing import Made

    job = _job(asked)
    if not isinstance(job.result, Made) or not job.result.file.is_file():
        raise PageNotFound(f"'{job.what}' has no file to fetch. Begin an export on the audit page.")
    return Raw(content=job.result.file.read_bytes(), kind="application/zip", name=f"{job.result.name}.zip")


def verifier_part(_: Asked) -> Raw:
    """The stand-alone verifier by itself, for whoever reads it first, or compares it."""
    return Raw(content=verifier_source().encode(), kind="text/x-python; charset=utf-8", name="verify.py")


def _begin(asked: Asked, what: str, work: Callable[[Job], Any], chain: str | None) -> Done:
    ledger = asked.shelf.ledger
    heads = ledger.heads()
    whole = heads[chain].seq if chain in heads else sum(head.seq for head in heads.values())
    job = _jobs(asked.shelf).begin(what, work, chain=chain, by=asked.visitor.name, whole=whole, clock=ledger.clock)
    return Done(to=f"/audit-jobs/{job.id}", said=f"Begun: {what}.")


def _jobs(shelf: Shelf) -> Jobs:
    if shelf not in _JOBS:
        _JOBS[shelf] = Jobs()
    return _JOBS[shelf]


def _job(asked: Asked) -> Job:
    job = _jobs(asked.shelf).find(asked.path["job"])
    if not _may_see(asked, job):
        raise PageNotFound(f"No job '{job.id}' that you may see. Begin at the audit page.")
    return job


def _may_see(asked: Asked, job: Job) -> bool:
    from goldenthread.surfaces.console.auditing import Made

    everywhere = asked.visitor.everywhere(Right.AUDIT)
    return everywhere or (job.chain in _chains(asked) and not isinstance(job.result, Made))


def _shown(job: Job) -> JobView:
    from goldenthread.surfaces.views import as_json

    result = None
    if job.result is not None:
        result = {name: value for name, value in as_json(job.result).items() if name != "file"}
    return JobView(
        id=job.id,
        what=job.what,
        by=job.by,
        state=job.state,
        share=job.share,
        done=job.done,
        whole=job.whole,
        began=job.began,
        ended=job.ended,
        result=result,
        error=job.error,
    )


def _chains(asked: Asked) -> tuple[str, ...]:
    """The chains that the visitor may audit: the organisation's takes the right everywhere."""
    known, visitor = asked.shelf.ledger.chains(), asked.visitor
    everywhere = visitor.everywhere(Right.AUDIT)
    return tuple(name for name in known if everywhere or (name != ORGANISATION and visitor.may(Right.AUDIT, name)))


def _chain(asked: Asked) -> str:
    chain = asked.path["chain"]
    if chain not in _chains(asked):
        raise PageNotFound(f"No chain '{chain[:60]}' that you may audit. Begin at the audit page.")
    return chain


def _named(asked: Asked) -> str | None:
    """The chain that a form names; None: all of them, which takes the right everywhere."""
    chain = asked.form.get("chain", "")
    if not chain:
        if not asked.visitor.everywhere(Right.AUDIT):
            raise RightMissing("The whole record takes the right to audit everywhere. Choose one of your slices.")
        return None
    if chain not in _chains(asked):
        raise FormRefused(f"No chain '{chain[:60]}' that you may audit. Choose one of the list.")
    return chain


def _folder(asked: Asked) -> Path | None:
    return asked.shelf.home.checkpoints if asked.shelf.home is not None else None


def _sought(chain: str, query: Mapping[str, str]) -> Sought:
    below, until = query.get("below", ""), query.get("until", "")
    if below and (not (below.isascii() and below.isdecimal()) or len(below) > 15):
        raise PageNotFound(f"No page of records ends below '{below[:40]}'; a cursor is a number. Begin without it.")
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError:
        raise PageNotFound(f"'{until[:40]}' is no day; write e.g. 2026-11-21. Choose a day, or none.") from None
    return Sought(
        chain=chain,
        kind=query.get("kind", "").strip()[:80],
        by=query.get("by", "").strip()[:200],
        until=day,
        below=int(below) if below else None,
    )


PAGES: tuple[Page, ...] = (
    Page(address="/audit", draw=audit_page, right=Right.AUDIT, nav="Audit"),
    Page(address="/audit-jobs/{job}", draw=job_page, right=Right.AUDIT),
    Page(address="/audit/{chain}", draw=chain_page, right=Right.AUDIT),
    Page(address="/audit/{chain}/{seq}", draw=record_page, right=Right.AUDIT),
)
PARTS: tuple[Part, ...] = (
    Part(address="/audit-jobs/{job}/download", give=download_part, right=Right.AUDIT),
    Part(address="/audit-verifier/verify.py", give=verifier_part, right=Right.AUDIT),
)
DEEDS: tuple[Deed, ...] = (
    Deed(address="/audit/verify", do=verify_deed, right=Right.AUDIT),
    Deed(address="/audit/replay", do=replay_deed, right=Right.AUDIT),
    Deed(address="/audit/export", do=export_deed, right=Right.AUDIT),
)
