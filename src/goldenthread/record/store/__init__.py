"""
The home folder and its database; beside them, compiled boundaries that outlive a process.

Knows: where a home's parts lie, how the embedded Postgres is started, shared and stopped, sessions, schemas' steps.
Refuses to know: any table of another room; who may do what; the ledger.
Invariants: a store that opened has answered `SELECT 1`; no wait is unbounded; the last living user stops the server;
a session is neither superuser nor owner of a table.
"""

from goldenthread.record.store import arrays
from goldenthread.record.store.boundaries import BoundaryFiles
from goldenthread.record.store.files import write_whole
from goldenthread.record.store.home import Home, HomeIdentity
from goldenthread.record.store.locks import exclusive, sync_folder
from goldenthread.record.store.migrations import APP_ROLE, Migration, Schema
from goldenthread.record.store.server import remove_database
from goldenthread.record.store.store import Store
from goldenthread.record.store.trips import Answer, Ask, Statement, Wait, trip, until_readable

__all__ = [
    "APP_ROLE",
    "Answer",
    "Ask",
    "BoundaryFiles",
    "Home",
    "HomeIdentity",
    "Migration",
    "Schema",
    "Statement",
    "Store",
    "Wait",
    "arrays",
    "exclusive",
    "remove_database",
    "sync_folder",
    "trip",
    "until_readable",
    "write_whole",
]
