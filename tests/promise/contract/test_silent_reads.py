"""What a contract says of a read that sends nothing out is kept, or refused where the guard could not keep it."""

from __future__ import annotations

from typing import Any

import pytest

from goldenthread.promise.contract import parse_contract
from goldenthread.promise.errors import ContractInvalid
from worlds import contract_text


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (
            {"budget": ["3 calls per run"]},
            "actions.look.budget: a read that sends nothing out needs no leave, so nobody",
        ),
        ({"limit": "order in allowed"}, "actions.look.limit: a read that sends nothing out needs no leave, so nothing"),
    ],
)
def test_a_bound_that_nobody_would_keep_is_refused(field: dict[str, Any], why: str) -> None:
    """Reading ten thousand customers under `3 calls per run` would be what the owner thinks can't happen."""
    look: dict[str, Any] = {"effect": "read", **field}
    with pytest.raises(ContractInvalid, match=why):
        parse_contract(contract_text("x", actions={"look": look, "pay": {"effect": "irreversible"}}))
    parse_contract(contract_text("x", actions={"look": {**look, "egress": True}, "pay": {"effect": "irreversible"}}))
