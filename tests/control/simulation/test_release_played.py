"""A play asks what evidence proves once people have signed; what the contract says of releases does not slow it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from goldenthread.control.simulation import PlayedCase, PlayedLabel, Player
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.values import Level
from worlds import EASY, contract_text

BEGIN = datetime(2026, 11, 2, 9, tzinfo=UTC)


def source(level: Level, number: int) -> PlayedCase | None:
    """Forty cases that people had decided in the same way."""
    at = BEGIN + timedelta(minutes=number)
    label = PlayedLabel(metric="agreement", value=1.0, source="person", known_at=at)
    return PlayedCase(case=f"case-{number}", at=at, ended_at=at, labels=(label,)) if number <= 40 else None


@pytest.mark.parametrize("releases", [None, "signed by expert and data owners"])
def test_it_climbs_as_if_all_had_signed_again_and_again(releases: str | None) -> None:
    """Else a simulation of such a contract would say that nobody ever gets above draft."""
    contract = parse_contract(contract_text("refunds", level="approval", gates=EASY, releases=releases))
    player = Player(contract, begin=BEGIN)
    for one in (player, player.again()):
        assert [moment.change["to"] for moment in one.play(source)] == ["constrained"]
        assert one.level is Level.CONSTRAINED
