"""Who gets into the API, what is refused at its door, and what stands in no log."""

from __future__ import annotations

import http.client
import json
import logging
import ssl
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from certificates import certificate
from goldenthread.promise.errors import (
    AddressRefused,
    CredentialsRefused,
    FileUnusable,
    GoldenthreadError,
    RequestInvalid,
    ServerRunning,
    ServerUnreachable,
    StoreUnavailable,
    TooManyFailures,
    ValueProblem,
)
from goldenthread.record.principals import create_token, load_tokens, revoke, revoke_token
from goldenthread.surfaces.api import ROUTES, SIGNER, Tls, document, document_text, serve
from goldenthread.surfaces.api.doors import MOST_FAILURES, Failures
from goldenthread.surfaces.api.refusals import answer_of
from goldenthread.surfaces.api.shapes import check, parse
from goldenthread.surfaces.wire import Wire, error_of
from surfaces.api.town import SLICE, Agent, Town, opened_town
from worlds import AGENT, OWNER, World

ROOT = Path(__file__).resolve().parents[3]


def said(town: Town, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, Any]]:
    """Status and answer of a request as it is, without a client that means well."""
    assert town.server is not None
    place = urlsplit(town.server.url)
    assert place.hostname
    with closing(http.client.HTTPConnection(place.hostname, place.port, timeout=10)) as line:
        line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = line.getresponse()
        return response.status, json.loads(response.read() or b"{}")


def of(town: Town, who: str) -> dict[str, Any]:
    """The headers of somebody who speaks JSON."""
    return {"Authorization": f"Bearer {town.tokens[who]}", "Content_Type": "application/json"}


def test_nothing_is_answered_without_a_token(town: Town) -> None:
    """Health and the document say nothing of anybody; all else needs a token that is good now."""
    for served in ROUTES:
        path = served.path.replace("{run}", "0" * 16).replace("{permit}", "0" * 16)
        status, answer = said(town, served.method, path, b"{}")
        assert (status, answer["code"]) == (401, "credentials-refused"), path
    assert said(town, "GET", "/v1/health") == (200, {"status": "ok"})
    assert said(town, "GET", "/openapi.json")[0] == 200
    assert said(town, "GET", "/v1/keys")[1]["message"] == (
        "The request came with no token. Send `Authorization: Bearer TOKEN` with one that "
        "`goldenthread token create` printed."
    )


@pytest.mark.parametrize("token", ["wrong", "gt__", "gt_000000000000_x", "\xe4", "Bearer", "gt_a_b_c_d"])
def test_a_token_that_is_none_is_refused_like_one_that_is_unknown(town: Town, token: str) -> None:
    """An error that told them apart would help whoever guesses."""
    status, answer = said(town, "GET", "/v1/keys", Authorization=f"Bearer {token}")
    assert (status, answer["code"]) in ((401, "credentials-refused"), (429, "too-many-failures"))


def test_a_token_opens_nothing_once_it_is_revoked_or_expired(own_town: Town) -> None:
    """A server that runs learns of it within a second, without being told."""
    ledger, ring = own_town.world.ledger, own_town.world.keyring
    own_town.tokens["late"] = own_town.token("agent", AGENT)
    late = own_town.wire("late")
    assert late.get("keys")["tool"] == AGENT
    revoke_token(ledger, ring, own_town.tokens["late"].split("_")[1], by=OWNER, reason="it stood in a log")
    own_town.house.access.forget()
    with pytest.raises(CredentialsRefused) as caught:
        late.get("keys")
    assert str(caught.value) == (
        "credentials-refused: The request came with a token that is unknown, expired or revoked. "
        "Send `Authorization: Bearer TOKEN` with one that `goldenthread token create` printed."
    )
    revoke(ledger, ring, by=OWNER, name="payments", reason="another provider")
    own_town.house.access.forget()
    with pytest.raises(CredentialsRefused):
        own_town.wire("payments").get("keys")
    clock = ledger.clock
    ledger.clock = lambda: clock() + timedelta(days=31)
    with pytest.raises(CredentialsRefused):
        own_town.wire("agent").get("keys")


def test_a_token_reaches_its_slices_only(own_town: Town) -> None:
    """An agent of one slice must not come in by another."""
    own_town.tokens["elsewhere"] = own_town.token("agent", AGENT, slices=("claims",))
    own_town.house.access.forget()
    with pytest.raises(GoldenthreadError) as caught:
        Agent(own_town.wire("elsewhere"), own_town.tokens["elsewhere"], {"model": "rules"}).declare()
    assert str(caught.value) == (
        "scope-refused: The token of 'agent' is not for the slice 'refunds'. "
        "Nothing happened; have an administrator make one that is."
    )


def test_wrong_tokens_are_counted_by_address() -> None:
    """Guessing is hopeless; it must not cost anything either."""
    now = [0.0]
    failures = Failures(lambda: now[0])
    for _ in range(MOST_FAILURES):
        failures.count("10.0.0.1")
    with pytest.raises(TooManyFailures) as caught:
        failures.count("10.0.0.1")
    assert str(caught.value) == (
        "too-many-failures: More than 20 requests with wrong tokens came from this address within a minute. "
        "Wait a minute, and mend the token."
    )
    failures.count("10.0.0.2")
    now[0] = 61.0
    failures.count("10.0.0.1")
    answer = answer_of(caught.value)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")


def test_a_good_token_gets_through_however_many_wrong_ones_came(own_town: Town) -> None:
    """Whoever shares a machine with an agent must not be able to keep it out."""
    codes = [said(own_town, "GET", "/v1/keys", Authorization="Bearer wrong")[0] for _ in range(MOST_FAILURES + 2)]
    assert (codes[0], codes[-1]) == (401, 429)
    assert own_town.wire("agent").get("keys")["tool"] == AGENT


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "The body is no JSON in UTF-8 that has one meaning only: JSONDecodeError. Send an object."),
        (
            b'{"slice": "a", "slice": "b"}',
            "The body is no JSON in UTF-8 that has one meaning only: a key appears twice in one object. "
            "Send an object.",
        ),
        (b'{"slice": NaN}', "The body is no JSON in UTF-8 that has one meaning only: ValueError. Send an object."),
        (b"\xff", "The body is no JSON in UTF-8 that has one meaning only: UnicodeDecodeError. Send an object."),
        (
            b"[" * 100_000,
            "The body is no JSON in UTF-8 that has one meaning only: it is nested too deep. Send an object.",
        ),
        (b"[" * 40 + b"]" * 40, "The body is nested deeper than 32 levels. Send a flatter one."),
        (b"[]", "body: object is expected. See /openapi.json for what this address takes."),
        (b"{}", "body: 'slice' is missing. See /openapi.json for what this address takes."),
        (
            b'{"slice": "refunds", "manifest": {}, "level": "expanded"}',
            "body: 'level' is not known here; known are slice, manifest. "
            "See /openapi.json for what this address takes.",
        ),
        (
            b'{"slice": "a\\u0000b", "manifest": {}}',
            "body.slice: text of the form ^[^\\u0000-\\u001f\\u007f]+$ is expected. "
            "See /openapi.json for what this address takes.",
        ),
        (
            b'{"slice": "\\ud800", "manifest": {}}',
            "body.slice: half of a character stands in it. See /openapi.json for what this address takes.",
        ),
        (
            b'{"slice": "", "manifest": {}}',
            "body.slice: text of 1 to 200 characters is expected. See /openapi.json for what this address takes.",
        ),
    ],
)
def test_a_body_of_another_shape_is_refused_without_repeating_it(town: Town, body: bytes, words: str) -> None:
    """What somebody sent may be a secret, so an error names the place and the form only."""
    assert said(town, "POST", "/v1/agents/declare", body, **of(town, "agent")) == (
        400,
        {"code": "request-invalid", "message": words},
    )


def test_a_body_that_is_too_large_or_no_json_is_not_read(town: Town) -> None:
    """One request must not fill the memory of the server that everybody's work waits for."""
    large = b'{"slice": "' + b"x" * 2_000_000 + b'"}'
    assert said(town, "POST", "/v1/agents/declare", large, **of(town, "agent")) == (
        413,
        {
            "code": "request-invalid",
            "message": "The body is larger than 1048576 bytes. Send less; refer to large things.",
        },
    )
    headers = {**of(town, "agent"), "Content_Type": "text/plain"}
    assert said(town, "POST", "/v1/agents/declare", b"{}", **headers) == (
        415,
        {
            "code": "request-invalid",
            "message": "The body is not said to be JSON. Send it with `Content-Type: application/json`.",
        },
    )


def test_what_is_not_served_says_so(town: Town) -> None:
    """A wrong address is told from a wrong method."""
    assert said(town, "GET", "/v1/inbox") == (
        404,
        {"code": "address-unknown", "message": "Nothing is served at that address. See /openapi.json."},
    )
    assert said(town, "DELETE", "/v1/runs") == (
        405,
        {"code": "address-unknown", "message": "That address is not served by DELETE. See /openapi.json."},
    )
    assert said(town, "GET", "/v1/runs/not-an-id", **of(town, "agent"))[1]["message"] == (
        "What stands in the path for {run} is no id. Ids have 16 hex digits."
    )


def test_values_beyond_json_are_refused_by_name(town: Town, alone: Agent) -> None:
    """What cannot be written down exactly can't be permitted."""
    run = alone.open()
    body = b'{"action": "pay", "call": 0, "arguments": {"order": "o-1", "amount": 1e999}}'
    status, answer = said(town, "POST", f"/v1/runs/{run}/actions", body, **of(town, "agent"))
    assert (status, answer["code"]) == (422, "not-canonical")
    body = b'{"action": "pay", "arguments": {"order": "o-1", "amount": 1}}'
    status, answer = said(town, "POST", f"/v1/runs/{run}/actions", body, **of(town, "agent"))
    assert (status, answer["message"]) == (
        400,
        "body.call: 'pay' has an effect, so it needs `call`: count the run's effects from 0.",
    )


def test_a_fault_of_the_server_tells_nothing_of_what_was_sent(caplog: pytest.LogCaptureFixture) -> None:
    """An exception's words may hold what somebody sent; the log gets its place, the caller its name."""
    answer = answer_of(_raised(RuntimeError("token gt_secret")))
    assert answer.status_code == 500
    assert json.loads(bytes(answer.body)) == {
        "code": "unexpected",
        "message": "RuntimeError: this is a fault of goldenthread. Its place is in the server's log.",
    }
    assert "gt_secret" not in caplog.text
    assert "RuntimeError" in caplog.text


def test_a_database_that_fails_is_a_no_and_names_no_host() -> None:
    """Fail closed; and the address of the database is nobody's business."""
    for error in (psycopg.errors.LockNotAvailable("db.internal"), StoreUnavailable("no session from db.internal")):
        answer = answer_of(error)
        assert (answer.status_code, json.loads(bytes(answer.body))) == (
            503,
            {
                "code": "store-unavailable",
                "message": "The database does not answer as it should. Nothing was done; try again later.",
            },
        )


def test_without_its_database_the_server_allows_nothing(own_town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """No state confirmed, no answer but that; and all is well again when it is back."""
    agent = own_town.agent()
    run = agent.open()
    store = own_town.world.ledger.store

    def gone() -> Any:
        raise StoreUnavailable("The database is gone. Start it.")

    with monkeypatch.context() as patch:
        patch.setattr(store, "session", gone)
        own_town.house.access.forget()
        with pytest.raises(StoreUnavailable):
            agent.ask(run, "pay", order="o-1", amount=7)
        assert said(own_town, "GET", "/v1/health")[0] == 503
    assert agent.ask(run, "pay", order="o-1", amount=7)["verdict"] == "ask"


def test_one_server_holds_a_home(own_town: Town) -> None:
    """Two would each doubt what the other lets happen."""
    with pytest.raises(ServerRunning) as caught:
        serve(own_town.world.ledger, own_town.world.keyring)
    assert str(caught.value) == (
        "server-running: Another server of the guard holds this home. Stop that one, or use it; there is one at a time."
    )


def test_other_machines_are_served_with_a_certificate_only(world: World) -> None:
    """Tokens must not pass in the clear by accident."""
    with pytest.raises(AddressRefused) as caught:
        serve(world.ledger, world.keyring, host="0.0.0.0")
    assert str(caught.value) == (
        "address-refused: On 0.0.0.0 other machines can reach the server, and tokens would pass in the clear. Give it "
        "a certificate with `--tls-certificate` and `--tls-key`, or say `--plain` if something else encrypts."
    )
    with pytest.raises(AddressRefused, match="is no address of a machine"):
        serve(world.ledger, world.keyring, host="example.com")
    missing = Path("/nowhere/guard.pem")
    with pytest.raises(FileUnusable, match="there is no such file"):
        serve(world.ledger, world.keyring, host="0.0.0.0", tls=Tls(certificate=missing, key=missing))


def test_a_server_with_a_certificate_speaks_tls_only(world: World, tmp_path: Path) -> None:
    """A client that does not know the certificate goes no further, and nobody speaks in the clear by accident."""
    tls = certificate(tmp_path)
    token = create_token(world.ledger, world.keyring, by=OWNER, scope="agent", name=AGENT)[1]
    with serve(world.ledger, world.keyring, tls=tls) as server:
        assert server.url.startswith("https://127.0.0.1:")
        known = ssl.create_default_context(cafile=str(tls.certificate))
        with closing(Wire(server.url, token, tls=known)) as line:
            assert line.get("keys")["keys"][0]["public"] == server.house.public_key
        for url in (server.url, server.url.replace("https", "http")):
            with closing(Wire(url, token)) as line, pytest.raises(ServerUnreachable):
                line.get("keys")


def test_no_secret_stands_in_any_log_error_or_record(
    own_town: Town, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A token is shown once, to whoever made it."""
    caplog.set_level(logging.DEBUG)
    agent = own_town.climb()
    run = agent.open()
    answer = agent.ask(run, "pay", order="o-1", amount=7)
    own_town.payments().act("pay", agent.permit(answer), answer["arguments"])
    errors = []
    for who in own_town.tokens:
        headers = {**of(own_town, who), "Content_Type": "application/json"}
        for served in ROUTES:
            path = served.path.replace("{run}", run).replace("{permit}", "0" * 16)
            secret = json.dumps({"token": own_town.tokens[who], "slice": own_town.tokens[who]}).encode()
            errors.append(json.dumps(said(own_town, served.method, path, secret, **headers)))
    printed = capfd.readouterr()
    records = b"".join(
        record.body for chain in own_town.world.ledger.chains() for record in own_town.world.ledger.read(chain)
    ).decode()
    wires = repr(own_town.wire("agent"))
    for token in own_town.tokens.values():
        secret_part = token.split("_", 2)[2]
        for place in (caplog.text, printed.out, printed.err, "".join(errors), records, wires):
            assert secret_part not in place
    assert sum(1 for token in load_tokens(own_town.world.ledger).by_id.values()) == len(own_town.tokens)


def test_the_document_is_stored_as_it_is_served(town: Town) -> None:
    """Clients are made from the file in docs/reference; it must be what the server does."""
    stored = (ROOT / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8")
    assert stored == document_text()
    assert said(town, "GET", "/openapi.json")[1] == json.loads(stored) == document()


def test_an_error_comes_back_as_the_class_that_it_is() -> None:
    """Whoever catches PermitRefused in one process catches it across the line too."""
    error = error_of("contract-invalid", "intake.yaml:1:1 wrong")
    assert (type(error).__name__, str(error)) == ("ContractInvalid", "contract-invalid: intake.yaml:1:1 wrong")
    assert str(error_of("of-the-future", "no")) == "server-unreachable: The server answered 'of-the-future': no"


def test_what_is_no_server_of_the_guard_is_no_yes(town: Town) -> None:
    """A line that is dead, or leads elsewhere, must never look like an answer."""
    assert town.server is not None
    with closing(Wire("http://127.0.0.1:9", "gt_x")) as dead, pytest.raises(ServerUnreachable, match="gave no answer"):
        dead.get("keys")
    with closing(Wire(town.server.url, "gt_x")) as line, pytest.raises(ServerUnreachable) as caught:
        line._read(200, b"<html>welcome</html>")
    assert str(caught.value) == (
        f"server-unreachable: What answers at {town.server.url} is no server of the guard (status 200). "
        "Mend the address."
    )


@pytest.mark.parametrize("url", ["guard:7443", "ftp://guard", "https://", "https://me:word@guard", "https://guard/v1"])
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    """A password in an address must not come back in an error."""
    with pytest.raises(ValueProblem) as caught:
        Wire(url, "gt_x")
    assert "is no address of a server. Write e.g. https://guard:7443." in str(caught.value)
    assert "word" not in str(caught.value)
    with pytest.raises(ValueProblem, match="There is no token to ask the server with"):
        Wire("https://guard", "")


def test_the_shapes_refuse_what_the_document_forbids() -> None:
    """The same words decide what is shown and what is taken."""
    with pytest.raises(RequestInvalid, match=r"body\.call: integer is expected"):
        check({"type": "object", "properties": {"call": {"type": "integer"}}}, {"call": True})
    with pytest.raises(RequestInvalid, match=r"body\[1\]: text of 1 to 2 characters"):
        check({"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 2}}, ["a", "abc"])
    assert parse(b'{"a": [1, 2.5, null, true]}') == {"a": [1, 2.5, None, True]}


def test_a_server_signs_with_the_same_key_each_time(world: World) -> None:
    """Tools pin the key; it must outlive the process."""
    town = opened_town(world)
    with town.open() as server:
        first = server.house.public_key
    with town.open() as server:
        assert server.house.public_key == first == world.keyring.public_key(SIGNER)
        assert town.payments(keys=[first]).keys() == (first,)


def test_an_action_that_no_tool_carries_out_gets_no_permit(own_town: Town) -> None:
    """A permit that nobody could use would look like a yes."""
    agent = own_town.climb()
    ledger, ring = own_town.world.ledger, own_town.world.keyring
    revoke_token(ledger, ring, own_town.tokens["payments"].split("_")[1], by=OWNER, reason="rotated")
    own_town.house.access.forget()
    run = agent.open()
    with pytest.raises(GoldenthreadError) as caught:
        agent.ask(run, "pay", order="o-1", amount=7)
    assert str(caught.value) == (
        "tool-missing: 'pay' may happen, and no tool of 'refunds' carries it out. Have an administrator run "
        "`goldenthread token create --tool NAME --action pay`, then ask again."
    )
    _, own_town.tokens["payments"] = create_token(
        ledger, ring, by=OWNER, scope="tool", name="payments", actions=["look", "pay"]
    )
    own_town.house.access.forget()
    answer = agent.ask(run, "pay", order="o-1", amount=7)  # the same fingerprint: tokens are no part of an agent
    own_town.payments().act("pay", agent.permit(answer), answer["arguments"])
    assert own_town.paid == [("o-1", 7)]


def test_an_agent_whose_tools_changed_is_another_one(own_town: Town) -> None:
    """Evidence belongs to what was seen; a tool that takes other arguments was not."""
    agent = own_town.climb()
    run = agent.open()
    tool = own_town.payments()
    tool._tools["pay"] = lambda order, amount, urgent: None
    tool.declare()
    with pytest.raises(GoldenthreadError) as caught:
        agent.ask(run, "pay", order="o-1", amount=7)
    assert str(caught.value) == (
        "manifest-mismatch: The tools of 'refunds' have changed since this agent was declared with them; they are "
        "look, pay, post now, or take other arguments. Declare the agent again: it is another one."
    )
    assert agent.declare() == "approval"


def test_an_agent_says_which_tools_it_has_and_is_held_to_it(town: Town) -> None:
    """A declaration that disagrees is a no."""
    agent = town.agent(model="rules", tools=["pay"])
    with pytest.raises(GoldenthreadError) as caught:
        agent.declare()
    assert str(caught.value) == (
        "manifest-mismatch: Agent 'agent' declares the tools pay, but the tools of 'refunds' are look, pay, post. "
        "Declare what there is, or leave `tools` out."
    )
    assert SLICE in str(caught.value)


def _raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:  # noqa: BLE001 - handed on with its traceback
        return caught
