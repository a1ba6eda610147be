"""Sending by Apprise, which knows e-mail, Slack, Teams, webhooks and a hundred more; an extra, loaded when needed."""

from __future__ import annotations

import logging
import warnings
from functools import cache
from typing import Any, Protocol

from goldenthread.promise.errors import NotifyMissing, ReceiverRefused

TIMEOUT_S = 15.0
"""How long one message may take in all, in seconds."""

_NOT_FOR_PEOPLE = frozenset({"syslog", "dbus", "glib", "gnome", "kde", "qt", "macosx", "windows", "rsyslog", "file"})


class Send(Protocol):
    """Sends a text to an address; never raises for what the service does."""

    def __call__(self, url: str, title: str, body: str, /) -> str | None:
        """What went wrong, None if nothing did."""
        ...


def service_of(url: str) -> str:
    """
    By what service an address is reached, as `mailto` or `slack`.

    Raises:
        NotifyMissing: The extra isn't installed.
        ReceiverRefused: Nothing can be sent to that address.
    """
    service = url.partition("://")[0].strip().lower()
    try:
        found = _apprise().Apprise.instantiate(url, asset=_asset(), suppress_exceptions=True)
    except TypeError:
        found = None
    if found is None or not service.isalnum() or service in _NOT_FOR_PEOPLE:
        raise ReceiverRefused(
            "What was given is no address that notices can be sent to; it isn't shown, since it may hold a secret. "
            "Write e.g. mailtos://user:password@example.com?to=lee@example.com or slack://TokenA/TokenB/TokenC; "
            "https://appriseit.com/services/ has them all."
        )
    return service


def send(url: str, title: str, body: str) -> str | None:
    """Send a message; what went wrong in words of our own, since a service's words may repeat the address."""
    service = url.partition("://")[0]
    try:
        sender = _apprise().Apprise(asset=_asset())
        if not sender.add(url):
            return f"{service} does not take its address any more"
        sent = sender.notify(title=title, body=body, body_format="text", timeout=TIMEOUT_S)
    except NotifyMissing:
        raise
    except Exception as problem:  # noqa: BLE001 - a hundred services, each with libraries of its own
        return f"{service} broke off with {type(problem).__name__}"
    return None if sent else f"{service} did not take the message"


def _asset() -> Any:
    """No redirect, no file, no template, nothing kept on disk; and one at a time, in this thread."""
    return _apprise().AppriseAsset(
        app_id="goldenthread",
        app_desc="goldenthread",
        async_mode=False,
        http_redirects=False,
        plugin_paths=None,
        secure_logging=True,
        storage_mode="memory",
    )


@cache
def _apprise() -> Any:
    try:
        with warnings.catch_warnings():  # its plugins, loaded by the first address, import what Python will drop
            warnings.simplefilter("ignore", DeprecationWarning)
            import apprise

            apprise.Apprise.instantiate("json://localhost")
    except ImportError as problem:
        raise NotifyMissing(
            "Notices are sent by the library apprise, which isn't installed. "
            "Install it with `pip install 'goldenthread[notify]'`."
        ) from problem
    logger = logging.getLogger("apprise")
    logger.propagate = False  # what services say may repeat the address, and stands in no log of ours
    logger.setLevel(logging.CRITICAL)
    return apprise
