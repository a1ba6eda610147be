"""
Accounts: how principals come into the console, and what is remembered of it.

Knows passwords, passkeys, identities at providers, invitations, sessions, attempts that failed, and what happened.
Refuses to know pages, cookies and protocols of providers; and what anybody may do: that is their principal's roles.
Invariants: an account is nothing without its principal, asked at each request; of a secret only a hash is kept; a
refused sign-in does not say why; whoever fails often waits, nobody for good; each invitation is a signed record.
"""

from goldenthread.record.accounts.attempts import LONGEST_WAIT, wait_after
from goldenthread.record.accounts.coming_in import (
    Vouched,
    accept_with_passkey,
    accept_with_password,
    change_password,
    count_attempt,
    forgive_attempts,
    sign_in_by_passkey,
    sign_in_by_password,
    sign_in_by_provider,
)
from goldenthread.record.accounts.events import note_refusal, read_events
from goldenthread.record.accounts.listing import load_accounts
from goldenthread.record.accounts.making import ACCOUNT_KINDS, bind, invite, read_invitation, remove
from goldenthread.record.accounts.model import (
    EVENTS_KEPT,
    IDLE,
    INVITED_FOR,
    KINDS_WITH_ACCOUNT,
    LONGEST,
    Account,
    Identity,
    Invitation,
    Opened,
    Passkey,
    Session,
    SignInEvent,
    Where,
)
from goldenthread.record.accounts.passkeys import (
    Made,
    Site,
    add_passkey,
    begin_making,
    begin_showing,
    finish_making,
    remove_passkey,
)
from goldenthread.record.accounts.passwords import check_password, require_libraries
from goldenthread.record.accounts.pending import begin, finish
from goldenthread.record.accounts.schema import ACCOUNTS_SCHEMA
from goldenthread.record.accounts.sessions import (
    end_session,
    end_session_of,
    end_sessions,
    find_session,
    renew_session,
    sessions_of,
)

__all__ = [
    "ACCOUNTS_SCHEMA",
    "ACCOUNT_KINDS",
    "EVENTS_KEPT",
    "IDLE",
    "INVITED_FOR",
    "KINDS_WITH_ACCOUNT",
    "LONGEST",
    "LONGEST_WAIT",
    "Account",
    "Identity",
    "Invitation",
    "Made",
    "Opened",
    "Passkey",
    "Session",
    "SignInEvent",
    "Site",
    "Vouched",
    "Where",
    "accept_with_passkey",
    "accept_with_password",
    "add_passkey",
    "begin",
    "begin_making",
    "begin_showing",
    "bind",
    "change_password",
    "check_password",
    "count_attempt",
    "end_session",
    "end_session_of",
    "end_sessions",
    "find_session",
    "finish",
    "finish_making",
    "forgive_attempts",
    "invite",
    "load_accounts",
    "note_refusal",
    "read_events",
    "read_invitation",
    "remove",
    "remove_passkey",
    "renew_session",
    "require_libraries",
    "sessions_of",
    "sign_in_by_passkey",
    "sign_in_by_password",
    "sign_in_by_provider",
    "wait_after",
]
