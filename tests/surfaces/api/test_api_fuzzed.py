"""The API under requests that nobody would write: no crash, and no allow without a clause."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from goldenthread.control.guard.signed import arguments_digest
from goldenthread.promise.errors import GoldenthreadError
from goldenthread.surfaces.api import ROUTES, document
from goldenthread.surfaces.api.shapes import check
from surfaces.api.town import SLICE, Agent, Town
from worlds import AGENT

EXAMPLES = 40 if os.environ.get("CI") == "true" else 15
_WHOSE = {served.name: served.scopes[0] for served in ROUTES}
_TOKEN_OF = {"agent": "agent", "tool": "payments", "task": "desk"}

schema = schemathesis.openapi.from_dict(document())
seen: dict[str, set[int]] = {}


@pytest.fixture(scope="module", autouse=True)
def hypothesis_keeps_nothing() -> Iterator[None]:
    """What was tried is told at the end of the module."""
    seen.clear()
    yield
    print({name: sorted(statuses) for name, statuses in sorted(seen.items())})


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(
    action=st.sampled_from(["pay", "post", "look"]),
    arguments=st.dictionaries(st.text(), JSONS, max_size=3),
    call=st.integers(0, 3),
)
@settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_no_arguments_whatever_are_allowed_without_a_clause(
    standing: tuple[Town, Agent], action: str, arguments: dict[str, Any], call: int
) -> None:
    """An agent that acts alone may send what it likes: it gets a verdict with its clause, or an error with its code."""
    town, agent = standing
    run = agent.open("any-arguments")
    try:
        body = json.dumps({"action": action, "arguments": arguments, "call": call}).encode()
        answer = agent.wire._ask("POST", ("runs", run, "actions"), body)
    except GoldenthreadError as error:
        assert error.code in ("not-canonical", "request-invalid"), str(error)
        return
    _require_clause(answer)
    assert answer["verdict"] in ("allow", "ask", "deny")
    if answer["permit"] is not None:
        payload = json.loads(base64.b64decode(answer["permit"]["payload"]))
        assert payload["arguments"] == arguments_digest(payload["salt"], arguments)
    assert (town.paid, town.posted) == ([], [])


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_crashes_the_server_or_is_answered_outside_the_document(
    case: schemathesis.Case[Any], standing: tuple[Town, Agent]
) -> None:
    """Every status and body is one that the document names, and what breaks the shape is refused."""
    town, agent = standing
    assert town.server is not None
    name = case.operation.definition.raw["operationId"]
    _be_somewhere(case, agent)
    who = _TOKEN_OF[_WHOSE.get(name, "agent")]
    headers = {"Authorization": f"Bearer {town.tokens[who]}"}
    answer = case.call(base_url=town.server.url, headers=headers)
    seen.setdefault(name, set()).add(answer.status_code)
    case.validate_response(
        answer,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ],
    )
    if name == "act" and answer.status_code == 200:
        _require_clause(answer.json())
    assert (town.paid, town.posted) == ([], [])


def _be_somewhere(case: schemathesis.Case[Any], agent: Agent) -> None:
    """Half of the requests are about a run that exists, and an action that there is: the others go no further."""
    half = len(str(case.body)) % 2 == 1 or not isinstance(case.body, dict)
    if half and case.path_parameters and "run" in case.path_parameters:
        case.path_parameters["run"] = agent.open("fuzzed")
    if not half or not isinstance(case.body, dict):
        return
    if "action" in case.body:
        case.body["action"] = ("pay", "look", "post")[len(str(case.body)) % 3]
    if "slice" in case.body:
        case.body["slice"] = SLICE
        case.body.update({key: own for key, own in _own(agent).items() if key in case.body})


def _own(agent: Agent) -> dict[str, str]:
    return {"fingerprint": agent.fingerprint, "agent": AGENT}


def _require_clause(answer: dict[str, Any]) -> None:
    """An allow that no clause gave would be one that nobody promised."""
    assert answer["clause"]
    assert answer["reason"]
    if answer["verdict"] == "allow":
        assert answer["clause"].startswith(("actions.", "autonomy.gates.")), answer
    if answer["permit"] is not None:
        assert answer["verdict"] == "allow"


def test_answers_are_held_to_their_shapes_too(town: Town, alone: Agent) -> None:
    """The document promises what comes back; a client is made from it."""
    shapes = {served.name: served.answer for served in ROUTES}
    run = alone.open()
    check(shapes["act"], alone.ask(run, "pay", order="o-1", amount=7))
    check(shapes["act"], alone.ask(run, "undeclared", 1))
    check(shapes["showRun"], alone.wire.get("runs", run))
    check(shapes["pause"], alone.wire.post("runs", run, "pause"))
    check(shapes["keys"], alone.wire.get("keys"))
    check(shapes["escalate"], alone.wire.post("runs", run, "escalate", body={"reason": "unsure"}))
