from __future__ import annotations

import pytest

from surfaces.console.visiting import PORT, TOKEN, URL, Visitor, stranger, visitor
from surfaces.views.office import Office

NO_SESSION = (
    "This page needs the session that the terminal's one-time token opens. Open the address that `goldenthread up` "
    "printed, or start it again for a new one."
)
AGAIN = "Stop the console with Ctrl-C, start it again with `goldenthread up`, and open the address that it prints."
USED = f"The token was used before, and it opens one session only. {AGAIN}"
OTHER = f"This is not the token of this console. {AGAIN}"


def told(client: Visitor, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str]]:
    """The status and the error of a request for JSON."""
    answer = client.get("/index.json", headers)
    return answer.status_code, answer.json()


def test_without_the_token_no_page_is_shown(office: Office) -> None:
    """Another user of this machine can reach the port; they must see nothing."""
    client = stranger(office.ledger)
    for address in ("/", "/slices/refunds", "/slices/nope", "/nowhere", "/slices/refunds/inbox"):
        answer = client.get(address)
        assert (answer.status_code, "refund" in answer.text) == (403, False)
    assert told(client) == (403, {"code": "token-refused", "message": NO_SESSION})


def test_the_token_opens_a_session_and_leaves_the_address(office: Office) -> None:
    """A token in an address ends up in histories, so it goes as soon as it has been used."""
    client = stranger(office.ledger)
    answer = client.get(f"/enter?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"goldenthread_{PORT}=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=strict"}
    assert TOKEN not in cookie
    assert client.get("/").status_code == 200


def test_the_token_works_once(office: Office) -> None:
    """Whoever reads it off the terminal afterwards gets nothing."""
    first, second = visitor(office.ledger), stranger(office.ledger)
    again = first.get(f"/enter?token={TOKEN}")
    assert again.status_code == 403
    assert (USED in again.text, "token-refused" in again.text) == (True, True)
    assert second.get(f"/enter?token={TOKEN}").status_code == 303  # another console, another token


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "тест"])
def test_a_wrong_token_opens_nothing_and_uses_nothing_up(office: Office, token: str) -> None:
    """A guess must not lock the owner out."""
    client = stranger(office.ledger)
    refused = client.get(f"/enter?token={token}")
    assert (refused.status_code, OTHER in refused.text) == (403, True)
    assert "set-cookie" not in refused.headers
    assert client.get(f"/enter?token={TOKEN}").status_code == 303


def test_a_preview_does_not_use_the_token_up(office: Office) -> None:
    """Terminals and chats ask for an address's head to show a preview."""
    client = stranger(office.ledger)
    assert client.request("HEAD", f"/enter?token={TOKEN}").status_code == 200
    assert client.get(f"/enter?token={TOKEN}").status_code == 303


def test_a_made_up_session_is_refused(office: Office) -> None:
    """The cookie is checked, not only there."""
    client = stranger(office.ledger)
    assert told(client, headers={"cookie": f"goldenthread_{PORT}=made-up"})[0] == 403
    client.get(f"/enter?token={TOKEN}")
    client.cookies.clear()
    assert told(client, headers={"cookie": f"goldenthread_{PORT}=made-up"})[0] == 403
    assert told(client, headers={"cookie": f"goldenthread_{PORT}="})[0] == 403


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:8123", f"127.0.0.2:{PORT}"]
)
def test_another_host_is_refused(office: Office, host: str) -> None:
    """A page elsewhere whose name is made to point here (DNS rebinding) asks under its own name."""
    assert told(visitor(office.ledger), headers={"host": host}) == (
        403,
        {
            "code": "request-refused",
            "message": f"Host '{host}' is not this console's; it answers to 127.0.0.1:8123, [::1]:8123, "
            "localhost:8123. Open the address that the terminal shows.",
        },
    )


@pytest.mark.parametrize("host", [f"localhost:{PORT}", f"127.0.0.1:{PORT}", f"[::1]:{PORT}", f"LOCALHOST:{PORT}"])
def test_this_machines_own_names_are_answered(office: Office, host: str) -> None:
    """People type any of them."""
    client = visitor(office.ledger)
    assert client.get("/", headers={"host": host, "cookie": _cookie(client)}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"https://127.0.0.1:{PORT}", "http://127.0.0.1:1"])
def test_another_origin_is_refused(office: Office, origin: str) -> None:
    """A page of another site must not read the console through its visitor's browser."""
    assert told(visitor(office.ledger), headers={"origin": origin}) == (
        403,
        {
            "code": "request-refused",
            "message": f"A page of '{origin}' asked for this; the console answers its own pages only. "
            "Open the console by its own address.",
        },
    )


def test_its_own_origin_is_answered(office: Office) -> None:
    """Browsers name the origin of a page's own requests too."""
    assert visitor(office.ledger).get("/", headers={"origin": URL}).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_whatever_no_page_and_no_form_sends_is_refused(office: Office, method: str) -> None:
    """What is never looked at can't be used against the console."""
    answer = visitor(office.ledger).request(method, "/slices/refunds.json")
    words = f"The console takes no {method}. Use its pages and their forms."
    assert (answer.status_code, answer.json()) == (405, {"code": "method-refused", "message": words})


def test_a_page_takes_no_form(office: Office) -> None:
    """Only what has a deed at its address changes anything."""
    answer = visitor(office.ledger).post("/slices/refunds", accept="application/json")
    words = "'/slices/refunds' takes no POST. Use the console's pages and their forms."
    assert (answer.status_code, answer.json()) == (405, {"code": "method-refused", "message": words})


def test_head_answers_like_get_without_a_body(office: Office) -> None:
    """Programs ask whether a page is there."""
    answer = visitor(office.ledger).request("HEAD", "/slices/refunds")
    assert (answer.status_code, answer.text) == (200, "")


@pytest.mark.parametrize("address", ["/", "/index.json", "/nowhere", "/console.css", "/enter", "/slices/refunds"])
def test_every_answer_carries_the_headers_that_shut_browsers_doors(office: Office, address: str) -> None:
    """Errors and files as well: one answer without them is the one that is used."""
    for client in (stranger(office.ledger), visitor(office.ledger)):
        headers = client.get(address).headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
        assert (headers["x-frame-options"], headers["x-content-type-options"]) == ("DENY", "nosniff")
        assert (headers["referrer-policy"], headers["cache-control"]) == ("same-origin", "no-store")
        assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "address",
    [
        "/../../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/console.css/../application.py",
        "/templates/base.html",
        "/slices/..%2f..%2fetc/cases",
        "/slices/%2e%2e/inbox",
        "/slices/organisation",
        "/slices/refunds/cases/..%2f..%2f..%2fconsole.css",
        "/actions/%00",
        "/actions/' or true --",
    ],
)
def test_no_address_leads_out_of_the_pages(office: Office, address: str) -> None:
    """Addresses name pages, never files, tables or chains that are no product."""
    answer = visitor(office.ledger).get(address)
    assert answer.status_code == 404
    assert "root:" not in answer.text


def _cookie(client: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def test_a_link_of_a_notice_leads_to_its_page_and_opens_no_session(office: Office) -> None:
    """Mail scanners follow every link: what they get is an address, and there the question who they are."""
    from goldenthread.work.notices import make_link

    vault, now = office.ledger.vault, office.ledger.clock()
    link = "/open/" + make_link(vault, "/slices/refunds/inbox", "lee@example.com", now)
    client = stranger(office.ledger)
    answer = client.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/slices/refunds/inbox")
    assert "set-cookie" not in answer.headers
    assert client.get("/slices/refunds/inbox").status_code == 403
    inside = visitor(office.ledger)
    assert inside.get(inside.get(link).headers["location"]).status_code == 200


def test_a_link_that_is_none_of_ours_leads_nowhere(office: Office) -> None:
    """Otherwise a page of ours would send people to anybody's."""
    client = stranger(office.ledger)
    for token in ("x", "a.b", "eyJwYWdlIjoiaHR0cHM6Ly9ldmlsLmV4YW1wbGUuY29tIn0.00000000000000000000000000000000"):
        refused = client.get(f"/open/{token}")
        assert (refused.status_code, "link-refused" in refused.text) == (403, True)
        assert "location" not in refused.headers
    assert client.request("POST", "/open/x").status_code == 403
