"""API tokens on record: who makes them, what they open, and when they stop."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from goldenthread.promise.errors import NotPermitted, PrincipalUnknown, ValueProblem
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.record.principals import (
    KeyRing,
    Role,
    bootstrap,
    create_token,
    fold_tokens,
    grant,
    load_tokens,
    revoke,
    revoke_token,
)
from goldenthread.record.store import Home


@pytest.fixture
def ring(ledger: Ledger, home: Home) -> KeyRing:
    """The keys of an organisation with an agent and a service."""
    ring = KeyRing(home)
    bootstrap(ledger, ring, "maya")
    grant(ledger, ring, by="maya", name="bot", kind="agent", roles=[Role(name="agent")], responsible="maya")
    roles = [Role(name="tool", slice="refunds"), Role(name="sealer")]
    grant(ledger, ring, by="maya", name="payments", kind="service", roles=roles)
    return ring


def tool(ledger: Ledger, ring: KeyRing, **changed: Any) -> tuple[Any, str]:
    """A token of the tool that pays."""
    wanted: dict[str, Any] = {"by": "maya", "scope": "tool", "name": "payments", "actions": ["pay"]}
    return create_token(ledger, ring, **{**wanted, **changed})


def test_a_token_opens_what_it_was_made_for(ledger: Ledger, ring: KeyRing) -> None:
    """The chain holds its hash; the text is what opens."""
    made, text = tool(ledger, ring)
    tokens, now = load_tokens(ledger), ledger.clock()
    assert tokens.find(text, now) == made
    assert made.owns("refunds", "pay")
    assert not made.owns("refunds", "pay_all")
    assert made.allowed(tokens.principals, "refunds")
    assert not made.allowed(tokens.principals, "claims")  # the role reaches refunds only
    assert tokens.owners("refunds", "pay", now) == ("payments",)
    assert tokens.owners("claims", "pay", now) == ()
    assert [tokens.find(other, now) for other in (text[:-1], text + "x", "", text.replace("gt_", "gt-"))] == [None] * 4
    assert text.split("_", 2)[2] not in str(list(ledger.read(ORGANISATION)))


def test_a_token_ends(ledger: Ledger, ring: KeyRing) -> None:
    """By its date, by its revocation, and with the rights of whose it is."""
    made, text = tool(ledger, ring)
    assert load_tokens(ledger).find(text, ledger.clock() + timedelta(days=91)) is None
    revoke(ledger, ring, by="maya", name="payments", roles=[Role(name="tool", slice="refunds")], reason="moved")
    assert load_tokens(ledger).find(text, ledger.clock()) is None
    grant(ledger, ring, by="maya", name="payments", kind="service", roles=[Role(name="tool")])
    assert load_tokens(ledger).find(text, ledger.clock()) is not None
    assert revoke_token(ledger, ring, made.id, by="maya", reason="lost").revoked
    assert load_tokens(ledger).find(text, ledger.clock()) is None
    with pytest.raises(PrincipalUnknown) as caught:
        revoke_token(ledger, ring, made.id, by="maya", reason="lost")
    assert str(caught.value) == (
        f"principal-unknown: No token '{made.id}' that could be revoked. See `goldenthread token list`."
    )


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        (
            {"scope": "root"},
            ValueProblem,
            "value-problem: 'root' is no scope of a token; scopes are agent, tool, task, telemetry. Name one of these.",
        ),
        (
            {"actions": []},
            ValueProblem,
            "value-problem: A tool's token names the actions that the tool carries out, and no other token names any. "
            "Write e.g. `--tool payments --action send_money`.",
        ),
        (
            {"life": timedelta(days=400)},
            ValueProblem,
            "value-problem: A token lives at most 366 days, not 400 days, 0:00:00. Make a new one before it ends.",
        ),
        (
            {"scope": "task", "actions": []},
            NotPermitted,
            "not-permitted: 'payments' does not hold the role task. Have an administrator run "
            "`goldenthread principal grant payments --kind service --role task`.",
        ),
        (
            {"scope": "agent", "actions": []},
            NotPermitted,
            "not-permitted: 'payments' is a service on record, not an agent, so it can do nothing. "
            "Have an administrator grant an agent.",
        ),
        (
            {"by": "bot"},
            NotPermitted,
            "not-permitted: 'bot' is not administrator of everything; they hold agent. Ask maya.",
        ),
    ],
)
def test_a_token_is_made_by_an_administrator_for_who_may_have_it(
    ledger: Ledger, ring: KeyRing, changed: dict[str, Any], error: type[Exception], words: str
) -> None:
    """A token gives nobody more than their role does."""
    with pytest.raises(error) as caught:
        tool(ledger, ring, **changed)
    assert str(caught.value) == words
    assert load_tokens(ledger).by_id == {}


def test_what_no_administrator_signed_opens_nothing(ledger: Ledger, ring: KeyRing) -> None:
    """Who can write to the database must not be able to make a token, widen one, or move one to another place."""
    _, text = tool(ledger, ring)
    record = list(ledger.read(ORGANISATION))[-1]
    principals, now = load_tokens(ledger).principals, ledger.clock()
    for forged in (
        replace(record, data={**record.data, "actions": ["pay", "pay_all"]}),
        replace(record, by="bot"),
        replace(record, seq=record.seq + 1),
        replace(record, data={}),
    ):
        assert fold_tokens(principals, [forged]).find(text, now) is None
    assert fold_tokens(principals, [record]).find(text, now) is not None
