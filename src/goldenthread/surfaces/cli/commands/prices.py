"""`goldenthread prices`: prices of our own, exchange rates, and what a call would cost."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from goldenthread.surfaces.cli.arguments import read_at_most
from goldenthread.surfaces.cli.terminal import emit, say, table

_DAY = click.DateTime(["%Y-%m-%d"])
_AS = click.option("--as", "by", required=True, metavar="NAME", help="An owner, data owner or administrator.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def prices() -> None:
    """
    State what models cost where no list says it, and what money is worth in other money. Nothing is ever fetched.

    \b
    Example:
      goldenthread prices state prices.toml --as finance@example.com
      goldenthread prices exchange "1 USD = 0.92 EUR" --from 2026-11-01 --as finance@example.com
    """


@prices.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_AS
@click.pass_obj
def state(home: str | None, file: Path, by: str) -> None:
    """
    State prices of models, signed, in place of those stated before; where they name a price, it wins over the list.

    \b
    Example:
      goldenthread prices state prices.toml --as finance@example.com
    """
    from goldenthread.promise.errors import PricesInvalid
    from goldenthread.record.costs import LARGEST_PRICES, read_prices, state_prices
    from goldenthread.surfaces.cli.place import opened

    try:
        text = read_at_most(file, LARGEST_PRICES).decode()
    except UnicodeDecodeError as problem:
        raise PricesInvalid(f"{file} is not UTF-8. Save it as UTF-8; nothing was stated.") from problem
    found = read_prices(text)
    with opened(home) as place:
        record = state_prices(place.ledger, place.keys(by), text, by=by)
    count = len(found.prices)
    say(f"{by} states {count} price{'s' if count > 1 else ''} (record {record.chain}#{record.seq}).")


@prices.command()
@click.argument("rate", metavar="'1 USD = 0.92 EUR'")
@click.option("--from", "begins", type=_DAY, required=True, help="The first day, UTC, on which it counts.")
@_AS
@click.pass_obj
def exchange(home: str | None, rate: str, begins: datetime, by: str) -> None:
    """
    State an exchange rate, signed, that counts from a day on until a later one does. It serves both ways.

    \b
    Example:
      goldenthread prices exchange "1 USD = 0.92 EUR" --from 2026-11-01 --as finance@example.com
    """
    from goldenthread.record.costs import parse_rate, state_rate
    from goldenthread.surfaces.cli.place import opened

    found = parse_rate(rate, begins.date())
    with opened(home) as place:
        record = state_rate(place.ledger, place.keys(by), found, by=by)
    say(f"{by} states {found} (record {record.chain}#{record.seq}).")


@prices.command()
@_JSON
@click.pass_obj
def show(home: str | None, as_json: bool) -> None:
    """
    Show which prices and exchange rates count: our own, and the version of the list.

    \b
    Example:
      goldenthread prices show
    """
    from goldenthread.record.costs import installed_table, load_stated
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        stated = load_stated(place.ledger)
    listed = installed_table()
    if as_json:
        emit({"list": listed.version if listed else None, "own": stated.own, "rates": stated.rates.rates})
        return
    say(f"The list: {listed.version}." if listed else "No list of prices is installed: `goldenthread[costs]`.")
    if stated.own is None:
        say("No own prices are stated.")
    else:
        say(f"Of a million tokens, by {stated.own.version}:")
        columns = ("model", "provider", "from", "input", "cache read", "cache write", "output", "reasoning", "in")
        table(
            columns,
            [
                (one.model, one.provider, one.begins, one.input, one.cache_read, one.cache_write, one.output,
                 one.reasoning, one.currency)
                for one in stated.own.prices
            ],
        )  # fmt: skip
    say(*(list(map(str, stated.rates.rates)) or ["No exchange rate is stated."]))


@prices.command()
@click.argument("model")
@click.option("--provider", metavar="NAME", help="Who answers, as spans call them; else told from the model's name.")
@click.option("--input", "given_in", type=click.IntRange(0), default=1_000_000, show_default=True, help="Tokens in.")
@click.option("--output", "given_out", type=click.IntRange(0), default=1_000_000, show_default=True, help="Tokens out.")
@click.option("--cached", type=click.IntRange(0), default=0, help="Tokens that were read from a cache, of those in.")
@click.option("--day", type=_DAY, help="Of the call, UTC; today by default.")
@_JSON
@click.pass_obj
def look(
    home: str | None,
    model: str,
    provider: str | None,
    given_in: int,
    given_out: int,
    cached: int,
    day: datetime | None,
    as_json: bool,
) -> None:
    """
    Look up what a call of a model costs, by the prices that count here.

    \b
    Example:
      goldenthread prices look claude-sonnet-4-5 --provider anthropic --input 12000 --cached 8000 --output 900
    """
    from goldenthread.record.costs import Said, load_stated, price_table
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        stated = load_stated(place.ledger)
        now = place.ledger.clock()
    said = Said(
        at=day.replace(tzinfo=UTC) if day is not None else now,
        provider=provider,
        request_model=model,
        input_tokens=given_in,
        output_tokens=given_out,
        cache_read_tokens=cached,
    )
    found = stated.prices(table=False).figure(said)
    if found.micros is None:
        price_table()  # says what to install
        found = stated.prices().figure(said)
    if as_json:
        emit(found)
        return
    from goldenthread.record.costs import as_money

    if found.micros is None:
        say(f"Unknown: {found.unknown}. State a price of your own with `goldenthread prices state`.")
        return
    whose = f" of {found.provider}" if found.provider else ""
    say(f"{found.model}{whose}: {as_money(found.micros)} {found.currency}, by {found.table}.")
