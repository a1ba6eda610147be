"""What the guard and the inbox really write passes the stand-alone verifier."""

from __future__ import annotations

from pathlib import Path

from audit_worlds import run_verifier
from goldenthread.control.approvals import Shown
from goldenthread.record.audit import export
from goldenthread.record.ledger import checkpoint
from goldenthread.record.principals import Role, grant, load_principals
from goldenthread.record.store import Home
from worlds import APPROVER, ENGINEER, connect, declare_tools, make_world


def test_work_under_a_contract_with_answers_and_effects_verifies(home: Home, tmp_path: Path) -> None:
    """A verifier that only knows the records of its own tests would call every real export wrong."""
    world = make_world(home.path)
    world.slice("refunds", level="constrained")
    world.slice("claims", level="approval")
    with world.opened() as ledger:
        grant(ledger, world.keyring, by="maya@example.com", name="seal", kind="service", roles=[Role(name="sealer")])
        with connect(home.path) as thread:
            tools = declare_tools(thread)
            for slice_name in ("refunds", "claims"):
                with thread.run(slice_name, case="live-1"):
                    tools["pay"](order="o1", amount=2)
            inbox = world.inbox("claims")
            (item,) = [item for item in inbox.items() if item.kind == "approval"]
            inbox.claim(item.id, by=APPROVER)
            inbox.ask_back(item.id, "which order?", by=APPROVER)
            inbox.reply(item.id, "the first", by=ENGINEER)
            inbox.release(item.id, by=APPROVER)
            shown = inbox.item(item.id).seen
            inbox.approve_each([Shown(item=item.id, seen=shown)], by=APPROVER)
            with thread.run("claims", case="live-1"):
                tools["pay"](order="o1", amount=2)
        seal = checkpoint(ledger, world.keyring.signer("seal"), folder=home.checkpoints)
        kinds = {record.kind for chain in ledger.chains() for record in ledger.read(chain)}
        assert {"approval:claim", "approval:question", "approval:reply", "approval:release"} <= kinds
        assert {"approval:answer", "permit:consume", "action:effect", "contract:version:sign"} <= kinds
        written = export(ledger, load_principals(ledger), [seal], tmp_path / "export", made_at=ledger.clock())
    verdict = run_verifier(written.path)
    assert verdict.wrong == []
    assert verdict.code == 0
    assert "  Signed answers of people: 1. Permits: 1." in verdict.lines
