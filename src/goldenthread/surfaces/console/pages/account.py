"""The visitor's own account: by what they come in, where they are in, and signing out."""

from __future__ import annotations

import json

from goldenthread.promise.errors import FormRefused, PasskeyRefused, RightMissing
from goldenthread.record.accounts import (
    Site,
    add_passkey,
    begin_making,
    change_password,
    end_session,
    end_sessions,
    finish_making,
    remove_passkey,
    sessions_of,
)
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Part, Shown
from goldenthread.surfaces.console.entrance import site_of
from goldenthread.surfaces.console.pages.common import HOME
from goldenthread.surfaces.views.staff import account_view, is_fresh

_HERE = "/account"


def account_page(asked: Asked) -> Shown:
    """One's own account; whoever came in with the terminal's link has none, and sees that."""
    shelf, session = asked.shelf, asked.session
    view = account_view(shelf.ledger, shelf.principals(), asked.name, session.account) if _signed_in(asked) else None
    return Shown(
        template="account.html",
        title="Your account",
        view=view,
        trail=HOME,
        scripts=("passkeys",),
        more={"passkeys": site_of(asked.url) is not None},
    )


def choose_password(asked: Asked) -> Done:
    """Another password; every other session ends, and this one goes on under another secret."""
    name = _fresh_name(asked)
    fresh, again = asked.form.get("password", ""), asked.form.get("again", "")
    if fresh != again:
        raise FormRefused("The two passwords are not the same. Go back, and type them again.")
    opened = change_password(asked.shelf.ledger, name, asked.form.get("present", ""), fresh, asked.where)
    return Done(
        to=_HERE, said="Your password is another from now on. Every other session has ended.", secret=opened.secret
    )


def end_one(asked: Asked) -> Done:
    """End a session of one's own."""
    id = asked.word("session", most=40)
    if id == asked.session.account:
        return sign_out(asked)
    name = _fresh_name(asked)
    ended = end_session(asked.shelf.ledger, name, id, where=asked.where)
    return Done(to=_HERE, said="That session has ended." if ended else "That session had ended before.")


def end_others(asked: Asked) -> Done:
    """End every session but this one."""
    ended = end_sessions(asked.shelf.ledger, _fresh_name(asked), but=asked.session.account, where=asked.where)
    return Done(to=_HERE, said=f"{ended} other {'session has' if ended == 1 else 'sessions have'} ended.")


def ask_passkey(asked: Asked) -> Done:
    """What a script needs to make a passkey."""
    options, begun = begin_making(asked.shelf.ledger, _site(asked), _fresh_name(asked))
    return Done(to=_HERE, said="Make a passkey now.", gave={"options": json.loads(options), "begun": begun})


def keep_passkey(asked: Asked) -> Done:
    """Keep the passkey that was just made."""
    name, ledger = _fresh_name(asked), asked.shelf.ledger
    made = finish_making(ledger, _site(asked), name, asked.form.get("begun", ""), asked.form.get("answer", ""))
    add_passkey(ledger, name, made, asked.form.get("label", ""), asked.where)
    return Done(to=_HERE, said="The passkey is yours from now on.", renew=True)


def drop_passkey(asked: Asked) -> Done:
    """Forget a passkey of one's own."""
    remove_passkey(asked.shelf.ledger, _fresh_name(asked), asked.word("passkey", most=4000), asked.where)
    return Done(to=_HERE, said="That passkey opens nothing any more.")


def sign_out(asked: Asked) -> Done:
    """End this session; what it was told is forgotten."""
    end_session(asked.shelf.ledger, _name(asked), asked.session.account, where=asked.where)
    asked.session.passphrases.clear()
    return Done(to="/sign-in?said=out", said="You are signed out.", secret="")


def _signed_in(asked: Asked) -> bool:
    return bool(asked.session.account)


def _name(asked: Asked) -> str:
    if not _signed_in(asked):
        raise RightMissing("You came in with the terminal's link, and not by an account. Sign in to change one.")
    return asked.name


def _fresh_name(asked: Asked) -> str:
    """The visitor, who signed in a moment ago: an open page that somebody finds is no way to take an account over."""
    name, ledger = _name(asked), asked.shelf.ledger
    if not is_fresh(sessions_of(ledger, name), asked.session.account, ledger.clock()):
        raise RightMissing(
            "How you come in is changed within 15 minutes of signing in. Sign out, sign in again, and then change it."
        )
    return name


def _site(asked: Asked) -> Site:
    site = site_of(asked.url)
    if site is None:
        raise PasskeyRefused(
            "Browsers make no passkeys for an address of numbers. Open the console as localhost, or by its name."
        )
    return site


PAGES: tuple[Page, ...] = (Page(address=_HERE, draw=account_page, right=None),)
PARTS: tuple[Part, ...] = ()
DEEDS: tuple[Deed, ...] = (
    Deed(address="/account/password", do=choose_password, right=None),
    Deed(address="/account/sessions/end", do=end_one, right=None),
    Deed(address="/account/sessions/end-others", do=end_others, right=None),
    Deed(address="/account/passkeys/ask", do=ask_passkey, right=None),
    Deed(address="/account/passkeys", do=keep_passkey, right=None),
    Deed(address="/account/passkeys/remove", do=drop_passkey, right=None),
    Deed(address="/sign-out", do=sign_out, right=None),
)
