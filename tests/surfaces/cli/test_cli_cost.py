"""`goldenthread cost` and `goldenthread prices`, as somebody types them who answers for money."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from control.costs.worked_case import CLAUDE, COSTS, LLAMA, MODELS, OWN, PEOPLE, TOOLS, TOTAL, Workshop
from docs.pages import DOCS, blocks
from goldenthread.promise.contract import parse_contract
from goldenthread.record.costs import read_prices
from surfaces.cli.typed import Terminal
from worlds import OWNER, World, contract_text

pytest.importorskip("genai_prices", reason="the extra 'costs' is not installed")
PAGE = DOCS / "howto" / "cost.md"


def _steady(text: str) -> str:
    """Without what another version of the list, or another day, would make different."""
    text = re.sub(r"genai-prices \S+ sha256:[0-9a-f]{12}", "<list>", text)
    return re.sub(r"organisation#\d+( sha256:[0-9a-f]{12})?", "<record>", text)


@pytest.fixture
def run(world: World) -> str:
    """The run of the case that is worked out by hand; of another one nobody sent telemetry."""
    with world.opened():
        workshop = Workshop(world)
        run = workshop.worked("order-4711")
        workshop.spoke(run, CLAUDE, LLAMA)
        workshop.worked("order-4712", claim=False)
    return run


def test_what_a_case_cost_from_stated_prices_to_the_thread(terminal: Terminal, run: str, tmp_path: Path) -> None:
    """All of it, or what is missing: nobody has to trust a sum whose parts they cannot see."""
    without = terminal("cost refunds --case order-4711")
    assert without.code == 1
    assert without.out.startswith(
        "Case order-4711 cost at least 3.62 EUR and 0.029025 USD (1 run); the rest is unknown.\n"
        "  models  0.029025 USD and unknown  (2 calls)\n"
    )
    assert without.err.startswith("exchange-unknown: 3.62 EUR and 0.029025 USD cannot be added up: ")
    (tmp_path / "prices.toml").write_text(OWN)
    assert terminal.done(f"prices state {tmp_path / 'prices.toml'} --as {OWNER}").startswith(
        f"{OWNER} states 1 price (record organisation#"
    )
    assert terminal.done(f"prices exchange '1 USD = 0.92 EUR' --from 2026-11-01 --as {OWNER}").startswith(
        f"{OWNER} states 1 USD = 0.92 EUR from 2026-11-01 (record organisation#"
    )
    shown = next(block.text for block in blocks(PAGE) if block.language == "console")
    command, _, output = shown.partition("\n")
    assert _steady(terminal.done(command.removeprefix("$ goldenthread "))) == _steady(output)
    said = terminal.done("cost refunds --days 2").splitlines()
    assert said[1].split()[1:] == ("2 1 0.027803 EUR and unknown 0.04 EUR 6.30 EUR 6.367803 EUR".split())
    assert said[3].endswith(
        "1 known whole: together at least 6.367803 EUR. What a case costs is not known while a part of one is not."
    )
    assert said[4:6] == [
        "Unknown: no telemetry of the run says what models it called.",
        "Reviews: 1 measured from taking to answering, 1 as long as the contract says.",
    ]
    assert terminal.done(f"thread refunds {run[:8]}").splitlines()[1:] == [
        f"Run {run} cost models 0.027803 EUR, tools 0.02 EUR, people 3.60 EUR."
    ]
    found = json.loads(terminal.done("cost refunds --case order-4711 --json"))
    assert (found["total_micros"], len(found["calls"]), found["calls"][0]["counts"]["reasoning"]) == (TOTAL, 2, 300)
    assert json.loads(terminal.done(f"thread refunds {run} --json"))["costs"][run]["models"]["amounts"] == {
        "EUR": MODELS
    }
    whole = json.loads(terminal.done("cost refunds --json"))
    assert (whole["cases"], whole["whole"], whole["a_case_micros"]) == (2, 1, None)
    assert (
        whole["tools"]["amounts"]["EUR"] + whole["days"][0]["people"]["amounts"]["EUR"] == 2 * TOOLS + PEOPLE * 7 // 4
    )
    assert terminal.refused("cost refunds --case order-1").startswith(
        "case-unknown: No run of 'refunds' worked on a case 'order-1'. "
    )


def test_what_counts_is_shown_and_looked_up(terminal: Terminal, world: World, tmp_path: Path) -> None:
    """Before anybody argues about a figure, they see the price that made it."""
    with world.opened():
        Workshop(world)
    assert _steady(terminal.done("prices show")).splitlines() == [
        "The list: <list>.", "No own prices are stated.", "No exchange rate is stated.",
    ]  # fmt: skip
    assert terminal.done("cost refunds").startswith("No case of 'refunds' began since ")
    (tmp_path / "prices.toml").write_text(OWN)
    terminal.done(f"prices state {tmp_path / 'prices.toml'} --as {OWNER}")
    terminal.done(f"prices exchange '1 USD = 0.92 EUR' --from 2026-11-01 --as {OWNER}")
    assert _steady(terminal.done("prices show")).splitlines()[1:] == [
        "Of a million tokens, by own prices <record>:",
        "model           provider  from        input  cache read  cache write  output  reasoning  in",
        "llama-3.3-70b*            2026-01-01  0.20   0.20        0.20         0.60    0.60       EUR",
        f"1 USD = 0.92 EUR from 2026-11-01 ({OWNER}, <record>)",
    ]
    look = "prices look claude-sonnet-4-5 --provider anthropic --input 12000 --cached 8000 --output 900"
    assert _steady(terminal.done(look)) == "claude-sonnet-4-5 of anthropic: 0.0279 USD, by <list>.\n"
    assert json.loads(terminal.done("prices look llama-3.3-70b --day 2026-02-01 --json"))["micros"] == 800_000
    assert terminal.done("prices look own-7b --provider vllm") == (
        "Unknown: 'own-7b' of 'vllm' is not in the table. State a price of your own with `goldenthread prices state`.\n"
    )
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    assert terminal.refused(f"prices state {tmp_path / 'bad.toml'} --as {OWNER}").startswith("prices-invalid: ")


def test_the_page_works_its_case_out_rightly() -> None:
    """A reader with a pencil gets every figure on the page, and the engine gets the same."""
    worked = re.findall(
        r"([0-9][0-9. */+-]*) = ([0-9]+) (?:USD|EUR) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    results = [int(result) for _, result in worked]
    assert [round(eval(sum, {"__builtins__": {}}), 6) for sum, _ in worked] == results
    assert results == [7_500, 2_400, 5_625, 13_500, 26_703, 1_100, TOOLS, PEOPLE, TOTAL]
    assert results[4] + results[5] == MODELS
    assert "29025" in PAGE.read_text(encoding="utf-8")
    assert sum(results[:4]) == 29_025
    stated = next(block.text for block in blocks(PAGE) if block.language == "toml")
    assert read_prices(stated).prices[0].output == read_prices(OWN).prices[0].output
    line = next(block.text for block in blocks(PAGE) if block.language == "yaml")
    assert (
        parse_contract(contract_text("refunds", parts=line)).costs
        == parse_contract(contract_text("refunds", parts=COSTS)).costs
    )
