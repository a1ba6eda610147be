"""
The public data that the content detectors are built and reported on, from ../shared/data; cited in docs/detectors.md.

Every set has a part to build on and a part to report on. Nothing here is looked at to tune a rule once it is a part
to report on.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

DATA = Path(__file__).parents[2] / "shared/data"
Part: TypeAlias = Literal["train", "test"]


def unavailable() -> str | None:
    """Why the data cannot be read; None if they can."""
    for folder in ("injection", "intents", "pii"):
        if not (DATA / folder).is_dir():
            return f"there is no {DATA / folder}"
    return None if find_spec("duckdb") else "duckdb, which reads the parquet files, is not installed"


@dataclass(frozen=True, kw_only=True)
class Document:
    """
    A text that an agent may read.

    Attributes:
        text: What it says.
        source: 'prompts', 'mail', 'tables', 'queries' or 'sentences'.
        injected: It holds an order to the agent.
        family: Of the order: 'Scams & Fraud'; of a prompt 'prompts'; '' where there is none.
        order: The order by itself; '' where the whole text is one, or there is none.
        group: Documents with the same one are not independent: the mail, the order's family, the template.
    """

    text: str
    source: str
    injected: bool = False
    family: str = ""
    order: str = ""
    group: str = ""


def prompts(part: Part) -> list[Document]:
    """Deepset's prompt injections, English and German, with the benign prompts beside them (Apache-2.0)."""
    import duckdb

    file = next((DATA / "injection/deepset").glob(f"{part}-*.parquet"))
    rows = duckdb.execute("select text, label from read_parquet(?)", [str(file)]).fetchall()
    return [
        Document(
            text=text, source="prompts", injected=label == 1, family="prompts" if label else "", group=f"prompt {place}"
        )
        for place, (text, label) in enumerate(rows)
    ]


def carriers(part: Part, kind: Literal["mail", "tables"]) -> list[Document]:
    """BIPIA's benign mails or tables (MIT)."""
    file = DATA / f"injection/bipia/{'email' if kind == 'mail' else 'table'}/{part}.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines()
    return [
        Document(text=json.loads(line)["context"], source=kind, group=f"{kind} {place}")
        for place, line in enumerate(lines)
    ]


def attacked(part: Part, kind: Literal["mail", "tables"]) -> list[Document]:
    """
    BIPIA's orders of this part's families, each at the beginning, in the middle and at the end of a benign text.

    Which text carries which order goes round in their order in the files, so that nobody chose.
    """
    among = carriers(part, kind)
    families = json.loads((DATA / f"injection/bipia/text_attack_{part}.json").read_text(encoding="utf-8"))
    orders = [(family, order) for family, those in families.items() for order in those]
    return [
        Document(
            text=_placed(among[(place * 3 + where) % len(among)].text, order, where),
            source=kind,
            injected=True,
            family=family,
            order=order,
            group=family,
        )
        for place, (family, order) in enumerate(orders)
        for where in range(3)
    ]


def _placed(text: str, order: str, where: int) -> str:
    lines = re.split(r"(?<=[.!?])\s+|\n+", text)
    at = (0, len(lines) // 2, len(lines))[where]
    return "\n".join([*lines[:at], order, *lines[at:]])


def queries(part: Part) -> list[Document]:
    """Banking77's customer queries (CC-BY-4.0): plain prose, nothing in it."""
    with (DATA / f"intents/banking77/{part}.csv").open(encoding="utf-8", newline="") as file:
        return [
            Document(text=row["text"], source="queries", group=f"query {place}")
            for place, row in enumerate(csv.DictReader(file))
        ]


@dataclass(frozen=True, kw_only=True)
class Marked:
    """
    A sentence in which people marked what is personal.

    Attributes:
        text: The sentence.
        spans: Type, first character and one past the last.
        template: What it was made from; sentences of one template are not independent.
    """

    text: str
    spans: Sequence[tuple[str, int, int]]
    template: str


def sentences(part: Part) -> list[Marked]:
    """
    Presidio-research's synthetic sentences (MIT), parted by template.

    Templates with an odd number are reported on, those with an even one built on; a template that stands under both
    is only reported on.
    """
    read = []
    for name in ("generated_large", "synth_dataset_v2"):
        read += json.loads((DATA / f"pii/{name}.json").read_text(encoding="utf-8"))
    reported = {_template(row["masked"]) for row in read if row["template_id"] % 2}
    return [
        Marked(
            text=row["full_text"],
            spans=[(span["entity_type"], span["start_position"], span["end_position"]) for span in row["spans"]],
            template=_template(row["masked"]),
        )
        for row in read
        if ((_template(row["masked"]) in reported) if part == "test" else (_template(row["masked"]) not in reported))
    ]


def _template(masked: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\{\{.*?\}\}", "{}", masked)).lower().strip()
