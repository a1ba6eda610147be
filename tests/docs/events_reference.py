"""Makes docs/reference/events.md: `python tests/docs/events_reference.py docs/reference/events.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from goldenthread.work.events import FIELDS, TYPES, EventType

_HEAD = """\
# Events

Made from the code by `make docs`; a test holds the two together. How to get them: [tell other systems what
happens](../howto/events.md).

An event is a [CloudEvent](https://cloudevents.io) 1.0 in structured JSON, derived from one record of the ledger.

| attribute | what it says |
| --- | --- |
| `id` | the record's place, `refunds/41`; the same however often it is sent |
| `source` | `urn:goldenthread:<organisation>:slice:<slice>`; without the slice for what concerns everything |
| `type` | one of the types below |
| `subject` | the case's pseudonym; absent for what concerns no case |
| `time` | when the record was written, UTC |
| `partitionkey` | the case, else the chain: what events are in order by |
| `sequence` | the record's number on its chain, twenty digits |
| `dataschema` | names the schema of `data`; `goldenthread events types --json` prints them all |
| `data` | the fields below |

No event holds what a case is about, what an agent's arguments are, why a person decided, or a person's name. Where
people decide a case before they see the proposal, events about it name neither action nor clause.

New fields may come with any version, so take what you don't know as absent. Types and fields that are here stay.
"""


def reference() -> str:
    """The whole page."""
    types = "\n".join(_row(one) for one in _shown())
    fields = "\n".join(f"| `{name}` | {kind} | {words} |" for name, (kind, words) in FIELDS.items())
    return (
        f"{_HEAD}\n## Types\n\nEach also has `slice` (unless it concerns everything), `record` and, where the console "
        "is known, `link`.\nA field with '?' may be absent.\n\n"
        f"| type | when | data |\n| --- | --- | --- |\n{types}\n\n"
        f"## Fields\n\n| field | type | what it says |\n| --- | --- | --- |\n{fields}\n"
    )


def _shown() -> list[EventType]:
    """Each type once, whichever kinds of record it stands for."""
    return list({one.name: one for one in reversed(TYPES)}.values())[::-1]


def _row(one: EventType) -> str:
    fields = ", ".join(f"`{name}`" for name in one.fields)
    return f"| `{one.full_name}` | {one.words} | {fields} |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
