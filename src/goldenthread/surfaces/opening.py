"""Open an installation: home, database, vault, ledger. One place, so that every surface opens the same."""

from __future__ import annotations

from pathlib import Path

from goldenthread.control.approvals import VIGILANCE_SCHEMA
from goldenthread.control.guard import CONTROL_SCHEMA
from goldenthread.promise.evidence import keep_boundaries_in
from goldenthread.record.accounts.schema import ACCOUNTS_SCHEMA
from goldenthread.record.digests import DIGESTS_SCHEMA
from goldenthread.record.drafts import DRAFTS_SCHEMA
from goldenthread.record.ledger import LEDGER_SCHEMA, Ledger, Vault
from goldenthread.record.outcomes import OUTCOMES_SCHEMA
from goldenthread.record.store import BoundaryFiles, Home, Store
from goldenthread.record.viewpoints import VIEWPOINTS_SCHEMA
from goldenthread.work.events.schema import EVENTS_SCHEMA
from goldenthread.work.runtime.schema import RUNTIME_SCHEMA

_SCHEMAS = (
    LEDGER_SCHEMA,
    ACCOUNTS_SCHEMA,
    CONTROL_SCHEMA,
    VIGILANCE_SCHEMA,
    OUTCOMES_SCHEMA,
    EVENTS_SCHEMA,
    RUNTIME_SCHEMA,
    DIGESTS_SCHEMA,
    DRAFTS_SCHEMA,
    VIEWPOINTS_SCHEMA,
)


def open_ledger(home: Path | str | None = None, *, keep: bool = False) -> Ledger:
    """
    Open the installation at `home` (default: GOLDENTHREAD_HOME, else `./.goldenthread`), starting its database
    if it sleeps. From then on this process keeps its compiled boundaries where GOLDENTHREAD_CACHE says.

    Args:
        keep: Leave the database running when this process closes.

    Raises:
        HomeInvalid: The folder cannot be used.
        StoreUnavailable: The database cannot be started or reached.
    """
    keep_boundaries_in(BoundaryFiles.chosen())
    place = Home(home)
    store = Store.open(place, schemas=_SCHEMAS, keep=keep)
    return Ledger(store, Vault(place))
