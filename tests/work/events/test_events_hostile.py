"""Receivers that are slow, broken or hostile; addresses that must not be asked; secrets that must not be seen."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from goldenthread.promise.errors import NotPermitted, ReceiverRefused, SubscriptionSecretMissing
from goldenthread.promise.values import canonical
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals import Role, grant, revoke
from goldenthread.work.events import (
    Answer,
    Deliverer,
    Passed,
    load_subscriptions,
    pause,
    post,
    resume,
    rotate,
    send_test,
    standing,
    tick,
)
from goldenthread.work.events.addresses import parse_address, resolve
from goldenthread.work.events.subscribing import OVERLAP
from goldenthread.work.events.ticking import kept_for
from work.conftest import Outside
from worlds import APPROVER, EXPERT, FINANCE, OWNER, contract_text

Behaving = Callable[[socket.socket], None]


@contextmanager
def hostile(behave: Behaving) -> Iterator[str]:
    """A server that does as it likes with whoever connects; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    threading.Thread(target=one, args=(client,), daemon=True).start()

        def one(client: socket.socket) -> None:
            with client, suppress(OSError):
                behave(client)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)


def drip(client: socket.socket) -> None:
    """A status line, a byte at a time, for ever."""
    while True:
        client.sendall(b"H")
        time.sleep(0.05)


def headers_for_ever(client: socket.socket) -> None:
    """An answer whose headers never end."""
    client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        client.sendall(b"X-More: " + b"x" * 60000 + b"\r\n")


def huge_body(client: socket.socket) -> None:
    """Good news, and then a terabyte."""
    client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n")
    while True:
        client.sendall(b"x" * 65536)


def garbage(client: socket.socket) -> None:
    """Nothing that means anything."""
    client.recv(65536)
    client.sendall(b"\x00\xff\x1b[31mSECRET\r\n\r\n")


def silent(client: socket.socket) -> None:
    """Takes everything and says nothing."""
    while client.recv(65536):
        pass
    time.sleep(30)


@pytest.mark.parametrize(
    ("behave", "status", "words"),
    [
        (drip, None, "no answer within 0.4 s"),
        (headers_for_ever, None, "it answered something that is no HTTP"),
        (huge_body, 200, ""),
        (garbage, None, "it answered something that is no HTTP"),
        (silent, None, "no answer within 0.4 s"),
    ],
)
def test_an_attempt_ends_in_time_whatever_the_receiver_does(behave: Behaving, status: int | None, words: str) -> None:
    """A receiver is somebody else's code, and what it says is not shown to people."""
    with hostile(behave) as url:
        began = time.monotonic()
        answer = post(parse_address(url), b"{}" * 1000, {}, timeout_s=0.4)
        assert time.monotonic() - began < 1.5
    assert (answer.status, answer.words) in ((status, words), (None, "no answer in time"))


def test_redirects_are_not_followed(outside: Outside) -> None:
    """A redirect would carry events to an address that nobody signed."""
    redirect = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {outside.receiver.url}\r\nContent-Length: 0\r\n\r\n"

    def answer(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(redirect.encode())

    with hostile(answer) as url:
        told = post(parse_address(url), b"{}", {})
    assert (told.status, told.words) == (307, "it answered 307; redirects are not followed")
    assert outside.receiver.came == []


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(tmp_path: object) -> None:
    """Without that check https would protect from nobody."""
    with hostile(garbage) as url:
        told = post(parse_address(url.replace("http:", "https:")), b"{}", {}, timeout_s=2)
    assert told.status is None
    assert told.words == "no TLS connection could be made"


def test_a_slow_receiver_holds_up_nobody_else(outside: Outside) -> None:
    """One subscriber's outage is not everybody's."""
    slow = outside.subscribe("contract.*")
    quick = outside.subscribe("contract.*")
    until = threading.Event()

    def wait_long(body_of: bytes) -> Answer:
        until.wait(20)
        return Answer(status=None, words="no answer")

    def by_subscription(address: object, body: bytes, headers: object) -> Answer:
        if threading.current_thread().name in stuck or not stuck:
            stuck.add(threading.current_thread().name)
            return wait_long(body)
        return Answer(status=204)

    stuck: set[str] = set()
    deliverer = Deliverer(outside.world.ledger, outside.home, post=by_subscription)
    try:
        outside.world.sign(contract_text("refunds", version=2, level="approval"))
        found: dict[str, Passed] = {}
        deadline = time.monotonic() + 10
        while not found and time.monotonic() < deadline:
            found.update(deliverer.tick().passed)
            time.sleep(0.02)
        assert [one.arrived for one in found.values()] == [5], "a version and its four signatures"
        assert set(found) < {slow.id, quick.id}
    finally:
        until.set()
        deliverer.close()


def test_a_receiver_that_is_gone_is_asked_no_more_until_somebody_resumes_it(outside: Outside) -> None:
    """410 says: never again. A person may know better."""
    made = outside.subscribe("contract.*")
    outside.world.sign(contract_text("refunds", version=2, level="approval"))
    outside.receiver.answering = lambda _: 410
    outside.tick()
    outside.tick()
    assert len(outside.receiver.came) == 1
    [stands] = standing(outside.world.ledger, outside.home)
    assert stands.state == "the receiver answered 410: it wants no more"
    outside.receiver.answering = lambda _: 204
    resume(outside.world.ledger, outside.world.keyring, made.id, by=OWNER)
    assert outside.tick().arrived == 5


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://hooks.example.com/x", "is http, so anybody on the way could read the events"),
        ("https://maya:pass@hooks.example.com/x", "holds a name or a password"),
        ("ftp://hooks.example.com/x", "is no address of a receiver"),
        ("https:///x", "is no address of a receiver"),
        ("https://hooks.example.com:99999/x", "is no address of a receiver"),
        ("https://hooks.example.com/x\r\nX-Evil: 1", "is no address of a receiver"),
        ("https://hooks.example.com/a b", "is no address of a receiver"),
        ("", "is no address of a receiver"),
    ],
)
def test_an_address_that_is_none_is_refused_without_being_repeated(url: str, words: str) -> None:
    """What was typed may hold a secret, and errors end up in logs."""
    with pytest.raises(ReceiverRefused, match=words) as caught:
        parse_address(url)
    assert "pass" not in str(caught.value).replace("password", "")
    assert "Evil" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "fe80::1", "::", "::ffff:169.254.169.254",
     "fd00:ec2::254", "100.100.100.200"],
)  # fmt: skip
def test_where_clouds_keep_credentials_nothing_is_sent(host: str) -> None:
    """A webhook must not be a way to ask a machine for its own keys."""
    with pytest.raises(ReceiverRefused, match="where no receiver is"):
        resolve(host, 443)
    url = f"http://[{host}]/" if ":" in host else f"http://{host}/"
    assert "where no receiver is" in post(parse_address(url, insecure=True), b"", {}).words


def test_loopback_and_private_networks_may_be_receivers() -> None:
    """Most receivers are in the same house."""
    assert [resolve(host, 443)[0][1][0] for host in ("127.0.0.1", "10.1.2.3", "192.168.1.1")] == [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
    ]


def test_secret_and_path_stand_nowhere_but_in_the_private_file(outside: Outside) -> None:
    """Ledger, lists, errors and representations go to many people."""
    made = outside.subscribe()
    outside.receiver.answering = lambda _: 500
    outside.world.sign(contract_text("refunds", version=2, level="approval"))
    outside.tick()
    kept = kept_for(made, outside.custody)
    seen = [canonical(dict(one.data)).decode() for one in outside.world.ledger.read(ORGANISATION)]
    seen += [repr(one) for one in (made, kept, kept.secrets[0], standing(outside.world.ledger, outside.home))]
    with outside.world.ledger.store.session() as connection:
        for table in ("event_outlet", "event_cursor", "event_delivery"):
            seen += [repr(row) for row in connection.execute(f"select * from {table}").fetchall()]
    for text in seen:
        assert outside.secret not in text
        assert "not-for-anybody" not in text
    [file] = (outside.home.path / "events").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_new_secret_counts_at_once_and_the_old_one_for_a_while(outside: Outside) -> None:
    """The receiver changes in its own time, without missing a message."""
    from standardwebhooks import Webhook, WebhookVerificationError

    made = outside.subscribe("contract.*")
    old = outside.secret
    new = rotate(outside.world.ledger, outside.world.keyring, outside.custody, made.id, by=OWNER).secret
    assert send_test(outside.world.ledger, outside.home, made.id).ok
    came = outside.receiver.came[-1]
    for secret in (old, new):
        assert Webhook(secret).verify(came.body, dict(came.headers))["type"] == "goldenthread.test"
    outside.clock.move(seconds=OVERLAP.total_seconds() + 1)
    kept = kept_for(made, outside.custody)
    assert kept.signing(outside.clock()) == (new,)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(came.body, dict(came.headers))


def test_an_address_that_was_swapped_in_the_file_gets_nothing(outside: Outside) -> None:
    """Whoever can write the file must not be able to have events sent elsewhere unseen."""
    made = outside.subscribe("contract.*")
    kept = outside.custody.load(made.id)
    from dataclasses import replace

    outside.custody.keep(made.id, replace(kept, url=outside.receiver.url + "&more"))
    outside.world.sign(contract_text("refunds", version=2, level="approval"))
    ticked = outside.tick()
    assert outside.receiver.came == []
    assert ticked.left_out[made.id].endswith(
        f"is not the one that {OWNER} signed, so nothing is sent there. Restore the file, or remove the subscription "
        "and make another."
    )


def test_a_home_without_the_secret_says_so_and_delivers_nothing(outside: Outside) -> None:
    """A worker on another machine shares the database, not the home."""
    made = outside.subscribe()
    outside.custody.forget(made.id)
    with pytest.raises(SubscriptionSecretMissing, match="are not in this home"):
        send_test(outside.world.ledger, outside.home, made.id)
    assert "are not in this home" in outside.tick().left_out[made.id]


def test_only_owners_and_administrators_let_events_out(outside: Outside) -> None:
    """Events tell outsiders what a company does."""
    for by in (APPROVER, EXPERT, FINANCE):
        with pytest.raises(NotPermitted):
            outside.subscribe(by=by)
    assert load_subscriptions(outside.world.ledger).by_id == {}
    assert list((outside.home.path / "events").iterdir()) == [], "and nothing is left of the attempt"


def test_an_owner_of_one_slice_subscribes_to_that_slice_alone(outside: Outside) -> None:
    """A role in one slice is none in another."""
    name = "lena@example.com"
    role = Role(name="owner", slice="refunds")
    grant(outside.world.ledger, outside.world.keyring, by=OWNER, name=name, kind="person", roles=[role])
    outside.world.sign(contract_text("secret-slice"))
    outside.subscribe("contract.*", by=name, slices=["refunds"])
    with pytest.raises(NotPermitted):
        outside.subscribe("contract.*", by=name)
    outside.world.sign(contract_text("refunds", version=2, level="approval"))
    outside.world.sign(contract_text("secret-slice", version=2))
    outside.tick()
    assert {one["data"]["slice"] for one in outside.receiver.taken()} == {"refunds"}


def test_a_subscription_ends_with_the_rights_of_who_vouches_for_it(outside: Outside) -> None:
    """Somebody who left must not go on hearing what happens."""
    name = "lena@example.com"
    grant(outside.world.ledger, outside.world.keyring, by=OWNER, name=name, kind="person", roles=[Role(name="owner")])
    made = outside.subscribe("contract.*", by=name)
    revoke(outside.world.ledger, outside.world.keyring, by=OWNER, name=name, reason="left")
    outside.world.sign(contract_text("refunds", version=2, level="approval"))
    assert outside.tick().left_out[made.id].startswith(f"{name}, who vouches for it, may not any more")
    assert outside.receiver.came == []
    resume(outside.world.ledger, outside.world.keyring, made.id, by=OWNER)
    assert outside.tick().arrived == 5, "nothing was lost meanwhile"


def test_what_is_paused_gets_everything_later(outside: Outside) -> None:
    """A receiver under repair misses nothing."""
    made = outside.subscribe("contract.*")
    pause(outside.world.ledger, outside.world.keyring, made.id, by=OWNER)
    outside.world.sign(contract_text("refunds", version=2, level="approval"))
    assert outside.tick().left_out == {made.id: f"paused by {OWNER}"}
    resume(outside.world.ledger, outside.world.keyring, made.id, by=OWNER)
    assert outside.tick().arrived == 5


def test_a_record_that_nobody_signed_subscribes_nobody(outside: Outside) -> None:
    """Whoever can write rows must not be able to have events sent to them."""
    made = outside.subscribe("contract.*")
    [record] = outside.world.ledger.read(ORGANISATION, kinds=["subscription:add"])
    forged = {**record.data, "subscription": "f" * 12}
    for data in (forged, dict(record.data), {"subscription": "e" * 12}):
        outside.world.ledger.append(ORGANISATION, "subscription:add", OWNER, data)
    assert set(load_subscriptions(outside.world.ledger).by_id) == {made.id}


def test_two_deliverers_do_not_deliver_one_subscription_at_once(outside: Outside) -> None:
    """Two at a time would overtake each other."""
    made = outside.subscribe("contract.*")
    outside.world.sign(contract_text("refunds", version=2, level="approval"))
    inside: list[Passed] = []

    def nosy(address: object, body: bytes, headers: object) -> Answer:
        if not inside:
            inside.append(tick(outside.world.ledger, outside.home).passed[made.id])
        return Answer(status=204)

    assert tick(outside.world.ledger, outside.home, post=nosy).arrived == 5
    assert inside[0].busy
    assert outside.receiver.came == []
