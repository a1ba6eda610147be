"""From a file to a contract."""

from __future__ import annotations

from decimal import Decimal
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.contract import (
    Claim,
    Contract,
    Quantity,
    check,
    page,
    parse_contract,
    plan,
    read_contract,
    refusals,
)
from goldenthread.promise.errors import ContractInvalid
from goldenthread.promise.values import Effect, Level, digest_bytes

CONTENT = (files("goldenthread.products.open_source_intake") / "contract.yaml").read_bytes()
GOOD = CONTENT.decode()


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read_contract(CONTENT, "contract.yaml")


def test_the_reference_contract_is_sound_unchanged(contract: Contract) -> None:
    """It is the example that everybody copies."""
    assert check(contract).state == "sound"
    assert refusals(contract) == ()
    assert contract.missing_parts == ()
    assert page(contract).overflow == 0
    assert all(gate.passable for gate in plan(contract).gates)


def test_the_digest_covers_the_bytes_of_the_file(contract: Contract) -> None:
    """What people saw is what they sign; `sha256sum` must say the same."""
    assert contract.digest == digest_bytes(CONTENT)


def test_claims_and_segments_arrive(contract: Contract) -> None:
    """What nobody wrote claims the least; what somebody wrote is read as written."""
    assert contract.autonomy is not None
    assert (contract.autonomy.claim, contract.autonomy.calibrated) == (Claim.PERIOD, False)
    assert contract.autonomy.segments == {}
    written = "  claim: about future days\n  segments: {language: [de, en], urgent: ['yes', no]}\n  gates:"
    rich = GOOD.replace("  gates:", written).replace("in 10000 cases", "in 20000 cases, calibrated")
    autonomy = parse_contract(rich.replace("agreement >= 80 %", "agreement >= 80 % in every urgent")).autonomy
    assert autonomy is not None
    assert (autonomy.claim, autonomy.false_alarm, autonomy.calibrated) == (Claim.FUTURE_DAYS, 20000, True)
    assert autonomy.segments == {"language": ("de", "en"), "urgent": ("yes", "no")}
    assert autonomy.gates[Level.DRAFT][0].segment == "urgent"


def test_a_contract_with_every_form_is_sound() -> None:
    """The forms are made to stand together."""
    rich = GOOD.replace("  gates:", "  segments: {language: [de, en]}\n  gates:")
    rich = rich.replace("agreement >= 80 %", "task_success not below people by 5 % in every language")
    rich = rich.replace("cost <= 0.40 EUR/case cap 5 EUR", "csat not below people by 0.1 cap 5")
    rich = rich.replace("draft: [any policy_violation]", "draft: [any hard rework_rate]")
    assert refusals(parse_contract(rich)) == ()


def test_every_part_of_the_reference_contract_arrives(contract: Contract) -> None:
    """A part that is read wrongly would be enforced wrongly, under a signature."""
    assert (contract.slice, contract.version, contract.owner) == ("open-source-intake", 1, "maya@example.com")
    assert contract.volume == Quantity(amount=Decimal(120), unit="cases per week")
    assert str(contract.business[0]) == "cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops"
    assert str(contract.adoption) == "agent_share 0 % -> 70 % of cases in 8 weeks, owned by open-source-office"
    assert contract.workflow is not None
    assert str(contract.workflow.throughput) == "throughput >= 100 cases per week"
    assert contract.technique is not None
    assert contract.technique.knowledge == {"source": "past decisions", "refresh": "daily"}
    assert (contract.technique.calls_agents, contract.technique.calls_depth) == ((), 0)


def test_autonomy_arrives_by_level(contract: Contract) -> None:
    """Gates are keyed by the level entered, tripwires by the level fallen to, shares by the level they hold at."""
    autonomy = contract.autonomy
    assert autonomy is not None
    assert [str(clause) for clause in autonomy.gates[Level.CONSTRAINED]] == [
        "approved_unedited >= 95 %",
        "agent_time p90 <= 10 min",
        "cost <= 0.40 EUR/case cap 5 EUR",
    ]
    assert [str(clause) for clause in autonomy.tripwires[Level.DRAFT]] == ["any policy_violation"]
    assert autonomy.blind == {Level.DRAFT: Decimal(20)}
    assert autonomy.audit == {Level.CONSTRAINED: Decimal(10), Level.EXPANDED: Decimal(10)}
    assert autonomy.alpha == pytest.approx(0.05)


def test_actions_arrive_with_their_limits(contract: Contract) -> None:
    """The guard compiles exactly these."""
    admit = contract.actions["admit_package"]
    assert (admit.effect, admit.undo, admit.key) == (Effect.REVERSIBLE, "withdraw_package", "request")
    assert [str(limit) for limit in admit.limits[None]] == ["licence in allowed_licences"]
    assert contract.lists == {"allowed_licences": ("MIT", "BSD-3-Clause", "Apache-2.0")}


def test_limits_and_shares_may_be_given_by_level() -> None:
    """Wider limits and thinner audits at expanded are what makes it another level."""
    text = GOOD.replace(
        "limit: licence in allowed_licences", "limit: {constrained: amount <= 10 EUR, expanded: amount <= 50 EUR}"
    ).replace("audit: 10 % of cases", "audit: [10 % of cases at constrained, 5 % of cases at expanded]")
    contract = parse_contract(text)
    limits = contract.actions["admit_package"].limits
    assert {level: str(group[0]) for level, group in limits.items()} == {
        Level.CONSTRAINED: "amount <= 10 EUR",
        Level.EXPANDED: "amount <= 50 EUR",
    }
    assert contract.autonomy is not None
    assert contract.autonomy.audit == {Level.CONSTRAINED: Decimal(10), Level.EXPANDED: Decimal(5)}


def test_everybody_who_must_sign_is_named_once(contract: Contract) -> None:
    """A missing signature keeps the contract out of force, so nobody may be forgotten."""
    assert contract.signers == {
        "maya@example.com": "owner",
        "open-source-lead@example.com": "expert",
        "finance-ops": "data-owner",
        "developer-experience": "data-owner",
        "open-source-office": "data-owner",
    }


@pytest.mark.parametrize(
    ("part", "key"),
    [
        ("adoption", "adoption"),
        ("workflow", "workflow"),
        ("trust", "autonomy"),
        ("technique", "technique"),
    ],
)
def test_a_missing_part_makes_a_prototype_and_no_error(part: str, key: str) -> None:
    """C3: it may run in shadow, earns nothing and never acts; nobody is kept from beginning."""
    lines = GOOD.split("\n")
    begin = next(number for number, line in enumerate(lines) if line.startswith(f"{key}:"))
    end = next((n for n in range(begin + 1, len(lines)) if lines[n] and not lines[n].startswith(" ")), len(lines))
    found = check(parse_contract("\n".join(lines[:begin] + lines[end:])))
    assert found.missing == (part,)
    assert found.state == "prototype"


def test_the_smallest_prototype_has_five_lines() -> None:
    """Somebody with an idea and a name can begin."""
    text = "apiVersion: goldenthread/v1\nkind: AgentImpactContract\nslice: idea\nversion: 1\nowner: me@example.com\n"
    contract = parse_contract(text)
    assert contract.is_prototype
    assert len(contract.missing_parts) == 6
    assert check(contract).state == "prototype"


def test_two_outcomes_stand_in_a_block_list() -> None:
    """In brackets YAML would cut each line at its comma."""
    text = GOOD.replace(
        "  business: cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops",
        "  business:\n    - cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops\n"
        '    - "margin 1 % -> 6 % in 8 weeks, owned by controlling"',
    )
    contract = parse_contract(text)
    assert [shift.metric for shift in contract.business] == ["cost_to_serve", "margin"]
    assert list(contract.shifts)[:2] == ["outcome.business[1]", "outcome.business[2]"]


_LINES = GOOD.split("\n")
_BITS = st.sampled_from(
    ["", " ", "  ", "\t", ":", ": ", "- ", "#", " #", "[", "]", "{", "}", ",", "'", '"', "|", ">", "&a ", "*a", "~",
     "!!int ", "null", "%", "@", "---\n", "...\n", "\n", "\r", "\x00", "\u202e", "é", "😀", "<<: ", "? ", "0x10",
     "1_000", "true", "\\", "\ufeff", "\ud800", "-", "=", "0"]
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.integers(0, 12), _BITS), min_size=1, max_size=6))
def test_a_damaged_file_reads_or_is_refused_in_words(damage: list[tuple[int, int, str]]) -> None:
    """Whatever happens to a file, the reader gives a contract or places and cures, never anything else."""
    text = GOOD
    for place, length, bit in damage:
        text = text[:place] + bit + text[place + length :]
    _reads_or_tells(text)


@given(st.permutations(range(len(_LINES))), st.integers(1, len(_LINES)))
def test_shuffled_lines_read_or_are_refused_in_words(order: list[int], count: int) -> None:
    """A bad merge gives such files."""
    _reads_or_tells("\n".join(_LINES[number] for number in order[:count]))


@given(st.binary(max_size=200))
def test_any_bytes_read_or_are_refused_in_words(content: bytes) -> None:
    """The server takes files from the network."""
    try:
        read_contract(content)
    except ContractInvalid as invalid:
        assert invalid.problems


def _reads_or_tells(text: str) -> None:
    try:
        contract = parse_contract(text, "c.yaml")
    except ContractInvalid as invalid:
        assert invalid.problems
        for problem in invalid.problems:
            assert problem.line >= 1
            assert problem.column >= 1
            assert str(problem).startswith("c.yaml:")
            assert problem.words.endswith((".", "?"))
    else:
        check(contract)
        page(contract)
