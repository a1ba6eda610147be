from __future__ import annotations

from surfaces.adapters import bench
from surfaces.adapters.bench import effects
from surfaces.adapters.conftest import Place


def test_a_yes_inside_the_framework_is_no_approval(place: Place) -> None:
    """The request goes back to the person in the inbox, whatever the agent's own process answers."""
    place.at("approval")
    script: bench.Script = [[("pay", {"order": "o-1", "amount": 20})]]
    first = place.work(script)
    assert first.paused
    second = place.work(script, saved=first.saved)
    assert (second.status, second.paused, effects()) == ("waiting", True, [])
