from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.telemetry import Limits, Pace, Places, Telemetry
from goldenthread.surfaces.otlp import ANCHOR
from record.telemetry.emitted import request, span
from surfaces.otlp.conftest import Post, posted, token
from worlds import World, contract_text

JSON = "application/json"
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": "Write to jane@example.org, the password is hunter2"}


def spans(post: Post) -> list[dict[str, Any]]:
    """What is stored."""
    with Telemetry(Places.of(post.world.home)) as telemetry:
        return telemetry.ask("select * from spans order by start_ns, name")


def as_json(body: bytes) -> bytes:
    """A request as senders write it in JSON: ids in hex, numbers for enumerations."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    said = MessageToDict(ExportTraceServiceRequest.FromString(body), use_integers_for_enums=True)
    import base64

    def hexed(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: base64.b64decode(inner).hex() if key in ("traceId", "spanId", "parentSpanId") else hexed(inner)
                for key, inner in value.items()
            }
        return [hexed(one) for one in value] if isinstance(value, list) else value

    return json.dumps(hexed(said)).encode()


def test_a_span_is_taken_in_every_form_that_senders_use(post: Post) -> None:
    """Collectors send packed protobuf, browsers JSON; the same span must come out."""
    said = {"gen_ai.operation.name": "chat", "n": 3, "r": 0.5, "b": True, "list": ["a", 1], "table": {"x": 2}}
    body = request(span("chat", said, start_ns=time.time_ns() - 5_000_000, id=b"12345678", events=[("e", {"k": "v"})]))
    rows = []
    for sent, headers in (
        (body, {}),
        (gzip.compress(body), {"Content_Encoding": "gzip"}),
        (as_json(body), {"Content_Type": JSON}),
        (gzip.compress(as_json(body)), {"Content_Type": "application/json; charset=utf-8", "Content_Encoding": "gzip"}),
    ):
        answer = post.send(sent, **headers)
        assert (answer.status_code, answer.content) == (200, b"{}" if "Content_Type" in headers else b"")
        (row,) = spans(post)
        rows.append({key: value for key, value in row.items() if key not in ("received_ns", "again")})
    assert rows.count(rows[0]) == 4
    assert rows[0]["source"] == "collector"
    assert post.receiver.collector.counts.shown() == {"taken": 4}


def test_what_is_not_taken_is_said_as_partial_success(post: Post) -> None:
    """A sender drops what it hears was refused, and must not send the rest again."""
    body = request(span("good"), span("bad", id=bytes(8)), span("late", start_ns=time.time_ns() + 7200 * 10**9))
    words = (
        "1 not taken: no trace or span id of the right length, or one of zeros only; "
        "1 not taken: it began never, ends before it began, or begins in the future"
    )
    answer = ExportTraceServiceResponse.FromString(post.send(body).content)
    assert (answer.partial_success.rejected_spans, answer.partial_success.error_message) == (2, words)
    said = post.send(as_json(body), Content_Type=JSON).json()
    assert said == {"partialSuccess": {"rejectedSpans": "2", "errorMessage": words}}
    assert [row["name"] for row in spans(post)] == ["good"]
    assert post.receiver.collector.counts.shown() == {"ids": 2, "taken": 2, "times": 2}


def test_only_a_token_for_telemetry_opens_the_door(post: Post) -> None:
    """An agent's token acts; that of telemetry writes spans. Neither is the other."""
    body = request(span())
    assert post.send(body, who=None).status_code == 401
    answer = post.send(as_json(body), who="agent", Content_Type=JSON)
    assert answer.status_code == 403
    assert answer.json() == {
        "code": 7,
        "message": "scope-refused: This takes the token of whoever sends telemetry; 'agent' came with that of an "
        "agent. Nothing happened; leave this to whoever it is for.",
    }
    assert spans(post) == []
    assert post.receiver.collector.counts.shown() == {"credentials": 2}


def test_a_token_reaches_its_slices_only(post: Post) -> None:
    """Whoever may write for refunds must not write about payments, nor about nobody."""
    body = request(
        span("mine", {"goldenthread.slice": "refunds"}),
        span("theirs", {"goldenthread.slice": "payments"}),
        span("nobody's"),
    )
    answer = ExportTraceServiceResponse.FromString(post.send(body, who="refunds").content)
    assert answer.partial_success.rejected_spans == 2
    assert answer.partial_success.error_message == "2 not taken: it names a slice that the token does not reach"
    assert [row["slice"] for row in spans(post)] == ["refunds"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        (b"\xff\xff\xff", {}, 400, "telemetry-malformed: The body is no OTLP request: "),
        (b"\x0a\x05ab", {}, 400, "telemetry-malformed: The body is no OTLP request: a field is longer than what holds"),
        (b"[]", {"Content_Type": JSON}, 400, "telemetry-malformed: The body is no OTLP request in JSON: its values"),
        (b"{", {"Content_Type": JSON}, 400, "telemetry-malformed: The body is no OTLP request in JSON: it cannot be"),
        (
            b"no gzip",
            {"Content_Encoding": "gzip"},
            400,
            "telemetry-malformed: The body is no gzip, though its Content-Enc",
        ),
        (b"x", {"Content_Encoding": "br"}, 415, "telemetry-malformed: Content that is packed with 'br' is not served."),
        (b"x", {"Content_Type": "text/plain"}, 415, "telemetry-malformed: Content of type 'text/plain' is not served."),
        (bytes(2**20 + 1), {}, 413, "telemetry-too-large: The body is larger than 1048576 bytes. Send fewer spans at"),
        pytest.param(
            gzip.compress(bytes(2**26), mtime=0),
            {"Content_Encoding": "gzip"},
            413,
            "telemetry-too-large: The body is larger",
            id="a bomb",
        ),
        pytest.param(
            gzip.compress(b"", mtime=0)[:-4],
            {"Content_Encoding": "gzip"},
            400,
            "telemetry-malformed: The body is no gzip that",
            id="gzip cut short",
        ),
    ],
)
def test_what_is_no_request_is_refused_and_counted(
    sending: World, body: bytes, headers: dict[str, str], status: int, words: str
) -> None:
    """Each refusal has its status, since senders try some of them again and others never; and each is counted."""
    with posted(sending, limits=Limits(body_bytes=2**20)) as post:
        answer = post.send(body, **headers)
        assert answer.status_code == status
        assert words in answer.text
        assert sum(post.receiver.collector.counts.shown().values()) == 1
        assert "Retry-After" not in answer.headers
        assert post.send(request(span())).status_code == 200


def test_when_more_comes_than_can_be_stored_senders_are_told_when_to_come_again(sending: World) -> None:
    """503 with Retry-After is what makes an OTLP sender keep its spans."""
    with posted(sending, limits=Limits(queue_bytes=10)) as post:
        answer = post.send(request(span()))
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert b"telemetry-busy" in answer.content


def test_what_was_said_is_not_kept_unless_somebody_asks(post: Post) -> None:
    """Prompts hold what customers write; nobody should find them stored for the sake of a default."""
    post.send(request(span("chat", CHAT)))
    (row,) = spans(post)
    assert row["input_messages"] is None
    assert row["content_bytes"] == len(CHAT["gen_ai.input.messages"])
    assert post.receiver.collector.counts.shown() == {"content-off": 1, "taken": 1}
    post.receiver.stop()
    lying = b"".join(file.read_bytes() for file in Places.of(post.world.home).log.iterdir())
    assert b"jane" not in lying


def test_what_is_kept_is_kept_without_secrets_and_personal_data(sending: World) -> None:
    """It is taken out before anything is written, so no file ever held it."""
    with posted(sending, content=True) as post:
        names = {
            "user.email": "jane@example.org",
            "app.password": "correct horse",
            "ssn": 78051120,
            "n": 4716424521511864,
            "customer": "jane@example.org",
        }
        post.send(request(span("to jane@example.org", {**CHAT, **names}), resource={"owner": "jane@example.org"}))
        (row,) = spans(post)
        assert row["input_messages"] == "Write to [personal data: e-mail], the password is [secret]"
        assert row["name"] == "to [personal data: e-mail]"
        assert row["resource"] == '{"owner":"[personal data: e-mail]"}'
        assert {key: value["text"] for key, value in row["attributes"].items()} == {
            "user.email": "[personal data: e-mail]",
            "app.password": "[secret]",
            "ssn": "[personal data: identity number]",
            "n": "[personal data: payment card]",
            "customer": "[personal data: e-mail]",
        }


def test_a_contract_that_denies_personal_data_keeps_content_out(sending: World) -> None:
    """What may not leave in an action has no business in telemetry, whatever the operator asked for."""
    sending.sign(contract_text("refunds", parts="content: {secrets: deny, personal_data: ask}\n"))
    sending.sign(contract_text("letters", parts="content: {secrets: redact, personal_data: redact}\n"))
    with posted(sending, content=True) as post:
        for name in ("refunds", "letters"):
            post.send(request(span(name, {**CHAT, "goldenthread.slice": name})))
        kept = {row["slice"]: row["input_messages"] for row in spans(post)}
        assert kept == {"refunds": None, "letters": "Write to [personal data: e-mail], the password is [secret]"}


def test_the_digest_of_every_segment_stands_in_the_ledger(sending: World) -> None:
    """Whoever changes a stored span afterwards can be told from the record that everybody checks."""
    with posted(sending, pace=Pace(piece_rows=1)) as post:
        post.send(request(span("one")))
        deadline = time.monotonic() + 30
        while not (records := list(sending.ledger.read(ORGANISATION, kinds=[ANCHOR]))):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    (file,) = Places.of(sending.home).segments.glob("*.parquet")
    from goldenthread.record.telemetry.segments import digest_of

    assert [(one.data["segment"], one.data["digest"], one.data["rows"]) for one in records] == [
        (file.stem, digest_of(file), 1)
    ]


def test_a_revoked_token_opens_nothing_within_a_second(post: Post) -> None:
    """A token that stood in a log must stop to write."""
    from goldenthread.record.principals import revoke_token
    from worlds import OWNER

    text = token(post.world, "telemetry", "collector")
    post.tokens["other"] = text
    assert post.send(request(span()), who="other").status_code == 200
    revoke_token(post.world.ledger, post.world.keyring, text.split("_")[1], by=OWNER, reason="it stood in a log")
    time.sleep(1.1)
    assert post.send(request(span()), who="other").status_code == 401
