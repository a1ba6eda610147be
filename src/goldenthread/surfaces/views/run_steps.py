"""The steps of a run in words, and what was refused to it on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goldenthread.surfaces.views.content import Content, hidden


def step_words(kind: str, content: Content) -> str:
    """A step in a line; the whole of it is its content."""
    if not content.kept or not isinstance(content.value, dict):
        return content.words
    said: Mapping[str, Any] = content.value
    if kind == "retrieve":
        hits = ", ".join(f"{hit['id']} ({hit['score']:.3g})" for hit in said["hits"])
        return f"asked {said['source']}, got {hits or 'nothing'}"
    named = [str(said[name]) for name in ("action", "decision", "verdict", "reason", "error") if name in said]
    return ": ".join(named) or content.words


def refusal(content: Content, why_not: str | None) -> Content:
    """
    What a step of the kind 'refuse' says, as a reader may see it.

    Args:
        content: The step's, opened.
        why_not: Why proposals of the run's case are hidden, or None where they are not. What was refused to a model
            says nothing of a proposal, and is shown all the same.
    """
    said = content.part("content")
    if not said.kept or not isinstance(said.value, dict):
        return said
    if why_not is not None and said.value["of"] != "model":
        return hidden(why_not)
    return Content(state="kept", value=said.value["reason"])
