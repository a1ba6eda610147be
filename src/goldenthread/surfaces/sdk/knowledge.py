"""Knowledge that an agent retrieves and cites; the check of a citation is ours, not the agent's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from goldenthread.control.guard import Step
from goldenthread.promise.values import Json


@dataclass(frozen=True, kw_only=True)
class Document:
    """One retrieved piece of knowledge; `score` is the source's own, higher is nearer."""

    id: str
    content: Mapping[str, Json]
    score: float = 0.0


Search = Callable[[Json, int], Sequence[Document]]
"""(query, top) -> documents, nearest first."""

Bears = Callable[[Document, str, Mapping[str, Json]], bool]
"""(document, action, arguments) -> does the document bear this claim?"""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A named source of knowledge."""

    name: str
    search: Search
    bears: Bears


@dataclass(kw_only=True)
class Citations:
    """What a run retrieved and cites."""

    retrieved: dict[str, tuple[Source, Document]] = field(default_factory=dict)
    cited: list[str] = field(default_factory=list)

    def grounded(self, action: str, arguments: Mapping[str, Json]) -> bool:
        """At least one citation, every one of them really retrieved in this run, and each bears the claim."""
        if not self.cited:
            return False
        return all(
            (found := self.retrieved.get(document)) is not None and found[0].bears(found[1], action, arguments)
            for document in self.cited
        )

    def keep(self, document: str, steps: Sequence[Step]) -> None:
        """What a cited document says goes into the step that retrieved it: it stands beside a question to people."""
        known = self.retrieved.get(document)
        hits = [
            hit
            for step in steps
            if step.kind == "retrieve" and isinstance(step.content, dict)
            for hit in cast("list[dict[str, Json]]", step.content["hits"])
            if hit["id"] == document
        ]
        if known is not None and hits:
            hits[-1]["says"] = dict(known[1].content)
