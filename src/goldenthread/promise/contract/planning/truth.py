"""How good the agent may really be, and the chance of having passed a clause by each number of cases if it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from goldenthread.promise.contract.forms import Form, quantile_of, wants_high
from goldenthread.promise.contract.judging import ClauseTest
from goldenthread.promise.contract.margins import margin_of
from goldenthread.promise.contract.metrics import METRICS
from goldenthread.promise.contract.model import Quantity
from goldenthread.promise.contract.planning.beliefs import BESIDE_PEOPLE, Belief
from goldenthread.promise.contract.quantities import dimension, magnitude
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.evidence.bets import ConstantBets


@dataclass(frozen=True, kw_only=True)
class Truth:
    """
    The truth about what one clause measures.

    Attributes:
        amount: A rate's own percentage; for a quantile the percentage of cases that are as the clause says; a mean
            in the unit of the values (seconds for times); beside people by how much better, a share or an amount.
        spread: One standard deviation, in the unit of the values, or None where nobody said.
        believed: Whether the owner said so.
    """

    amount: Decimal
    spread: Decimal | None = None
    believed: bool = False


def key_of(judged: ClauseTest) -> str:
    """What the truth is about: clauses with one key are judged on the same yes or no in each case."""
    clause = judged.clause
    if judged.form is Form.DIFFERENCE:
        return clause.metric + BESIDE_PEOPLE
    return f"{clause.metric} {clause.comparison} {clause.bound}" if judged.form is Form.QUANTILE else clause.metric


def likely_truth(judged: Sequence[ClauseTest], wrong: Decimal, beliefs: Iterable[Belief]) -> dict[str, Truth]:
    """
    The truth by key, if `wrong` of what the strictest clause on each lets go wrong really goes wrong.

    Args:
        judged: The clauses of all gates.
        wrong: A share; 0.5 is the middle one.
        beliefs: What the owner knows better.

    Raises:
        ValueProblem: A belief that no clause can take.
    """
    stated = {belief.name: belief for belief in beliefs}
    found: dict[str, Truth] = {}
    for each in sorted(judged, key=_strictness):  # the strictest comes last and stays
        name = each.clause.metric + (BESIDE_PEOPLE if each.form is Form.DIFFERENCE else "")
        belief = stated.get(name)
        found[key_of(each)] = _believed(each, belief) if belief else Truth(amount=_likely_amount(each, wrong))
    return found


def require_asked(judged: Sequence[ClauseTest], beliefs: Iterable[Belief]) -> None:
    """
    Raises:
        ValueProblem: A belief about something that no gate asks.
    """
    asked = {each.clause.metric + (BESIDE_PEOPLE if each.form is Form.DIFFERENCE else "") for each in judged}
    for belief in beliefs:
        if belief.name not in asked:
            names = ", ".join(sorted(asked)) or "nothing that can be judged"
            raise ValueProblem(f"No gate asks for '{belief.name}'; the gates ask for {names}. Name one of these.")


def quality_words(judged: ClauseTest, true: Truth) -> str:
    """'93 %', '95 % of cases within 10 min', 'a mean of 0.20 EUR/case', 'as good as people'."""
    clause, amount = judged.clause, true.amount
    if judged.form is Form.RATE:
        return f"{plain(amount)} %"
    if judged.form is Form.QUANTILE:
        return f"{plain(amount)} % of cases {'reach' if wants_high(clause) else 'within'} {clause.bound}"
    if judged.form is Form.MEAN:
        return f"a mean of {_as_written(amount, clause.bound)}"
    if amount == 0:
        return "as good as people"
    percent = METRICS[clause.metric].kind == "rate"
    shown = f"{plain(abs(amount) * 100)} %" if percent else str(_as_written(abs(amount), clause.margin))
    return f"{shown} {'better' if amount > 0 else 'worse'} than people"


def plain(number: Decimal) -> str:
    """Without trailing zeros, and never in powers of ten."""
    rounded = round(number, 6).normalize()
    return format(rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded, "f")


def _strictness(judged: ClauseTest) -> Decimal:
    """Rises as less may go wrong; comparable among clauses of one key."""
    if judged.form is Form.DIFFERENCE:
        return -Decimal(str(margin_of(judged.clause)))
    return -_allowed(judged)


def _allowed(judged: ClauseTest) -> Decimal:
    """What the bound lets go wrong: a percentage, or an amount in the unit of the values."""
    clause = judged.clause
    assert clause.bound is not None
    q = quantile_of(clause)
    if judged.form is Form.QUANTILE and q is not None:
        return 100 * (q if wants_high(clause) else 1 - q)
    if judged.form is Form.RATE:
        return 100 - clause.bound.amount if wants_high(clause) else clause.bound.amount
    if wants_high(clause) and clause.cap is not None:
        return magnitude(clause.cap) - magnitude(clause.bound)
    return magnitude(clause.bound)


def _likely_amount(judged: ClauseTest, wrong: Decimal) -> Decimal:
    clause = judged.clause
    if judged.form is Form.DIFFERENCE:  # the middle one is as good as people
        return Decimal(str(margin_of(clause))) * (1 - 2 * wrong)
    off = _allowed(judged) * wrong
    if judged.form is Form.QUANTILE:
        return 100 - off
    if judged.form is Form.RATE:
        return 100 - off if wants_high(clause) else off
    assert clause.bound is not None
    assert clause.cap is not None
    return magnitude(clause.cap) - off if wants_high(clause) else off


def _believed(judged: ClauseTest, belief: Belief) -> Truth:
    clause, amount = judged.clause, belief.amount
    if judged.form in (Form.RATE, Form.QUANTILE):
        if amount.unit != "%" or not 0 <= amount.amount <= 100:
            raise _no_such_quality(judged, amount, "97 %")
        return Truth(amount=amount.amount, believed=True)
    percent = METRICS[clause.metric].kind == "rate"
    unit = Quantity(amount=Decimal(1), unit="%") if percent else clause.bound or clause.margin
    assert unit is not None
    if _stem(amount) != _stem(unit) or (belief.spread is not None and _stem(belief.spread) != _stem(unit)):
        raise _no_such_quality(judged, amount, str(clause.bound or clause.margin))
    scale = Decimal("0.01") if percent else Decimal(1)
    found = Truth(
        amount=magnitude(amount) * scale,
        spread=None if belief.spread is None else magnitude(belief.spread) * scale,
        believed=True,
    )
    _require_possible(judged, found, amount)
    return found


def _require_possible(judged: ClauseTest, true: Truth, amount: Quantity) -> None:
    test = judged.test
    assert isinstance(test, ConstantBets)
    if not test.lowest <= float(true.amount) <= test.highest:
        raise _no_such_quality(judged, amount, str(judged.clause.bound or judged.clause.margin))


def _no_such_quality(judged: ClauseTest, amount: Quantity, example: str) -> ValueProblem:
    name = judged.clause.metric + (BESIDE_PEOPLE if judged.form is Form.DIFFERENCE else "")
    return ValueProblem(
        f"{amount} is no quality that '{judged.clause}' could be held against; "
        f"it takes a number in the clause's own unit. Write e.g. --quality '{name}={example}'."
    )


def _stem(quantity: Quantity) -> str:
    return dimension(quantity).removesuffix("/case")


def _as_written(amount: Decimal, like: Quantity | None) -> Quantity:
    """An amount of values in the unit and with the digits of what the author wrote."""
    assert like is not None
    own = amount / (magnitude(like) / like.amount) if like.amount else amount
    exponent = like.amount.as_tuple().exponent
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    shown = own.quantize(like.amount) if own == round(own, places) else Decimal(plain(own))
    return Quantity(amount=shown, unit=like.unit)
