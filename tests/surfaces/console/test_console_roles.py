"""The matrix of roles: every address of the console by every role, written out. A new address needs a row here."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NoReturn

import anyio
import httpx
import pytest

from goldenthread.promise.errors import ValueProblem
from goldenthread.record.accounts import Where, accept_with_password
from goldenthread.record.accounts.sessions import open_session
from goldenthread.record.principals import Role, grant
from goldenthread.record.store import Home
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console.application import application
from goldenthread.surfaces.console.doors import own_hosts
from goldenthread.surfaces.console.entrance import Entrance, csrf_of
from goldenthread.surfaces.console.routes import DEEDS, PAGES, PARTS
from goldenthread.surfaces.console.shelf import Shelf
from record.accounts.staff import HERE, Staff, opened_staff
from surfaces.console.visiting import PORT, TOKEN
from worlds import OWNER, Model, contract_text

ROLES = {
    "A": "administrator",
    "O": "owner",
    "E": "expert",
    "P": "approver",
    "D": "data-owner",
    "U": "auditor",
    "G": "engineer",
    "L": "leader",
    "V": "viewer",
}
EVERYBODY = "AOEPDUGLV"

# Who may: letters as above; n: whoever sits at this machine as nobody. They look; a deed then asks who acts.
TABLE: Mapping[str, str] = {
    "GET /": EVERYBODY + "n",
    "POST /views/keep": EVERYBODY + "n",
    "POST /views/forget": EVERYBODY + "n",
    "GET /find": EVERYBODY + "n",
    "GET /slices/{slice}": EVERYBODY + "n",
    "GET /slices/{slice}/history": EVERYBODY + "n",
    "GET /slices/{slice}/metrics/{metric}/chart-{scheme}.svg": EVERYBODY + "n",
    "GET /slices/{slice}/metrics": EVERYBODY + "n",
    "GET /slices/{slice}/metrics/{metric}": "OEPUG" + "n",
    "GET /slices/{slice}/outcomes/{metric}": EVERYBODY + "n",
    "GET /slices/{slice}/cases": "OEPUG" + "n",
    "GET /slices/{slice}/cases/{run}": "OEPUG" + "n",
    "GET /slices/{slice}/cases/{run}/steps/{step}": "OEPUG" + "n",
    "GET /slices/{slice}/cases/{run}/window": "OEPUG" + "n",
    "GET /slices/{slice}/cases/{run}/step/{step}": "OEPUG" + "n",
    "GET /compare": "OEPUG" + "n",
    "GET /slices/{slice}/whiteboard": EVERYBODY + "n",
    "GET /policies": EVERYBODY + "n",
    "GET /audit": "AOU" + "n",
    "GET /audit/{chain}": "AOU" + "n",
    "GET /audit/{chain}/{seq}": "AOU" + "n",
    "GET /audit-jobs/{job}": "AOU" + "n",
    "GET /audit-jobs/{job}/download": "AOU" + "n",
    "GET /audit-verifier/verify.py": "AOU" + "n",
    "POST /audit/verify": "AOU" + "n",
    "POST /audit/replay": "AOU" + "n",
    "POST /audit/export": "AOU" + "n",
    "GET /actions/{action}": "OEPUG" + "n",
    "GET /slices/{slice}/inbox": "OEPUG" + "n",
    "GET /slices/{slice}/incidents": EVERYBODY + "n",
    "GET /slices/{slice}/incidents/{place}": EVERYBODY + "n",
    "GET /inbox": EVERYBODY + "n",
    "GET /inbox/{item}": "OEPUG" + "n",
    "GET /incidents": EVERYBODY + "n",
    "GET /outcomes": EVERYBODY + "n",
    "GET /problems": EVERYBODY + "n",
    "GET /problems/{problem}": EVERYBODY + "n",
    "GET /promises": EVERYBODY + "n",
    "GET /promises/{promise}": EVERYBODY + "n",
    "GET /stops": EVERYBODY + "n",
    "GET /slices/{slice}/releases": EVERYBODY + "n",
    "GET /slices/{slice}/author": EVERYBODY + "n",
    "GET /slices/{slice}/author/{version}": EVERYBODY + "n",
    "GET /slices/{slice}/author/{version}/printed": EVERYBODY + "n",
    "GET /contract.schema.json": EVERYBODY + "n",
    "GET /author": "OEG" + "n",
    "GET /author/words": "OEG" + "n",
    "GET /author/drafts/{draft}": "OEG" + "n",
    "GET /author/drafts/{draft}/plan": "OEG" + "n",
    "GET /author/drafts/{draft}/found": "OEG" + "n",
    "GET /author/drafts/{draft}/printed": "OEG" + "n",
    "GET /people": "AOEPUL" + "n",
    "GET /people/{name}": "AOEPUL" + "n",
    "GET /tokens": "A",
    "GET /account": EVERYBODY + "n",
    "GET /unlock": EVERYBODY + "n",
    "POST /inbox": "OEP",
    "POST /inbox/{item}/approve": "OEP",
    "POST /inbox/{item}/edit": "OEP",
    "POST /inbox/{item}/reject": "OEP",
    "POST /inbox/{item}/answer": "OEP",
    "POST /inbox/{item}/settle": "OEP",
    "POST /inbox/{item}/escalate": "OEP",
    "POST /inbox/{item}/hand-over": "OEP",
    "POST /inbox/{item}/ask-back": "OEP",
    "POST /inbox/{item}/claim": "OEP",
    "POST /inbox/{item}/release": "OEP",
    "POST /inbox/{item}/reply": "OEPUG" + "n",
    "POST /slices/{slice}/incidents/{place}/take": "AOEPDUG",
    "POST /slices/{slice}/incidents/{place}/note": "AOEPDUG",
    "POST /slices/{slice}/incidents/{place}/recover": "AOEPDUG",
    "POST /slices/{slice}/incidents/{place}/close": "AOEPDUG",
    "POST /slices/{slice}/outcomes/{metric}/values": "OD" + "n",
    "POST /problems/say": "OED",
    "POST /problems/{problem}/edit": "OED",
    "POST /promises": "OEG" + "n",
    "POST /stops": "AOP",
    "POST /stops/lift": "AOP",
    "POST /slices/{slice}/releases/{fingerprint}/sign": "OED",
    "POST /slices/{slice}/releases/{fingerprint}/refuse": "OED",
    "POST /slices/{slice}/author/begin": "OEG" + "n",
    "POST /slices/{slice}/author/{version}/sign": "OED",
    "POST /slices/{slice}/author/{version}/ask": "OEG" + "n",
    "POST /slices/{slice}/author/{version}/refuse": "OED",
    "POST /author/begin": "OEG" + "n",
    "POST /author/drafts/{draft}": "OEG" + "n",
    "POST /author/drafts/{draft}/number": "OEG" + "n",
    "POST /author/drafts/{draft}/commit": "OEG" + "n",
    "POST /author/drafts/{draft}/drop": "OEG" + "n",
    "POST /people/add": "A",
    "POST /people/grant": "A",
    "POST /people/revoke-role": "A",
    "POST /people/revoke": "A",
    "POST /people/invite": "A",
    "POST /people/end-sessions": "A",
    "POST /people/remove-account": "A",
    "POST /tokens/create": "A",
    "POST /tokens/revoke": "A",
    "POST /account/password": EVERYBODY + "n",
    "POST /account/sessions/end": EVERYBODY + "n",
    "POST /account/sessions/end-others": EVERYBODY + "n",
    "POST /account/passkeys/ask": EVERYBODY + "n",
    "POST /account/passkeys": EVERYBODY + "n",
    "POST /account/passkeys/remove": EVERYBODY + "n",
    "POST /sign-out": EVERYBODY + "n",
    "POST /act-as": EVERYBODY + "n",
    "POST /unlock": EVERYBODY + "n",
}

REACHED = "reached"
ELSEWHERE = "letters"  # A slice in which nobody but those with a role everywhere has one.


def _reached(_: object) -> NoReturn:
    raise ValueProblem(REACHED)


def addresses() -> list[str]:
    """Every address that takes a session, as the table has it."""
    shown = [one.address for one in PAGES] + [one.address for one in PARTS]
    return [f"GET {address}" for address in shown] + [f"POST {one.address}" for one in DEEDS]


@pytest.fixture(scope="module")
def staff(server: EmbeddedServer, peopled: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """A home with somebody of every role in `refunds` alone, and two slices."""
    with opened_staff(server, peopled, tmp_path_factory.mktemp("roles")) as made:
        made.world.sign(contract_text("refunds"))
        made.world.sign(contract_text(ELSEWHERE))
        for role in ROLES.values():
            slice_name = "*" if role == "administrator" else "refunds"
            roles = [Role(name=role, slice=slice_name)]
            grant(made.ledger, made.ring, by=OWNER, name=f"{role}@roles.example", roles=roles)
            invited = made.invited(f"{role}@roles.example")
            accept_with_password(made.ledger, invited, "seven lamps over a quiet harbour", HERE)
        yield made


@pytest.fixture
def only_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and deeds that only say that somebody got as far as them."""
    module = importlib.import_module("goldenthread.surfaces.console.application")
    monkeypatch.setattr(module, "PAGES", tuple(replace(one, draw=_reached) for one in PAGES))
    monkeypatch.setattr(module, "PARTS", tuple(replace(one, give=_reached) for one in PARTS))
    monkeypatch.setattr(module, "DEEDS", tuple(replace(one, do=_reached) for one in DEEDS))


class Asking:
    """Somebody who asks for every address."""

    def __init__(self, staff: Staff, name: str | None, *, link: bool = False) -> None:
        entrance = None if link else Entrance(hosts=own_hosts(PORT), secure=False)
        shelf = Shelf(staff.ledger, None, Home(staff.world.home))
        self._application = application(shelf, token=TOKEN, port=PORT, entrance=entrance)
        self._link = link
        self.secret = ""
        self.csrf: str | None = None  # None: the session's own
        if name is not None:
            with staff.ledger.store.transaction() as connection:
                opened = open_session(connection, name, "password", Where(), staff.now)
            self.secret = opened.secret

    def all(self, wanted: list[str], slice_name: str = "refunds") -> dict[str, str]:
        """What became of each: the code of its error; every page and every deed answers JSON here."""
        return anyio.run(self._all, wanted, slice_name)

    async def _all(self, wanted: list[str], slice_name: str) -> dict[str, str]:
        transport = httpx.ASGITransport(self._application)
        url = f"http://127.0.0.1:{PORT}"
        headers = {"accept": "application/json", "origin": url}
        if self.secret:
            headers["cookie"] = f"goldenthread_{PORT}={self.secret}"
        async with httpx.AsyncClient(transport=transport, base_url=url, headers=headers) as client:
            if self._link:
                await client.get(f"/enter?token={TOKEN}")
            return {one: await self._one(client, one, slice_name) for one in wanted}

    async def _one(self, client: httpx.AsyncClient, wanted: str, slice_name: str) -> str:
        method, _, address = wanted.partition(" ")
        path = re.sub(r"\{(\w+)(:\w+)?\}", lambda part: slice_name if part[1] == "slice" else "1", address)
        token = csrf_of(self.secret) if self.csrf is None else self.csrf
        fields = {"csrf": token} if method == "POST" else None
        return str((await client.request(method, path, data=fields)).json()["code"])


def test_every_address_has_its_row_and_every_row_its_address() -> None:
    """A page that nobody thought about is open to the wrong people."""
    assert sorted(TABLE) == sorted(addresses())


@pytest.mark.usefixtures("only_doors")
@pytest.mark.parametrize("letter", ROLES)
def test_each_role_gets_as_far_as_the_table_says(staff: Staff, letter: str) -> None:
    """Every address by every role, in the slice where they hold it."""
    found = Asking(staff, f"{ROLES[letter]}@roles.example").all(addresses())
    expected = {one: "value-problem" if letter in TABLE[one] else "right-missing" for one in addresses()}
    assert found == expected


@pytest.mark.usefixtures("only_doors")
@pytest.mark.parametrize("letter", [one for one in ROLES if one != "A"])
def test_a_role_counts_for_nothing_in_another_slice(staff: Staff, letter: str) -> None:
    """There it looks as if the slice did not exist."""
    wanted = [one for one in addresses() if "{slice}" in one]
    found = Asking(staff, f"{ROLES[letter]}@roles.example").all(wanted, ELSEWHERE)
    assert found == dict.fromkeys(wanted, "page-not-found")


@pytest.mark.usefixtures("only_doors")
def test_whoever_is_not_in_gets_nowhere(staff: Staff) -> None:
    """Not even to the answer whether something is there."""
    for one in (Asking(staff, None), Asking(staff, "owner@roles.example")):
        if one.secret:
            one.secret = one.secret[:-1] + ("A" if one.secret[-1] != "A" else "B")
        assert one.all(addresses()) == dict.fromkeys(addresses(), "token-refused")


@pytest.mark.usefixtures("only_doors")
def test_whoever_sits_at_the_machine_as_nobody_looks_and_changes_nothing(staff: Staff) -> None:
    """They could read the files as well; what is signed takes somebody."""
    wanted = [one for one in addresses() if one.startswith("GET")]
    found = Asking(staff, None, link=True).all(wanted)
    assert found == {one: "value-problem" if "n" in TABLE[one] else "right-missing" for one in wanted}


def test_every_deed_asks_for_its_sessions_token(staff: Staff) -> None:
    """Each of them, without one, with a made-up one and with another session's."""
    one, other = Asking(staff, "owner@roles.example"), Asking(staff, "administrator@roles.example")
    deeds = [deed for deed in addresses() if deed.startswith("POST")]
    for one.csrf in ("", "made-up", csrf_of(other.secret)):
        assert one.all(deeds) == dict.fromkeys(deeds, "form-refused")
