"""The outline says of a slice just what its standing says, from a fraction of the records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from goldenthread.control.autonomy import CASE_KINDS, RARE_KINDS, Outline, Release, Standing, case_rows
from goldenthread.control.guard import Desk
from goldenthread.promise.values import LADDER, Level
from goldenthread.record.ledger import ORGANISATION, Record
from goldenthread.record.store.server import EmbeddedServer
from surfaces.views.office import Office, opened_office


@pytest.fixture(scope="module")
def office(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office after a day's work, with a slice that has climbed."""
    with opened_office(server, tmp_path_factory.mktemp("outline")) as made:
        made.climb("claims", Level.DRAFT)
        yield made


SLICES = ("claims", "letters", "refunds", "visas")


@pytest.mark.parametrize("name", SLICES)
def test_outline_and_standing_agree_on_everything_both_know(office: Office, name: str) -> None:
    """A page that asks the outline would else show another level, contract or stop than the guard enforces."""
    desk = office.desk(name)
    assert known_to_both(desk.outline()) == known_to_both(desk.standing())


def test_they_agree_after_every_single_record(office: Office) -> None:
    """An outline is looked at at any moment, not only when a day's work is done."""
    outline, standing = office.desk("claims").outlines._empty("claims"), office.desk("claims")._fresh()
    records = list(office.ledger.read("claims"))
    assert {record.kind for record in records} > {"level:change", "run:start", "contract:version:sign"}
    for record in records:
        standing.apply(record)
        if record.kind in RARE_KINDS:
            outline.apply(record)
        assert known_to_both(outline) == known_to_both(standing), record.seq


def test_the_outline_reads_a_fraction_of_the_record(office: Office) -> None:
    """What makes it quick: its records are few, and do not become more with every case."""
    rare = [one for one in office.ledger.read("claims") if one.kind in RARE_KINDS]
    assert 4 * len(rare) < office.ledger.head("claims").seq


def test_one_look_takes_as_many_queries_for_all_slices_as_for_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first page over two hundred slices takes no more trips than one over four."""
    outlines = office.desk("claims").outlines
    outlines.look()
    trips: list[str] = []
    read = type(office.ledger).heads

    def counting(*given: Any) -> Any:
        trips.append("heads")
        return read(*given)

    monkeypatch.setattr(type(office.ledger), "heads", counting)
    monkeypatch.setattr(type(office.ledger), "read_several", lambda *_, **__: pytest.fail("nothing has grown"))
    assert set(outlines.look()) == set(SLICES)
    assert trips == ["heads"]


def test_a_look_sees_what_was_written_since(server: EmbeddedServer, tmp_path: Path) -> None:
    """An outline that were kept for a while would show an agent at work that somebody has stopped."""
    with opened_office(server, tmp_path) as office:
        outlines = office.desk("claims").outlines
        assert not outlines.of("claims").suspended
        office.world.stop("claims")
        assert outlines.of("claims").suspended
        office.world.stop()
        assert [stop.chain for stop in outlines.everywhere().in_force] == [ORGANISATION]


def test_half_a_look_is_never_kept(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that failed in its midst would else be taken for whole by the next one."""
    outlines = office.desk("claims").outlines
    apply = Outline.apply

    def fail(outline: Outline, record: Record) -> None:
        if record.seq > 3:
            raise OSError("the cable was pulled")
        apply(outline, record)

    monkeypatch.setattr(Outline, "apply", fail)
    with pytest.raises(OSError, match="cable"):
        outlines.of("claims")
    monkeypatch.undo()
    assert known_to_both(outlines.of("claims")) == known_to_both(office.desk("claims").standing())


def test_what_counts_for_a_case_follows_from_its_own_records(office: Office) -> None:
    """The page of a case shows the values that the gate counts, without reading any other case."""
    for name in SLICES:
        desk: Desk = office.desk(name)
        for fingerprint, agent in desk.standing().agents.items():
            for case, row in agent.rows.items():
                records = [
                    one
                    for one in office.ledger.read(name, kinds=CASE_KINDS)
                    if one.data["case"] == case  # whichever fingerprint worked it
                ]
                alone = case_rows(desk.outline(), records)[fingerprint][case]
                assert (alone.run, alone.values, alone.ended) == (row.run, row.values, row.ended)


def known_to_both(known: Outline | Standing) -> dict[str, Any]:
    """Everything that an outline knows but where it ends: it ends at the last record that it has read."""
    found = {name: value for name, value in vars(known).items() if name in vars(_ANY)}
    for name in ("seq", "moves", "now", "signature_problem", "voice_of", "agents", "stops"):
        del found[name]
    return {
        **found,
        "stops": known.stops.in_force,
        "agents": {name: release(one) for name, one in known.agents.items()},
        "current": release(known.current) if known.current else None,
        "levels": [
            (known.level(name), known.earned(name), known.unsigned(name), known.held(name)) for name in known.agents
        ],
        "climbed": known.climbed,
        "latest": known.latest,
        "gates": [known.gate_since.get(level) for level in LADDER],
    }


def release(one: Release) -> dict[str, Any]:
    """What an outline knows of a release."""
    return {name: value for name, value in vars(one).items() if name in Release.__dataclass_fields__}


_ANY = Outline(slice="any", signature_problem=lambda *_: None)
