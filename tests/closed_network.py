"""No test reaches beyond this machine: sockets other than loopback are closed, for the whole test run."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any


class BeyondThisMachine(ConnectionRefusedError):
    """A test tried to reach another machine."""


def _close_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto") and not _is_local(arguments[1]):
        raise BeyondThisMachine(f"A test tried to reach {arguments[1]!r}. Tests use this machine only.")


def _is_local(address: Any) -> bool:
    """Unix sockets are a path; internet sockets a tuple that begins with the host."""
    if not isinstance(address, tuple):
        return True
    try:
        return ipaddress.ip_address(str(address[0]).split("%")[0]).is_loopback
    except ValueError:
        return bool(address[0] == "localhost")


# An audit hook sees connections made by any library of this process; it cannot be taken back, and need not be.
sys.addaudithook(_close_network)
