"""What a client is told of a call, as plain records: the words, the flag, and what a program can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenthread.promise.errors import GoldenthreadError
from goldenthread.promise.values import Json
from goldenthread.surfaces.gateway.tools import TICKET

LARGEST_OUTPUT = 4 * 1024 * 1024
"""Bytes of a result, as JSON, that are passed on."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """
    The result of a call, in the words of the protocol.

    `blocks` are content blocks, `structured` what a program reads (None for nothing), `failed` its `isError`.
    `status` is ours: `done`, `pending`, `drafted`, `denied` or `error`; `error` also where the tool itself failed.
    """

    status: str
    blocks: tuple[Mapping[str, Any], ...]
    structured: Json = None
    failed: bool = False
    meta: Mapping[str, Json] = field(default_factory=dict)

    @property
    def output(self) -> Json:
        """What the tool gave, without the protocol's wrapping: its structure, else its text, read if it is JSON."""
        if self.structured is not None:
            return self.structured
        if all(block.get("type") == "text" for block in self.blocks):
            return _read("\n".join(str(block.get("text", "")) for block in self.blocks))
        return [dict(block) for block in self.blocks]

    def noted(self, words: str, **meta: Json) -> Answer:
        """The same with a note before everything else, for the model to read."""
        note = {"type": "text", "text": words}
        return Answer(
            status=self.status,
            blocks=(note, *self.blocks),
            structured=self.structured,
            failed=self.failed,
            meta={**self.meta, **meta},
        )


def recorded(output: Json) -> Answer:
    """The answer to a call that was done before, from what is on record of its output."""
    blocks: tuple[Mapping[str, Any], ...]
    if isinstance(output, list) and output and all(isinstance(block, dict) and "type" in block for block in output):
        blocks, structured = tuple(block for block in output if isinstance(block, dict)), None
    else:
        text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
        blocks = (_text("The output was not kept." if output is None else text),)
        structured = output if isinstance(output, dict) else None
    return Answer(status="done", blocks=blocks, structured=structured).noted("Done before; this is what it gave.")


def pending(action: str, ticket: str, words: str) -> Answer:
    """It waits for a person. Not marked as an error, so that frameworks don't try again at once or give up."""
    said = (
        f"NOT DONE YET. '{action}' waits for a person, and nothing has happened. Its ticket is {ticket}. To learn the "
        f'answer later, call it again with exactly the same arguments and "{TICKET}": "{ticket}"; once somebody has '
        f"said yes, that call does it, once. Do not reword the call. {words}"
    )
    told: dict[str, Json] = {"status": "pending", "ticket": ticket, "reason": words}
    return Answer(status="pending", blocks=(_text(said),), structured=told, meta={"ticket": ticket})


def refused(error: GoldenthreadError, status: str = "error") -> Answer:
    """It did not happen, and why, with the error's code."""
    told: dict[str, Json] = {"status": status, "code": error.code, "reason": error.message}
    return Answer(status=status, blocks=(_text(f"NOT DONE. {error}"),), structured=told, failed=True)


def broken(error: Exception) -> Answer:
    """A fault of the gateway itself; its words stay in the log, where the client can't learn from them."""
    words = f"NOT DONE. gateway-error: The gateway failed on this call ({type(error).__name__}), so it did not happen. "
    told: dict[str, Json] = {"status": "error", "code": "gateway-error", "reason": type(error).__name__}
    return Answer(status="error", blocks=(_text(f"{words}Its log says more."),), structured=told, failed=True)


def edited(answer: Answer, arguments: Mapping[str, Json]) -> Answer:
    """Done with other arguments than were asked for: whoever asked must know with which."""
    told = json.dumps(dict(arguments), sort_keys=True)
    words = f"It was done with other arguments than these, as a person or the contract wanted: {told}"
    return answer.noted(words, edited=True)


def _text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def _read(text: str) -> Json:
    if text[:1] in ("{", "["):
        try:
            value: Json = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return value
    return text
