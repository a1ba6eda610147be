from __future__ import annotations

import pytest
from google.adk.tools import google_search

from goldenthread.promise.errors import ValueProblem
from goldenthread.surfaces.adapters.google_adk import guarded
from surfaces.adapters import bench
from surfaces.adapters.bench import effects
from surfaces.adapters.conftest import Place


def test_a_tool_that_google_runs_is_refused(place: Place) -> None:
    """What never passes this process cannot be stopped in it, and must not look as if it could."""
    place.at("approval")
    with place.connect() as thread, pytest.raises(ValueProblem, match="Google runs it"):
        guarded(thread, [google_search])


def test_a_yes_inside_the_framework_is_no_approval(place: Place) -> None:
    """The confirmation goes back to the person in the inbox, whatever the agent's own process answers."""
    place.at("approval")
    script: bench.Script = [[("pay", {"order": "o-1", "amount": 20})]]
    first = place.work(script)
    assert first.paused
    second = place.work(script, saved=first.saved)
    assert (second.status, effects()) == ("waiting", [])
