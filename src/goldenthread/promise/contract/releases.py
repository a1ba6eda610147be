"""Who signs each release of the agent before it goes above draft: `signed by expert and data owners`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from goldenthread.promise.contract.cursor import Line, short

if TYPE_CHECKING:
    from goldenthread.promise.contract.model import Contract

RELEASE_ROLES: Mapping[str, str] = {"owner": "owner", "expert": "expert", "data owners": "data-owner"}
"""Words of the line -> the role under which the contract itself is signed."""

_EXAMPLE = "signed by expert and data owners"


@dataclass(frozen=True, kw_only=True)
class Releases:
    """`signed by expert and data owners`; `roles` in the order of `RELEASE_ROLES`, each once."""

    roles: tuple[str, ...]

    def __str__(self) -> str:
        return f"signed by {' and '.join(words for words, role in RELEASE_ROLES.items() if role in self.roles)}"


def take_releases(line: Line) -> Releases:
    """Roles whose holders sign, joined by `and`."""
    if not line.take_words("signed by"):
        raise line.fail_as("signing of releases", _EXAMPLE)
    found: list[str] = []
    while True:
        start = line.at
        role = next((role for words, role in RELEASE_ROLES.items() if line.take_words(words)), None)
        if role is None:
            found_here = f"'{short(line.chunk())}' signs no release" if line.chunk() else "nobody is named"
            raise line.fail(f"{found_here}; write owner, expert or data owners.")
        if role in found:
            line.at = start
            raise line.fail("it stands here twice; name each once.")
        found.append(role)
        if not line.take_words("and"):
            return Releases(roles=tuple(role for role in RELEASE_ROLES.values() if role in found))


def release_signers(contract: Contract) -> Mapping[str, str]:
    """Who must sign each release, by principal, and as what; nobody where the contract does not say."""
    terms = contract.autonomy.releases if contract.autonomy is not None else None
    if terms is None:
        return {}
    return {name: role for name, role in contract.signers.items() if role in terms.roles}
