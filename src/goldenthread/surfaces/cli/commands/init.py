"""`goldenthread init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.place import DEMO_MARK
from goldenthread.surfaces.cli.terminal import say

if TYPE_CHECKING:
    from goldenthread.record.principals import KeyRing
    from goldenthread.record.store import Home


@click.command()
@click.option("--owner", required=True, metavar="NAME", help="Who begins this ledger and may grant roles to others.")
@click.option("--demo", is_flag=True, hidden=True, help="The demo's home: keys that everybody can compute.")
@click.pass_obj
def init(home: str | None, owner: str, demo: bool) -> None:
    """
    Make a home and its first principal, the bootstrap owner.

    The owner gets a key in this home and may grant roles, to themselves too. Protect the key with
    GOLDENTHREAD_PASSPHRASE, or answer the question at a terminal.

    \b
    Example:
      goldenthread init --owner maya@example.com
    """
    from goldenthread.record.principals import bootstrap
    from goldenthread.record.store import Home
    from goldenthread.surfaces.cli.place import opened, unlocked

    place = Home(home)
    if demo and place.exists():
        clear_demo(place)
    place.prepare()
    if demo:
        (place.path / DEMO_MARK).touch()
    ring = unlocked(place, new=None if demo else owner)
    with opened(str(place.path)) as opened_place:
        principal = bootstrap(opened_place.ledger, ring, owner, demo=demo)
        notices = opened_place.ledger.store.notices
    say(f"{place.path} is ready; {principal.name} may grant roles. {_custody_words(ring, owner)}")
    say(*notices)
    if demo:
        say("This is the demo's home. Its keys are published, so its signatures prove nothing.")
    say(f"Next: goldenthread principal grant {owner} --kind person --role owner --by {owner}")


def clear_demo(place: Home) -> None:
    """
    Take an earlier demo's home away, so that the demo begins anew.

    Raises:
        AlreadyInitialised: The home is not the demo's.
    """
    import shutil

    from goldenthread.promise.errors import AlreadyInitialised
    from goldenthread.record.store import remove_database

    if not (place.path / DEMO_MARK).exists():
        raise AlreadyInitialised(
            f"{place.path} is a home for real work, which the demo never touches. Set DEMO_HOME to another folder."
        )
    remove_database(place)
    shutil.rmtree(place.path)


def _custody_words(ring: KeyRing, name: str) -> str:
    """What the key of `name` in this home is worth, in a sentence."""
    from goldenthread.record.principals import Custody

    if ring.custody(name) is Custody.PASSPHRASE:
        return "The key is protected by its passphrase."
    return (
        "The key has no passphrase, so whatever runs as this user can sign with it: cooperative mode, "
        "which protects against mistakes."
    )
