from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from goldenthread.promise.errors import GatewayUnavailable
from goldenthread.surfaces.gateway.server import require_mcp


def test_the_gateway_is_tested_where_its_extra_is() -> None:
    """Without the extra most tests of this room are left out, and whoever runs them should know."""
    if find_spec("mcp_types") is None:
        pytest.skip("the gateway's tests need the extra mcp: make gateway-test")


def test_without_the_extra_the_gateway_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The core doesn't bring the package, so its absence is the first thing that many meet."""
    monkeypatch.setitem(sys.modules, "mcp.server.lowlevel.server", None)
    with pytest.raises(GatewayUnavailable) as caught:
        require_mcp()
    assert str(caught.value) == (
        "gateway-unavailable: The gateway needs the package `mcp` from version 2 (import of mcp.server.lowlevel.server "
        "halted; None in sys.modules). Run `pip install 'goldenthread[mcp]'`."
    )
