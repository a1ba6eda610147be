"""Whom somebody who sits at this machine acts as, and the passphrase that opens a key for their session."""

from __future__ import annotations

from goldenthread.promise.errors import FormRefused, KeyLocked, KeyMissing, RightMissing
from goldenthread.record.accounts import count_attempt, forgive_attempts
from goldenthread.record.principals import KeyRing
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Part, Shown
from goldenthread.surfaces.console.pages.common import HOME
from goldenthread.surfaces.console.rights import Right


def act_as(asked: Asked) -> Done:
    """Act as one of those whose keys are in this home, or as nobody."""
    if not asked.session.local:
        raise RightMissing("Who signed in acts as themselves. Sign out, and sign in as the other.")
    name = asked.form.get("name", "")
    if name and name not in asked.shelf.actors():
        raise FormRefused(f"Nobody named '{name[:80]}' has a key in this home. Choose one of the list.")
    asked.session.name = name or None
    return Done(
        to="/",
        said=f"You act as {name} now." if name else "You act as nobody now: you look, and change nothing.",
        renew=True,
    )


def unlock_page(asked: Asked) -> Shown:
    """The question for a passphrase."""
    return Shown(template="unlock.html", title="Open your key", view={"name": asked.name}, trail=HOME)


def unlock(asked: Asked) -> Done:
    """Open the visitor's own key for this session."""
    name, passphrase = asked.name, asked.form.get("passphrase", "")
    home = asked.shelf.home
    if home is None:
        raise KeyMissing(f"This console was not told where keys are, so '{name}' cannot sign here.")
    if not asked.session.local:  # Whoever sits at the machine could try them on the file itself.
        count_attempt(asked.shelf.ledger, name, asked.where)
    try:
        KeyRing(home, passphrase).public_key(name)
    except KeyLocked:
        raise KeyLocked(f"The passphrase given does not open the private key of '{name}'. Try again.") from None
    forgive_attempts(asked.shelf.ledger, name, asked.where)
    asked.session.passphrases[name] = passphrase
    return Done(to="/", said="Your key is open until you sign out.", renew=True)


PAGES: tuple[Page, ...] = (Page(address="/unlock", draw=unlock_page, right=Right.SEE),)
PARTS: tuple[Part, ...] = ()
DEEDS: tuple[Deed, ...] = (
    Deed(address="/act-as", do=act_as, right=None),
    Deed(address="/unlock", do=unlock, right=None),
)
