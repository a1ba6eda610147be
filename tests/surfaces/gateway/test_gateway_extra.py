from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from goldenthread.promise.errors import GatewayUnavailable, UpstreamUnreachable
from goldenthread.promise.values import TrustMode
from goldenthread.surfaces.gateway.running import Behind, _require_private, mode_of_pipes
from goldenthread.surfaces.gateway.server import require_mcp


def test_the_gateway_is_tested_where_its_extra_is() -> None:
    """Without the extra most tests of this room are left out, and whoever runs them should know."""
    if find_spec("mcp_types") is None:
        pytest.skip("the gateway's tests need the extra mcp: make gateway-test")


@pytest.mark.parametrize(
    ("starter", "mode"),
    [(os.getuid(), TrustMode.COOPERATIVE), (os.getuid() + 1, TrustMode.ENFORCING), (None, TrustMode.ENFORCING)],
)
def test_over_pipes_the_mode_is_what_can_be_seen(
    monkeypatch: pytest.MonkeyPatch, starter: int | None, mode: TrustMode
) -> None:
    """An agent that runs as the same user reads what the gateway reads, whatever a setting says."""

    def of(_: int) -> Any:
        if starter is None:
            raise psutil.NoSuchProcess(0)
        return SimpleNamespace(uids=lambda: SimpleNamespace(real=starter))

    monkeypatch.setattr(psutil, "Process", of)
    assert mode_of_pipes() is mode


def test_a_token_does_not_go_over_a_network_in_the_clear() -> None:
    """Whoever listens would have the credentials that the gateway keeps from the agent."""
    with pytest.raises(UpstreamUnreachable) as caught:
        _require_private(Behind(name="far", upstream="http://tools.example.com/mcp", token="t"))
    assert str(caught.value) == (
        "upstream-unreachable: The token of 'far' would go to tools.example.com in the clear. Use its https address."
    )
    _require_private(Behind(name="far", upstream="https://tools.example.com/mcp", token="t"))
    _require_private(Behind(name="near", upstream="http://127.0.0.1:7010/mcp", token="t"))


def test_without_the_extra_the_gateway_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The core doesn't bring the package, so its absence is the first thing that many meet."""
    monkeypatch.setitem(sys.modules, "mcp.server.lowlevel.server", None)
    with pytest.raises(GatewayUnavailable) as caught:
        require_mcp()
    assert str(caught.value) == (
        "gateway-unavailable: The gateway needs the package `mcp` from version 2 (import of mcp.server.lowlevel.server "
        "halted; None in sys.modules). Run `pip install 'goldenthread[mcp]'`."
    )


@pytest.mark.parametrize("upstream", ["", "   "])
def test_an_empty_command_is_no_server(upstream: str) -> None:
    """A variable that is unset in somebody's script."""
    with pytest.raises(UpstreamUnreachable) as caught:
        Behind(name="mcp", upstream=upstream).command()
    assert str(caught.value) == ("upstream-unreachable: No command was given. Name the MCP server with `--upstream`.")
