from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from goldenthread.control.guard import Desk
from goldenthread.promise.errors import DelegationRefused
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console.board import BOX, HEIGHT, laid_out
from goldenthread.surfaces.sdk import Document
from goldenthread.surfaces.views.whiteboard import Whiteboard, whiteboard
from record.telemetry.emitted import span
from surfaces.console.long_run import send
from surfaces.views.office import MARKUP
from worlds import World, contract_text, make_world

ACTIONS = {
    "look_up": {"effect": "read", "trust": "all"},
    "search_web": {"effect": "read", "egress": True},
    "pay": {"effect": "reversible", "key": "order", "undo": "withdraw", "limit": "country in allowed"},
}
TRACE = b"a-known-topology"


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whiteboard]:
    """
    The whiteboard of a known slice: two models, retrieval, memory, three tools, a called agent, and telemetry with one
    tool, one model and one agent that nobody declared.
    """
    with server.connect("postgres") as connection:
        connection.execute(b"create database whiteboard")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDENTHREAD_DATABASE_URL", server.url("whiteboard"))
        world = make_world(tmp_path_factory.mktemp("board") / "home")
        with world.opened():
            yield _drawn(world)
    with server.connect("postgres") as connection:
        connection.execute(b"drop database whiteboard with (force)")


def _drawn(world: World) -> Whiteboard:
    text = contract_text("topology", level="approval", actions=ACTIONS, grounding="retrieval")
    text = text.replace("memory: none", "memory: notes of the customer's earlier cases")
    text = text.replace("calls: {agents: none, depth: 0}", "calls: {agents: [helper], depth: 1}")
    text = text.replace("  grounding:", "  knowledge: {source: past decisions, refresh: daily}\n  grounding:")
    world.sign(text)
    agent = world.connect(models=["model-a", "model-b"], prompt=MARKUP)
    agent.source(
        "past decisions",
        search=lambda query, top: [Document(id="one", content={}, score=1.0)],
        bears=lambda document, action, arguments: True,
    )

    @agent.action("look_up")
    def look_up(order: str) -> dict[str, str]:
        return {"order": order}

    @agent.action("pay")
    def pay(order: str, country: str) -> None: ...

    with agent.run("topology", case="1", given={}) as run:
        run.retrieve("past decisions", query="q", top=1)
        look_up(order="1")
        with pytest.raises(DelegationRefused):
            run.call("stranger", "topology")
        pay(order="1", country="DE")
    send(world.home, _spans(run.id))
    agent.close()
    return whiteboard(Desk(world.ledger, "topology"), world.home)


def _spans(run: str) -> list[Any]:
    about = {"gen_ai.agent.name": "agent", "goldenthread.run": run, "goldenthread.slice": "topology"}
    top = span("agent", {"gen_ai.operation.name": "invoke_agent", **about}, trace=TRACE, id=b"topology")
    said: list[tuple[str, dict[str, Any]]] = [
        ("chat", {"gen_ai.request.model": "model-a", "gen_ai.usage.input_tokens": 5, "gen_ai.usage.cost": 0.25}),
        ("chat", {"gen_ai.request.model": "model-x"}),
        ("execute_tool", {"gen_ai.tool.name": "pay"}),
        ("execute_tool", {"gen_ai.tool.name": MARKUP}),
        ("retrieval", {"gen_ai.data_source.id": "past decisions"}),
        ("invoke_agent", {"gen_ai.agent.name": "helper"}),
    ]
    below = [
        span(name, {"gen_ai.operation.name": name, **more}, trace=TRACE, id=b"topolog%d" % number, parent=b"topology")
        for number, (name, more) in enumerate(said)
    ]
    return [top, *below]


def test_the_whiteboard_matches_a_known_topology(board: Whiteboard) -> None:
    """Every part and nothing else, and of each whether it was declared and whether it was seen."""
    assert {(part.column, part.kind, part.name): part.mark for part in board.parts} == {
        (0, "case", "The case"): "both",
        (0, "source", "look_up"): "both",
        (0, "knowledge", "past decisions"): "both",
        (0, "memory", "notes of the customer's earlier cases"): "stated",
        (0, "model", "model-a"): "both",
        (0, "model", "model-b"): "never",
        (0, "model", "model-x"): "undeclared",
        (1, "agent", "agent"): "both",
        (1, "telemetry", "Telemetry"): "both",
        (2, "approvers", "Approvers"): "stated",
        (2, "guard", "The guard"): "both",
        (2, "owners", "Owner and expert"): "stated",
        (3, "tool", "search_web"): "never",
        (3, "tool", "pay"): "both",
        (3, "tool", MARKUP): "undeclared",
        (3, "called agent", "helper"): "both",
        (4, "audience", "Whom it is for"): "stated",
        (4, "data owner", "finance-ops"): "stated",
        (4, "data owner", "customer-desk"): "stated",
    }


def test_every_line_of_the_known_topology_is_there(board: Whiteboard) -> None:
    """What goes past the guard is drawn past it."""
    names = {part.id: part.name for part in board.parts}
    assert len(names) == len(board.parts), "each part has an anchor of its own"
    assert {(names[edge.begin], names[edge.end]): edge.mark for edge in board.edges} == {
        ("The case", "agent"): "both",
        ("look_up", "agent"): "both",
        ("past decisions", "agent"): "both",
        ("notes of the customer's earlier cases", "agent"): "stated",
        ("model-a", "agent"): "both",
        ("model-b", "agent"): "never",
        ("model-x", "agent"): "undeclared",
        ("agent", "Telemetry"): "both",
        ("agent", "The guard"): "both",
        ("The guard", "Approvers"): "stated",
        ("Owner and expert", "The guard"): "stated",
        ("The guard", "search_web"): "never",
        ("The guard", "pay"): "both",
        ("agent", MARKUP): "undeclared",
        ("The guard", "helper"): "both",
        ("search_web", "Whom it is for"): "never",
        ("pay", "Whom it is for"): "both",
        (MARKUP, "Whom it is for"): "undeclared",
        ("Whom it is for", "finance-ops"): "stated",
        ("finance-ops", "customer-desk"): "stated",
    }


def test_each_part_says_what_it_means_and_what_was_measured(board: Whiteboard) -> None:
    """A drawing without that is a picture of boxes."""
    parts = {part.name: part for part in board.parts}
    assert all(part.safety and part.impact and part.own for part in board.parts)
    assert parts["look_up"].safety.startswith("A system of record")
    assert parts["search_web"].safety.startswith("It sends data out of the house")
    assert parts["pay"].own.endswith("takes a person's yes. Its bounds: at every level: country in allowed.")
    assert parts["pay"].measured[0] == "asked of the guard 1 time: 1 waiting for a yes"
    assert "cost 0.2500, as its senders say" in parts["model-a"].measured
    assert "go past" not in parts["pay"].safety
    assert "went past the guard" in parts[MARKUP].safety
    assert parts["past decisions"].measured[0].startswith("1 look-up in the steps that were opened; last ")


def test_no_two_boxes_of_the_drawing_touch(board: Whiteboard) -> None:
    """Text over text is read by nobody."""
    drawn = laid_out(board)
    assert drawn.beyond == 0
    corners = [(box.x, box.y) for box in drawn.boxes]
    for number, (x, y) in enumerate(corners):
        assert 0 <= x <= 1_000 - BOX
        assert 0 <= y <= drawn.height - HEIGHT
        assert all(abs(x - x2) >= BOX or abs(y - y2) >= HEIGHT + 8 for x2, y2 in corners[number + 1 :])
    assert json.dumps([line.path for line in drawn.lines]).count("M") == len(board.edges)
