"""Keeping, finding and forgetting viewpoints."""

from __future__ import annotations

from dataclasses import dataclass

from goldenthread.promise.errors import FormRefused
from goldenthread.record.store import Store

SHARED = ""
"""The owner of what is shared with everybody."""

MOST = 40
"""Viewpoints that one person keeps."""


@dataclass(frozen=True, kw_only=True)
class Viewpoint:
    """One kept query. `owner` is `SHARED` where it is everybody's; `first`: a page without a query begins with it."""

    owner: str
    name: str
    query: str
    first: bool


def viewpoints(store: Store, owner: str | None) -> tuple[Viewpoint, ...]:
    """What somebody may choose of: their own, then those shared, each by name. None: those shared only."""
    owners = [SHARED] if owner is None else [owner, SHARED]
    with store.session() as connection:
        rows = connection.execute(_FIND, (owners, SHARED)).fetchall()
    return tuple(Viewpoint(owner=row[0], name=row[1], query=row[2], first=row[3]) for row in rows)


def keep(store: Store, viewpoint: Viewpoint, *, by: str) -> None:
    """
    Keep one, in place of the one that its owner has under that name.

    Raises:
        FormRefused: They keep as many as anybody may.
    """
    with store.transaction() as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('viewpoint ' || %s))", (viewpoint.owner,))
        others = connection.execute(_OTHERS, (viewpoint.owner, viewpoint.name)).fetchone()
        if others is not None and others[0] >= MOST:
            raise FormRefused(f"{MOST} views are kept already, and that is the most. Forget one of them first.")
        if viewpoint.first:
            connection.execute("update viewpoint set first = false where owner = %s and first", (viewpoint.owner,))
        connection.execute(_KEEP, (viewpoint.owner, viewpoint.name, viewpoint.query, viewpoint.first, by))


def forget(store: Store, owner: str, name: str) -> bool:
    """Forget one; whether there was one."""
    with store.transaction() as connection:
        return connection.execute(_FORGET, (owner, name)).fetchone() is not None


_FIND = """
select owner, name, query, first from viewpoint where owner = any(%s) order by owner = %s, lower(name), name
"""
_OTHERS = "select count(*) from viewpoint where owner = %s and name <> %s"
_KEEP = """
insert into viewpoint (owner, name, query, first, kept_by) values (%s, %s, %s, %s, %s)
on conflict (owner, name) do update set query = excluded.query, first = excluded.first, kept_by = excluded.kept_by,
    kept_at = now()
"""
_FORGET = "delete from viewpoint where owner = %s and name = %s returning name"
