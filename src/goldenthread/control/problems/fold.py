"""The fold: which version of the problem map is in force after each record of the organisation's chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenthread.control.problems.model import ProblemMap
from goldenthread.control.problems.reading import parse_problems
from goldenthread.promise.errors import GoldenthreadError, NotPermitted
from goldenthread.promise.values import Json, digest_bytes
from goldenthread.record.ledger import Record
from goldenthread.record.principals import EVERYWHERE, STATEMENT_TYPE, Principals

COMMIT = "problems:version:commit"
PROBLEM_KINDS = (COMMIT,)
"""The kinds that move which map is in force, on the organisation's chain."""

MAP_SIGNATURE = "urn:goldenthread:problem-map-signature:v1"
MAY_COMMIT = ("owner",)


@dataclass(frozen=True, kw_only=True)
class MapVersion:
    """One version on record, signed by its owner."""

    version: int
    digest: str
    by: str
    seq: int
    text: str = field(compare=False, repr=False)

    @property
    def map(self) -> ProblemMap:
        """
        Its problems.

        Raises:
            ProblemsInvalid: This installation cannot read it.
        """
        return parse_problems(self.text, f"problems@{self.version}")


def map_statement(principals: Principals, version: int, digest: str, name: str) -> dict[str, Any]:
    """
    What the owner signs: this text as this version, in this organisation.

    Source:
        in-toto Attestation Framework, Statement v1.
    """
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": f"problem-map@{version}", "digest": {"sha256": digest.removeprefix("sha256:")}}],
        "predicateType": MAP_SIGNATURE,
        "predicate": {"signer": name, "organisation": principals.organisation},
    }


def require_map_owner(principals: Principals, name: str) -> None:
    """
    Raises:
        NotPermitted: They do not own every slice, or are no person.
        PrincipalUnknown, NotInitialised: Nobody of that name.
    """
    if principals.require_role(name, MAY_COMMIT, EVERYWHERE).kind != "person":
        raise NotPermitted(f"'{name}' is no person, and the map says what people work on. A person must commit it.")


class ProblemVersions:
    """The versions on the organisation's chain whose signature counts. `refused`: why one does not, by record."""

    def __init__(self, principals: Callable[[], Principals]) -> None:
        self.versions: dict[int, MapVersion] = {}
        self.refused: dict[int, str] = {}
        self._principals = principals

    @property
    def in_force(self) -> MapVersion | None:
        """The newest version."""
        return self.versions[max(self.versions)] if self.versions else None

    def apply(self, record: Record) -> None:
        """Fold one record of the chain; other kinds, and what does not count, change nothing."""
        if record.kind != COMMIT:
            return
        try:
            version = self._judged(record)
        except GoldenthreadError as problem:
            self.refused[record.seq] = str(problem)
        except (KeyError, TypeError, AttributeError, ValueError) as problem:
            self.refused[record.seq] = f"the record is malformed: {type(problem).__name__}: {problem}"
        else:
            if version.version == max(self.versions, default=0) + 1:
                self.versions[version.version] = version
            else:
                self.refused[record.seq] = f"version {version.version} is not the next one"

    def _judged(self, record: Record) -> MapVersion:
        data: Mapping[str, Json] = record.data
        number, text, digest = data["version"], data["text"], data["digest"]
        if not isinstance(number, int) or not isinstance(text, str) or not isinstance(digest, str):
            raise TypeError("version, text or digest")
        if digest != digest_bytes(text.encode("utf-8", "surrogatepass")):
            raise ValueError("the digest is that of another text")
        then = self._principals().at(record.seq)
        require_map_owner(then, record.by)
        envelope: Any = data["envelope"]
        then.require_signed(record.by, envelope, STATEMENT_TYPE, map_statement(then, number, digest, record.by))
        return MapVersion(version=number, digest=digest, by=record.by, seq=record.seq, text=text)
