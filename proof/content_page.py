"""The tables of docs/detectors.md, counted: `python -m proof.content_page`; tests/docs asks if the page has them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

from proof.content_count import (
    NOT_LOOKED_FOR,
    Share,
    false_orders,
    findings_false,
    kinds_in,
    orders_found,
    personal_recall,
    prompts_found,
    sentences_false,
    sentences_found,
)
from proof.content_data import carriers, queries, unavailable

_SAID = {
    "prompts": "deepset, benign prompts",
    "mail": "BIPIA, mails as they came",
    "tables": "BIPIA, tables as they came",
    "queries": "banking77, customer queries",
    "sentences": "presidio-research, sentences",
}


def tables() -> dict[str, str]:
    """Every table of the page as Markdown, by what it is about."""
    mails, cells, asked = carriers("test", "mail"), carriers("test", "tables"), queries("test")
    recall = personal_recall()
    return {
        "personal data found": _recall(recall, looked_for=True),
        "not looked for": _recall(recall, looked_for=False),
        "false alarms, personal data": _table(
            ["texts", "how many", "said to hold personal data"],
            [
                ["sentences with something to find (all types above)", sentences_found().of, str(sentences_found())],
                ["sentences with nothing to find", sentences_false().of, str(sentences_false())],
                ["customer queries", len(asked), str(kinds_in(asked, "personal_data"))],
                ["findings in the sentences that touch nothing marked", findings_false().of, str(findings_false())],
            ],
        ),
        "false alarms, secrets": _table(
            ["texts without any", "how many", "said to hold a secret"],
            [
                [_SAID[name], len(texts), str(kinds_in(texts, "secrets"))]
                for name, texts in (("mail", mails), ("tables", cells), ("queries", asked))
            ],
        ),
        "orders found": _table(
            ["prompts with an order", "how many", "found"],
            [[name, found.of, str(found)] for name, found in prompts_found().items()],
        ),
        "orders found by family": _families(),
        "false alarms, orders": _table(
            ["texts without any", "how many", "said to hold an order"],
            [[_SAID[name], found.of, str(found)] for name, found in false_orders().items()],
        ),
    }


def _recall(recall: Mapping[str, tuple[Share, Share]], *, looked_for: bool) -> str:
    rows: list[list[str | int]] = [
        [type, some.of, some.groups, str(some), str(whole)]
        for type, (some, whole) in recall.items()
        if (type not in NOT_LOOKED_FOR) is looked_for
    ]
    return _table(["marked as", "how many", "templates", "found", "found whole"], rows)


def _families() -> str:
    mails, cells = orders_found("mail"), orders_found("tables")
    return _table(
        ["family", "how many in each", "found in mails", "found in tables"],
        [[family, found.of, str(found), str(cells[family])] for family, found in mails.items()],
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def main() -> int:
    """Print the tables."""
    if missing := unavailable():
        print(f"The page cannot be made: {missing}.", file=sys.stderr)
        return 1
    for name, table in tables().items():
        print(f"{name}\n\n{table}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
