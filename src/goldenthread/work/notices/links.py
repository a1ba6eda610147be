"""
Links in notices: they name a page, for whom it was sent and until when, and can't be forged. They only open that page.

A link is no right. Whoever follows it is asked who they are by the page itself, and acting takes more than a GET: mail
scanners and chat previews follow every link that they see.
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from goldenthread.promise.errors import LinkRefused
from goldenthread.promise.values import canonical
from goldenthread.record.ledger import Vault

LIFE = timedelta(days=14)
_PURPOSE = "link!"  # no name of a slice, so no pseudonym of a case is ever a signature of a link


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """What a link says: the page's address, without the console's own, and for whom it was made."""

    page: str
    person: str


def make_link(vault: Vault, page: str, person: str, now: datetime, life: timedelta = LIFE) -> str:
    """A token for a page, for one person, that ends; to be put behind `/open/`."""
    said = canonical({"page": page, "person": person, "until": int((now + life).timestamp())})
    text = base64.urlsafe_b64encode(said).decode().rstrip("=")
    return f"{text}.{vault.ref(_PURPOSE, text)}"


def read_link(vault: Vault, token: str, now: datetime) -> Link:
    """
    What a token says.

    Raises:
        LinkRefused: It was altered, made elsewhere, or is too old.
    """
    text, _, signed = token.partition(".")
    if not hmac.compare_digest(vault.ref(_PURPOSE, text).encode(), signed.encode("utf-8", "replace")):
        raise LinkRefused(
            "This link is not as it was sent: it was altered, cut off, or made by another installation. "
            "Open the one in the message again, or go to the page from the console's first page."
        )
    said = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if now.timestamp() > said["until"]:
        raise LinkRefused(
            "This link is too old: links of notices count for two weeks. Go to the page from the console's first page."
        )
    return Link(page=said["page"], person=said["person"])
