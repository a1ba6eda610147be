from __future__ import annotations

import pytest

from goldenthread.control.rules import parse_rules, sign_rules
from goldenthread.record.principals import KeyRing, Role, grant
from goldenthread.record.store import Home
from surfaces.console.visiting import Visitor, visitor
from surfaces.views.office import MARKUP, Office
from worlds import CUSTOMER, EXPERT, OWNER

ELSEWHERE = "elsewhere@example.com"
RULES = """\
apiVersion: goldenthread/v1
kind: OrganisationRules
version: {version}
owner: maya@example.com
rules:
  not-more:
    says: Nobody pays more than {most} alone {markup}.
    for: [pay]
    when: "arguments.amount > {most}"
    then: {then}
"""


def sign(office: Office, version: int, most: int, then: str = "ask", *, by: tuple[str, ...] = (OWNER, EXPERT)) -> None:
    """Put a version of the rules in force."""
    rules = parse_rules(RULES.format(version=version, most=most, then=then, markup=MARKUP), "rules.yaml")
    for name in by:
        sign_rules(office.ledger, KeyRing(Home(office.world.home)), rules, by=name)


@pytest.fixture(scope="module")
def ruled(office: Office) -> Office:
    """An office with versions of rules, one in force, and actions that met it."""
    grant(office.ledger, office.world.keyring, by=OWNER, name=EXPERT, roles=[Role(name="auditor")])
    sign(office, 1, 100)
    sign(office, 2, 5, "forbid")
    for case in ("met", "met again"):
        office.work("refunds", case, text="refund")
    sign(office, 3, 1, by=(OWNER,))
    return office


@pytest.fixture
def inside(ruled: Office) -> Visitor:
    """Its console."""
    return visitor(ruled.ledger, home=Home(ruled.world.home))


def test_policies_show_what_is_in_force_who_signed_and_what_it_did(inside: Visitor) -> None:
    """Whoever lives under a rule sees its words, its reach, its signatures, and whom it met."""
    view = inside.get("/policies.json").json()
    assert view["in_force"] == 2
    (rule,) = view["rules"]
    assert (rule["name"], rule["then"], rule["reaches"], rule["when"]) == (
        "not-more",
        "forbid",
        "pay",
        "arguments.amount > 5",
    )
    assert (rule["denied"], rule["asked"]) == (2, 0)
    assert [(one["version"], one["state"], one["missing"]) for one in view["versions"]] == [
        (3, "waits for signatures", ["administrator or auditor"]),
        (2, "in force", []),
        (1, "superseded", []),
    ]
    assert [one["by"] for one in view["versions"][1]["signatures"]] == [OWNER, EXPERT]
    changes = [(one["direction"], one["words"]) for one in view["versions"][1]["changes"]]
    assert ("tightens", "asks a person becomes forbids.") in changes
    assert [(one["rule"], one["slice"], one["verdict"]) for one in view["hits"]] == [
        ("not-more", "refunds", "deny")
    ] * 2
    text = inside.get("/policies").text
    assert MARKUP not in text
    assert f'href="/actions/{view["hits"][0]["action"]}"' in text


def test_who_may_not_see_a_slice_does_not_see_what_rules_did_there(ruled: Office, inside: Visitor) -> None:
    """The rules are everybody's; whom they met is not."""
    grant(ruled.ledger, ruled.world.keyring, by=OWNER, name=ELSEWHERE, roles=[Role(name="data-owner", slice="claims")])
    inside.act_as(ELSEWHERE)
    view = inside.get("/policies.json").json()
    assert (view["in_force"], view["hits"], view["rules"][0]["denied"]) == (2, [], 0)
    inside.act_as(CUSTOMER)
    assert "Pull the golden thread" not in inside.get("/policies").text, "a data owner sees no content"
