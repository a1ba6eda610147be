from __future__ import annotations

from datetime import timedelta

import pytest

from goldenthread.promise.errors import (
    AccountUnknown,
    InvitationInvalid,
    NotPermitted,
    PasswordWeak,
    SignInRefused,
    ValueProblem,
)
from goldenthread.record.accounts import (
    Vouched,
    Where,
    accept_with_password,
    begin,
    bind,
    end_session,
    end_sessions,
    find_session,
    finish,
    invite,
    load_accounts,
    read_events,
    read_invitation,
    remove,
    renew_session,
    sessions_of,
    sign_in_by_password,
    sign_in_by_provider,
)
from goldenthread.record.ledger import ORGANISATION, verify
from record.accounts.staff import GOOD, HERE, OTHER, Staff
from worlds import AGENT, APPROVER, OWNER

ISSUER = "https://id.example.com"


def test_a_session_ends_after_half_an_hour_unused_and_after_twelve_hours_at_all(staff: Staff) -> None:
    """A browser left open must not stay a way in."""
    name = staff.member()
    opened = sign_in_by_password(staff.ledger, name, GOOD, HERE)
    for _ in range(24):
        staff.later(minutes=29)
        assert find_session(staff.ledger, staff.principals, opened.secret) is not None
    staff.later(minutes=25)
    assert find_session(staff.ledger, staff.principals, opened.secret) is None
    again = sign_in_by_password(staff.ledger, name, GOOD, HERE)
    staff.later(minutes=31)
    assert find_session(staff.ledger, staff.principals, again.secret) is None


def test_what_a_page_fetches_by_itself_keeps_no_session_alive(staff: Staff) -> None:
    """Else an open page would be a session for ever."""
    opened = sign_in_by_password(staff.ledger, staff.member(), GOOD, HERE)
    staff.later(minutes=20)
    assert find_session(staff.ledger, staff.principals, opened.secret, touch=False) is not None
    staff.later(minutes=20)
    assert find_session(staff.ledger, staff.principals, opened.secret) is None


def test_of_a_session_only_a_hash_is_kept(staff: Staff) -> None:
    """Whoever reads the table comes in with nothing of it."""
    opened = sign_in_by_password(staff.ledger, staff.member(), GOOD, HERE)
    with staff.ledger.store.session() as connection:
        rows = str(connection.execute("select hash, id from account_session").fetchall())
    assert opened.secret not in rows
    for shown in rows.split("'"):
        assert find_session(staff.ledger, staff.principals, shown) is None


def test_a_renewed_session_is_the_same_under_another_secret(staff: Staff) -> None:
    """What was known before somebody got more rights must not carry them."""
    opened = sign_in_by_password(staff.ledger, staff.member(), GOOD, HERE)
    fresh = renew_session(staff.ledger, opened.secret)
    assert fresh is not None
    assert find_session(staff.ledger, staff.principals, opened.secret) is None
    found = find_session(staff.ledger, staff.principals, fresh)
    assert found is not None
    assert found.id == opened.session.id
    assert renew_session(staff.ledger, opened.secret) is None


def test_people_list_and_end_their_own_sessions_only(staff: Staff) -> None:
    """A lost laptop is shut out by its owner, who cannot reach anybody else's."""
    name, other = staff.member(), staff.member()
    one = sign_in_by_password(staff.ledger, name, GOOD, HERE)
    two = sign_in_by_password(staff.ledger, name, GOOD, Where.of("192.0.2.9", "Phone\n\x1b[31m" + "x" * 500))
    assert {one.device for one in sessions_of(staff.ledger, name)} == {"Firefox on Linux", "Phone[31m" + "x" * 31}
    assert not end_session(staff.ledger, other, two.session.id)
    assert end_session(staff.ledger, name, two.session.id)
    assert find_session(staff.ledger, staff.principals, two.secret) is None
    assert end_sessions(staff.ledger, name, but=one.session.id) == 1
    assert end_sessions(staff.ledger, name, by=OWNER) == 1
    assert sessions_of(staff.ledger, name) == ()
    assert read_events(staff.ledger, name)[0].result == f"by {OWNER}"


def test_an_invitation_is_good_once_for_three_days_and_only_the_last_one(staff: Staff) -> None:
    """A link in a mailbox is found long after."""
    name = staff.hire()
    first, second = staff.invited(name), staff.invited(name)
    with pytest.raises(InvitationInvalid, match="This invitation opens nothing: it was used, has expired"):
        read_invitation(staff.ledger, first)
    with pytest.raises(PasswordWeak):
        accept_with_password(staff.ledger, second, "short", HERE)
    assert accept_with_password(staff.ledger, second, GOOD, HERE).session.name == name
    with pytest.raises(InvitationInvalid):
        accept_with_password(staff.ledger, second, OTHER, HERE)
    late = staff.invited(name)
    staff.later(days=3)
    with pytest.raises(InvitationInvalid):
        accept_with_password(staff.ledger, late, OTHER, HERE)
    assert sign_in_by_password(staff.ledger, name, GOOD, HERE).session.name == name


def test_an_accepted_invitation_begins_the_account_afresh(staff: Staff) -> None:
    """Who lost everything, or whose account somebody else has, starts from nothing."""
    name = staff.member()
    opened = sign_in_by_password(staff.ledger, name, GOOD, HERE)
    accept_with_password(staff.ledger, staff.invited(name), OTHER, HERE)
    assert find_session(staff.ledger, staff.principals, opened.secret) is None
    with pytest.raises(SignInRefused):
        sign_in_by_password(staff.ledger, name, GOOD, HERE)


def test_only_an_administrator_invites_and_it_stands_signed_on_record(staff: Staff) -> None:
    """An invitation is as good as the account, so everybody sees who gave it."""
    name = staff.hire()
    with pytest.raises(NotPermitted):
        invite(staff.ledger, staff.ring, by=APPROVER, name=name)
    for nobody in (AGENT, "stranger@example.com"):
        with pytest.raises(AccountUnknown, match="can have no account"):
            invite(staff.ledger, staff.ring, by=OWNER, name=nobody)
    staff.invited(name)
    record = list(staff.ledger.read(ORGANISATION, kinds=["account:invite"]))[-1]
    assert (record.by, record.data["name"]) == (OWNER, name)
    assert verify(staff.ledger, (), {}).ok


def test_a_removed_account_opens_nothing_and_no_provider_brings_it_back(staff: Staff) -> None:
    """Removing means out; only an administrator's invitation or binding leads in again."""
    name = staff.member()
    opened = sign_in_by_password(staff.ledger, name, GOOD, HERE)
    remove(staff.ledger, staff.ring, by=OWNER, name=name, reason="on leave")
    assert find_session(staff.ledger, staff.principals, opened.secret) is None
    assert name not in load_accounts(staff.ledger, staff.principals)
    with pytest.raises(SignInRefused):
        sign_in_by_password(staff.ledger, name, GOOD, HERE)
    with pytest.raises(SignInRefused):
        sign_in_by_provider(staff.ledger, Vouched(issuer=ISSUER, subject="s-1", email=name), HERE)
    with pytest.raises(AccountUnknown, match="has no account that could be removed"):
        remove(staff.ledger, staff.ring, by=OWNER, name=name)
    bind(staff.ledger, staff.ring, by=OWNER, name=name, issuer=ISSUER, subject="s-1")
    assert (
        sign_in_by_provider(staff.ledger, Vouched(issuer=ISSUER, subject="s-1", email=None), HERE).session.name == name
    )
    with pytest.raises(SignInRefused):
        sign_in_by_password(staff.ledger, name, GOOD, HERE)


def test_a_provider_vouches_by_a_verified_address_once_and_by_its_subject_from_then_on(staff: Staff) -> None:
    """Addresses are handed on to other people; a subject never is."""
    name = staff.hire()
    with pytest.raises(SignInRefused, match="This identity provider opens no account here"):
        sign_in_by_provider(staff.ledger, Vouched(issuer=ISSUER, subject="s-2", email=None), HERE)
    first = sign_in_by_provider(staff.ledger, Vouched(issuer=ISSUER, subject="s-2", email=name), HERE)
    assert first.session.name == name
    assert (
        sign_in_by_provider(staff.ledger, Vouched(issuer=ISSUER, subject="s-2", email="x@y"), HERE).session.name == name
    )
    with pytest.raises(SignInRefused):
        sign_in_by_provider(staff.ledger, Vouched(issuer=ISSUER, subject="s-3", email=name), HERE)
    with pytest.raises(SignInRefused):
        sign_in_by_provider(staff.ledger, Vouched(issuer=ISSUER, subject="s-4", email=AGENT), HERE)


def test_nobody_is_bound_to_what_somebody_else_is_or_to_a_plain_address(staff: Staff) -> None:
    """One identity is one person, and what vouches must come encrypted."""
    one, two = staff.hire(), staff.hire()
    bind(staff.ledger, staff.ring, by=OWNER, name=one, issuer=ISSUER, subject="s-5")
    with pytest.raises(ValueProblem, match="nobody is two people"):
        bind(staff.ledger, staff.ring, by=OWNER, name=two, issuer=ISSUER, subject="s-5")
    with pytest.raises(ValueProblem, match="names nobody at an identity provider"):
        bind(staff.ledger, staff.ring, by=OWNER, name=two, issuer="http://id.example.com", subject="s-6")


def test_what_a_browser_began_it_finishes_once_and_soon(staff: Staff) -> None:
    """A challenge or a state that is good twice can be replayed."""
    secret = begin(staff.ledger, "way", {"state": "1"})
    assert finish(staff.ledger, "another way", secret) is None
    assert finish(staff.ledger, "way", secret) == {"state": "1"}
    assert finish(staff.ledger, "way", secret) is None
    late = begin(staff.ledger, "way", {"state": "2"})
    staff.later(minutes=10)
    assert finish(staff.ledger, "way", late) is None


def test_events_are_kept_for_400_days(staff: Staff) -> None:
    """As long as an auditor asks, and not for ever."""
    name = staff.member()
    staff.later(days=401)
    sign_in = sign_in_by_password(staff.ledger, name, GOOD, HERE)
    assert [(one.what, one.at) for one in read_events(staff.ledger)] == [("sign-in", sign_in.session.made_at)]
    staff.now -= timedelta(days=401)
