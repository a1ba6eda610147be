"""Where events may be sent: what an address must be, and which machines are never asked."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from goldenthread.promise.errors import ReceiverRefused

_PORTS = {"https": 443, "http": 80}
_CREDENTIALS = (ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200"))
"""Where clouds tell a machine its credentials, outside the link-local range."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A receiver's address in its parts; `target` is path and query, which may hold secrets and are never shown."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def shown(self) -> str:
        """As people and records see it: without path and query."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{name}{port}"


def parse_address(url: str, *, insecure: bool = False) -> Address:
    """
    A receiver's address. https, or http where nothing leaves this machine or `insecure` says so.

    Raises:
        ReceiverRefused: It is no such address, or holds a name and password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _unreadable() from None
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or not host or not url.isascii() or not url.isprintable() or " " in url:
        raise _unreadable()
    if "@" in parts.netloc:
        raise ReceiverRefused(
            f"The address of {host} holds a name or a password, which would be sent with each event. Every event is "
            "signed, so the receiver needs none; leave them out."
        )
    if parts.scheme == "http" and not insecure and not _is_loopback(host):
        raise ReceiverRefused(
            f"The address of {host} is http, so anybody on the way could read the events. Give an https address, or "
            "say --insecure if the way is safe."
        )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(scheme=parts.scheme, host=host, port=port or _PORTS[parts.scheme], target=target)


def resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    """
    Where to connect: every address of that name, none of which may be one that only a mistake or an attack names.

    Link-local ones are where clouds keep machines' credentials. Private networks are allowed: that is where most
    receivers are. What is looked at here is what is connected to, so a name that changes gains nothing.

    Raises:
        ReceiverRefused: One of the addresses is link-local, multicast, unspecified or reserved.
        OSError: There is no such name.
    """
    found: list[tuple[socket.AddressFamily, tuple[str, int]]] = []
    for family, _, _, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        number = ipaddress.ip_address(str(place[0]).partition("%")[0])
        if _is_for_no_receiver(getattr(number, "ipv4_mapped", None) or number):
            raise ReceiverRefused(
                f"{host} is at {number}, where no receiver is: that range is for the network itself, and for what "
                "clouds tell machines about themselves. Give another address."
            )
        found.append((family, (str(place[0]), port)))
    return found


def _is_for_no_receiver(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """IPv6's reserved ranges hold loopback and what translates to IPv4, so only IPv4's count."""
    reserved = number.version == 4 and number.is_reserved
    return number.is_link_local or number.is_multicast or number.is_unspecified or reserved or number in _CREDENTIALS


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _unreadable() -> ReceiverRefused:
    return ReceiverRefused(
        "What was given is no address of a receiver; it isn't shown, since it may hold a secret. "
        "Write e.g. https://hooks.example.com/goldenthread."
    )
