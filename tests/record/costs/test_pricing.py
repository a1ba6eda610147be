from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenthread.promise.errors import ExchangeUnknown, PricesInvalid, PricesMissing
from goldenthread.record.costs import (
    Figure,
    Prices,
    PriceTable,
    Rates,
    added_up,
    as_money,
    parse_rate,
    price_table,
    read_prices,
)
from record.costs.spoken import NOON, said

pytest.importorskip("genai_prices", reason="the extra 'costs' is not installed")
from genai_prices import Usage, calc_price


@pytest.fixture(scope="module")
def table() -> PriceTable:
    """The table that is installed."""
    return price_table()


OWN = """
[[price]]
model = "llama-3.3-70b*"
from = 2026-11-01
currency = "EUR"
input = "0.20"
cache_read = 0.05
output = "0.60"

[[price]]
model = "llama-3.3-70b*"
from = 2026-11-15
currency = "EUR"
input = "0.10"
output = "0.30"

[[price]]
model = "gpt-4o*"
provider = "azure"
from = 2026-11-01
currency = "USD"
input = 2
output = 8
reasoning = 4
"""


def _figure(table: PriceTable | None, own: str = "", rates: Rates | None = None, **more: Any) -> Figure:
    prices = Prices(own=read_prices(own) if own else None, table=table, rates=rates or Rates())
    into = more.pop("into", None)
    assert into is None or isinstance(into, str)
    return prices.figure(said(**more), into)


def test_a_call_costs_what_is_worked_out_by_hand(table: PriceTable) -> None:
    """Claude Sonnet 4.5: 3 USD in, 0.30 read from the cache, 3.75 written to it, 15 out, a million tokens each."""
    found = _figure(
        table,
        provider="anthropic",
        model="claude-sonnet-4-5-20250929",
        input_tokens=12_000,
        cache_read_tokens=8_000,
        cache_write_tokens=1_500,
        output_tokens=900,
        reasoning_tokens=300,
    )
    # 2,500 x 3 + 8,000 x 0.30 + 1,500 x 3.75 + 900 x 15 = 7,500 + 2,400 + 5,625 + 13,500 millionths
    assert (found.micros, found.currency, found.model) == (29_025, "USD", "claude-sonnet-4-5")
    assert found.table.startswith("genai-prices ")
    assert " sha256:" in found.table


def test_cached_tokens_beside_the_input_cost_the_same_as_inside_it(table: PriceTable) -> None:
    """Two dialects that report one and the same call must not price it twice as high, or half."""
    common: dict[str, Any] = {"provider": "anthropic", "model": "claude-sonnet-4-5", "cache_read_tokens": 8_000}
    inside = _figure(table, **common, input_tokens=12_000)
    beside = _figure(table, **common, input_tokens=4_000)
    assert inside.micros == beside.micros == 4_000 * 3 + 2_400 + 1_500


def test_a_long_context_costs_what_its_tier_costs(table: PriceTable) -> None:
    """Above 200,000 tokens every token of the call is dearer: 6 USD in and 22.50 out."""
    common: dict[str, Any] = {"provider": "anthropic", "model": "claude-sonnet-4-5", "output_tokens": 1_000}
    assert _figure(table, **common, input_tokens=200_000).micros == 600_000 + 15_000
    assert _figure(table, **common, input_tokens=200_001).micros == 1_200_006 + 22_500


def test_prices_are_those_of_the_day_of_the_call(table: PriceTable) -> None:
    """OpenAI made o3 cheaper on 10 June 2025, from 10 and 40 USD to 2 and 8; older calls stay as dear as they were."""
    before, after = datetime(2025, 6, 9, tzinfo=UTC), datetime(2025, 6, 10, tzinfo=UTC)
    assert _figure(table, model="o3", at=before).micros == 1_000 * 10 + 100 * 40
    assert _figure(table, model="o3", at=after).micros == 1_000 * 2 + 100 * 8


@pytest.mark.parametrize(
    ("provider", "model", "found"),
    [
        ("openai", "gpt-4o-2024-08-06", ("openai", "gpt-4o")),
        ("gcp.vertex_ai", "gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("google.generative-ai", "gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("anthropic.messages", "claude-sonnet-4-5", ("anthropic", "claude-sonnet-4-5")),
        ("mistral_ai", "mistral-large-latest", ("mistral", "mistral-large")),
        ("openrouter", "anthropic/claude-sonnet-4.5", ("openrouter", "anthropic/claude-sonnet-4.5")),
        (None, "openrouter/anthropic/claude-sonnet-4.5", ("openrouter", "anthropic/claude-sonnet-4.5")),
        ("litellm", "openai/gpt-4o", ("openai", "gpt-4o")),
        ("_OTHER", "litellm_proxy/groq/llama-3.3-70b-versatile", ("groq", "llama-3.3-70b-versatile")),
        (None, "gpt-4o", ("openai", "gpt-4o")),
    ],
)
def test_who_answered_is_found_behind_dialects_and_gateways(
    table: PriceTable, provider: str | None, model: str, found: tuple[str, str]
) -> None:
    """The same model has one price, whichever library names it."""
    figure = _figure(table, provider=provider, model=model)
    assert (figure.provider, figure.model) == found, figure.unknown
    assert figure.guessed is (provider is None and "/" not in model)


def test_an_azure_deployment_is_priced_by_the_model_that_answered(table: PriceTable) -> None:
    """A deployment's name means nothing to a price table."""
    found = _figure(table, provider="azure.ai.openai", model="my-deployment", response_model="gpt-4o-2024-08-06")
    assert (found.model, found.micros) == ("gpt-4o", 1_000 * 2.5 + 100 * 10)


def test_the_address_says_who_answered_where_the_library_only_says_openai(table: PriceTable) -> None:
    """OpenAI's client also speaks to others, and calls all of them `openai`."""
    found = _figure(table, model="anthropic/claude-sonnet-4.5", address="openrouter.ai")
    assert found.provider == "openrouter"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"provider": "ollama", "model": "llama3.1"}, "'llama3.1' of 'ollama' is not in the table"),
        ({"provider": "acme-openai-proxy"}, "'gpt-4o' of 'acme-openai-proxy' is not in the table"),
        ({"provider": None, "model": None}, "names no model"),
        # In the table without any price: its library would have it cost nothing.
        (
            {"provider": "google", "model": "gemma-3"},
            "'gemma-3' of 'google' has no price for tokens that go in in the table",
        ),
        # A model for embeddings is not priced for what it does not write.
        (
            {"model": "text-embedding-3-small"},
            "'text-embedding-3-small' of 'openai' has no price for tokens that come out in the table",
        ),
        ({"output_tokens": None}, "says no tokens that came out"),
    ],
)
def test_what_has_no_price_is_unknown_and_not_free(table: PriceTable, more: dict[str, Any], words: str) -> None:
    """Zero for want of a price would be the cheapest model of all."""
    found = _figure(table, **more)
    assert (found.micros, found.unknown) == (None, words)


_MODELS = (
    ("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-4o"), ("google", "gemini-2.5-pro"), ("openai", "o3"),
    ("deepseek", "deepseek-chat"), ("perplexity", "sonar-deep-research"), ("groq", "llama-3.3-70b-versatile"),
)  # fmt: skip


@settings(max_examples=60)
@given(
    st.sampled_from(_MODELS),
    st.integers(0, 400_000),
    st.integers(0, 60_000),
    st.tuples(st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0, 1)),
)
def test_a_figure_is_the_one_that_the_library_works_out(
    model: tuple[str, str], given_in: int, given_out: int, shares: tuple[float, float, float]
) -> None:
    """We keep what a token costs, for speed, and must never come to another sum than the table's own makers."""
    read, write, thought = int(shares[0] * given_in), int(shares[1] * given_in), int(shares[2] * given_out)
    found = _figure(
        price_table(),
        provider=model[0],
        model=model[1],
        input_tokens=given_in,
        output_tokens=given_out,
        cache_read_tokens=read,
        cache_write_tokens=write,
        reasoning_tokens=thought,
    )
    usage = Usage(
        input_tokens=given_in,
        output_tokens=given_out,
        cache_read_tokens=read,
        cache_write_tokens=write,
        output_reasoning_tokens=thought,
    )
    theirs = calc_price(usage, model[1], provider_id=model[0], genai_request_timestamp=NOON)
    assert found.micros == round(theirs.total_price * 1_000_000), found.unknown


def test_a_service_tier_has_its_own_price(table: PriceTable) -> None:
    """What answers later costs less, and the span says which it was."""
    standard, flex = (_figure(table, model="gpt-5", tier=tier).micros for tier in (None, "flex"))
    assert standard == 1_000 * 1.25 + 100 * 10
    assert standard is not None
    assert flex == standard / 2


def test_own_prices_win_and_hold_from_their_day_on(table: PriceTable) -> None:
    """A self-hosted model has a price only its operator knows, and a negotiated one is not the list's."""
    llama: dict[str, Any] = {"provider": "vllm", "model": "meta/llama-3.3-70b", "cache_read_tokens": 500}
    assert _figure(table, OWN, **{**llama, "model": "llama-3.3-70b-fp8"}).micros == 500 * 0.2 + 500 * 0.05 + 100 * 0.6
    later = datetime(2026, 11, 15, tzinfo=UTC)
    assert _figure(table, OWN, **{**llama, "model": "llama-3.3-70b", "at": later}).micros == 1_000 * 0.1 + 100 * 0.3
    early = datetime(2026, 10, 31, tzinfo=UTC)
    assert _figure(table, OWN, **{**llama, "model": "llama-3.3-70b", "at": early}).micros is None
    negotiated = _figure(table, OWN, provider="azure.ai.openai", reasoning_tokens=60)
    assert (negotiated.micros, negotiated.table) == (1_000 * 2 + 40 * 8 + 60 * 4, "own prices")
    assert _figure(table, OWN).micros == 1_000 * 2.5 + 100 * 10  # not at Azure, so by the list


def test_without_a_table_only_own_prices_are_known() -> None:
    """Nobody who leaves the extra out gets figures of zero."""
    assert _figure(None, OWN).unknown == "'gpt-4o' has no price of our own, and no price table is installed"
    assert _figure(None, OWN, provider="azure").micros == 1_000 * 2 + 100 * 8


def test_the_table_is_named_as_missing_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one who looks up a price is told what to install."""
    monkeypatch.setattr("goldenthread.record.costs.listed.find_spec", lambda name: None)
    with pytest.raises(PricesMissing) as caught:
        PriceTable()
    assert str(caught.value) == (
        "prices-missing: What models cost is looked up in genai-prices, which is not installed. "
        "Run `pip install 'goldenthread[costs]'`, or state prices of your own."
    )


def test_newer_prices_that_a_process_fetched_do_not_change_a_figure(
    table: PriceTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version on a figure must say what it was made of."""
    from genai_prices import data_snapshot

    before = _figure(table)
    monkeypatch.setattr(data_snapshot, "_custom_snapshot", data_snapshot.DataSnapshot([], from_auto_update=True))
    assert _figure(PriceTable()) == before


def test_what_the_sender_says_stands_beside_and_a_difference_is_shown(table: PriceTable) -> None:
    """2,500 + 1,000 millionths by the table; five per cent more may be rounding, ten are another price."""
    near, far = _figure(table, cost_micros=3_600), _figure(table, cost_micros=3_900)
    assert (near.micros, near.said_micros, near.differs) == (3_500, 3_600, False)
    assert (far.micros, far.said_micros, far.differs) == (3_500, 3_900, True)
    assert _figure(table, provider="ollama", cost_micros=10).micros is None


RATES = Rates(
    rates=(
        parse_rate("1 USD = 0.92 EUR", date(2026, 11, 1)),
        parse_rate("1 USD = 0.90 EUR", date(2026, 11, 10)),
        parse_rate("1 USD = 0.95 EUR", date(2026, 11, 11)),
    )
)


def test_money_is_exchanged_by_the_rate_of_its_day_and_says_which(table: PriceTable) -> None:
    """3,500 millionths of a dollar are 3,150 of a euro at 0.90."""
    found = _figure(table, rates=RATES, into="EUR")
    assert (found.micros, found.currency, found.rate) == (3_150, "EUR", "1 USD = 0.90 EUR from 2026-11-10")
    back = RATES.exchange(900_000, "EUR", "USD", date(2026, 11, 10))
    assert back is not None
    assert back.micros == 1_000_000


def test_without_a_rate_for_the_day_money_stays_as_it_is_and_is_not_added_up(table: PriceTable) -> None:
    """A rate nobody stated is a rate somebody made up."""
    early = datetime(2026, 10, 31, 23, tzinfo=UTC)
    found = _figure(table, rates=RATES, into="EUR", at=early)
    assert (found.micros, found.currency, found.rate) == (3_500, "USD", "")
    with pytest.raises(ExchangeUnknown) as caught:
        added_up({"USD": 3_500, "EUR": 400_000})
    assert str(caught.value) == (
        "exchange-unknown: 0.40 EUR and 0.0035 USD cannot be added up: no exchange rate is stated for those days. "
        "State one, e.g. `goldenthread prices exchange '1 USD = 0.92 EUR' --from 2026-11-01 --as NAME`."
    )
    assert added_up({"USD": 0, "EUR": 400_000}) == (400_000, "EUR")
    assert added_up({"USD": 0}) == (0, "USD")
    assert added_up({}) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.92", "'0.92' is no exchange rate. Write"),
        ("1 USD = 0 EUR", "'1 USD = 0 EUR' is no exchange rate: it says nothing."),
        ("1 USD = 0.92 EUX", "'1 USD = 0.92 EUX' is no exchange rate: 'EUX' is no ISO 4217 code."),
        ("1 USD = 0.92 USD", "'1 USD = 0.92 USD' is no exchange rate: it says nothing."),
    ],
)
def test_a_rate_that_says_nothing_is_refused(text: str, words: str) -> None:
    """Zero or one and the same currency would turn money into nothing."""
    with pytest.raises(PricesInvalid) as caught:
        parse_rate(text, date(2026, 11, 1))
    assert caught.value.message.startswith(words)


_ONE = '[[price]]\nmodel = "m"\nfrom = 2026-11-01\ncurrency = "EUR"\ninput = 1\noutput = 2\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model =", "The file of prices is no TOML: "),
        ("prices = 3", "The file of prices holds something else than a list of prices."),
        (_ONE + "cache = 1", "Price 1 of the file cannot be taken: 'cache' is no key of a price; there are model"),
        (_ONE.replace("input = 1\n", ""), "Price 1 of the file cannot be taken: 'input' is missing."),
        (_ONE.replace("2026-11-01", '"soon"'), "Price 1 of the file cannot be taken: 'from' is 'soon', and no day"),
        (_ONE.replace("EUR", "EURO"), "Price 1 of the file cannot be taken: 'currency' is 'EURO', and no ISO 4217"),
        (_ONE.replace("= 1", "= -1"), "Price 1 of the file cannot be taken: 'input' is -1, and no price of a million"),
        (_ONE.replace("= 1", "= nan"), "Price 1 of the file cannot be taken: 'input' is "),
        (_ONE.replace('"m"', '" "'), "Price 1 of the file cannot be taken: 'model' is ' ', and no name."),
        (_ONE + _ONE, "Price 2 of the file cannot be taken: 'm' has a price from 2026-11-01 already."),
    ],
)
def test_a_file_of_prices_that_cannot_be_read_whole_is_refused(text: str, words: str) -> None:
    """Half a price list prices the other half by accident."""
    with pytest.raises(PricesInvalid) as caught:
        read_prices(text)
    assert caught.value.message.startswith(words)


def test_money_is_written_with_the_places_it_has() -> None:
    """A fraction of a cent that is rounded away looks free."""
    assert [as_money(micros) for micros in (0, 12, 400_000, 1_234_567, -5)] == [
        "0.00", "0.000012", "0.40", "1.234567", "-0.000005",
    ]  # fmt: skip
    assert NOON.date() == date(2026, 11, 10)
    assert Decimal(as_money(29_025)) * 1_000_000 == 29_025
