"""Addresses and secrets of subscriptions: in the home, readable by its user alone, and never on the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from goldenthread.promise.errors import SubscriptionSecretMissing
from goldenthread.promise.values import digest
from goldenthread.record.store import Home, write_whole


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """One secret, and until when messages are still signed with it (None: it is the present one)."""

    text: str
    until: datetime | None = None

    def __repr__(self) -> str:
        return f"Secret(until={self.until!r})"  # whatever prints or logs a subscription shows no secret


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What is kept of a subscription: where it is sent, whether plain http was asked for, and its secrets."""

    url: str
    insecure: bool
    secrets: tuple[Secret, ...]

    def __repr__(self) -> str:
        return f"Kept({len(self.secrets)} secrets)"

    def signing(self, now: datetime) -> tuple[str, ...]:
        """The secrets to sign with now, the present one first."""
        return tuple(one.text for one in self.secrets if one.until is None or now < one.until)


def url_digest(subscription: str, url: str) -> str:
    """What the ledger holds of an address: enough to notice another, and not the address."""
    return digest({"subscription": subscription, "url": url})


class Custody:
    """
    Files of one home, one a subscription.

    Args:
        home: Whose.
        folder: Its name in the home.
    """

    def __init__(self, home: Home, folder: str = "events") -> None:
        self._folder = home.path / folder

    def keep(self, id: str, kept: Kept) -> None:
        """Write, whole and on disk, in the place of what was there."""
        written = [{"text": one.text, "until": one.until.isoformat() if one.until else None} for one in kept.secrets]
        write_private(self._file(id), {"url": kept.url, "insecure": kept.insecure, "secrets": written})

    def load(self, id: str) -> Kept:
        """
        Read back.

        Raises:
            SubscriptionSecretMissing: Not here, or not readable.
        """
        file = self._file(id)
        try:
            found: Mapping[str, Any] = json.loads(file.read_bytes())
            return Kept(
                url=found["url"],
                insecure=found["insecure"],
                secrets=tuple(
                    Secret(text=one["text"], until=datetime.fromisoformat(one["until"]) if one["until"] else None)
                    for one in found["secrets"]
                ),
            )
        except FileNotFoundError:
            raise SubscriptionSecretMissing(
                f"Address and secret of subscription {id} are not in this home ({file}). Deliver from the home where "
                "it was made, copy that file, or remove the subscription and make another."
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise SubscriptionSecretMissing(
                f"{file} can't be read ({type(problem).__name__}). Restore it, or remove subscription {id} and make "
                "another."
            ) from None

    def forget(self, id: str) -> None:
        """Remove what is kept; harmless when called again."""
        self._file(id).unlink(missing_ok=True)

    def _file(self, id: str) -> Path:
        return self._folder / f"{id}.json"


def write_private(file: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file that only this OS user can read, whole or not at all."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    write_whole(file, json.dumps(content) + "\n")
