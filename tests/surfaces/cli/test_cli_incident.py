"""`goldenthread incident` and `goldenthread watch`, as an owner types them."""

from __future__ import annotations

import json

from surfaces.cli.conftest import Worked
from surfaces.cli.typed import Terminal
from worlds import APPROVER, OWNER, World


def test_an_incident_from_the_list_to_its_end(terminal: Terminal, world: World, work: Worked) -> None:
    """Six commands are the whole of it, and each says what comes next."""
    world.slice("payments", level="approval")
    work("c-1")
    assert terminal.done("incident list") == "No incident is open.\n"
    assert terminal.done("watch payments").endswith("0 opened, 0 over.\n")
    terminal.done(f'stop slice payments --by {APPROVER} --reason "an odd payment"')
    listed = terminal.done("incident list payments").splitlines()
    id = listed[1].split()[0]
    assert listed[1].split()[:4] == [id, "open", "stop", OWNER]
    assert listed[2] == f"{id}: The slice was stopped by {APPROVER}: an odd payment."
    assert terminal.done("incident list").splitlines()[1].split()[0] == id
    shown = terminal.done(f"incident show {id}")
    assert shown.startswith(f"{id} is open, for {OWNER}. The slice, or a tool in it, was stopped.")
    assert shown.endswith(f'goldenthread incident recover {id} "..." --as NAME\n')
    assert terminal.done(f"incident take {id} --as {OWNER}").startswith(
        f"{OWNER} is at {id}: detected after under a minute, first response under a minute, recovery not yet."
    )
    assert terminal.done(f'incident note {id} "the list is old" --as {APPROVER}').startswith(f"Noted of {id}:")
    assert "incident-open: " in terminal.refused(f'incident close {id} "too early" --as {OWNER}')
    stop_id = next(word for word in terminal.done("stop list").split() if word.startswith("payments#")).strip(":,().")
    terminal.done(f'lift {stop_id} --by {APPROVER} --reason "mended"')
    terminal.done(f'lift {stop_id} --by {OWNER} --reason "seen"')
    assert "recovered" in terminal.done("incident list payments")
    assert terminal.done(f'incident close {id} "an old list" --as {OWNER}').startswith(f"{id} is closed: ")
    assert terminal.done("incident list") == "No incident is open.\n"
    (view,) = json.loads(terminal.done("incident list payments --all --json"))
    (one,) = view["incidents"]
    assert (one["state"], one["cause"], [said["what"] for said in one["said"]]) == (
        "closed",
        "stop",
        ["take", "note", "recover", "close"],
    )
    assert "incident-unknown: 'payments#1' is no incident of 'payments'." in terminal.refused(
        "incident show payments#1"
    )


def test_watch_says_what_it_looked_at(terminal: Terminal, world: World, work: Worked) -> None:
    """Whoever puts it into cron wants to see that it saw anything."""
    world.slice("payments", level="approval")
    work("c-1")
    (looked,) = json.loads(terminal.done("watch --json"))
    assert (looked["slice"], looked["series"], looked["anomalies"]) == (
        "payments",
        ["runs", "refusals", "agent-time"],
        [],
    )
    assert terminal("watch --false-alarm 1").code == 2
