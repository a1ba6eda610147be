"""The list of slices as one reads it at a terminal; the page has the same in tables."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from goldenthread.factory.candidates import number_words, reach_words
from goldenthread.factory.fit import Recommendation
from goldenthread.factory.slicing.drafts import SliceDraft
from goldenthread.factory.slicing.shortlist import Shortlist, Taken
from goldenthread.promise.values import Level

TO_BEGIN_WITH, TAKEN_INSTEAD = "The slice to begin with", "The slice that was taken instead"
WHAT_IT_MUST_HAVE = "What its contract must then have"
_SHOWN_BELOW = 4
_WHY = 3


def shortlist_text(found: Shortlist) -> str:
    """The list in plain lines, ended by a line feed; the line stands between those above and below."""
    lines = [f"Slices of work that an agent might own, by score; worth a contract from {found.line:.2f}", ""]
    if not found.slices:
        return "\n".join([*lines, *(f"  {words}." for words in found.left)]) + "\n"
    above = [one for one in found.slices if one.scored.above]
    below = [one for one in found.slices if not one.scored.above]
    for one in above:
        lines += _slice(one)
    if not above:
        lines.append("  None reaches the line.")
    if below:
        lines += ["", f"Below the line of {found.line:.2f}, and why"]
        for one in below[:_SHOWN_BELOW]:
            lines += [*_slice(one), *(f"       - {words}" for words in one.scored.why[:_WHY])]
        if len(below) > _SHOWN_BELOW:
            names = ", ".join(one.facts.slice for one in below[_SHOWN_BELOW:])
            lines.append(f"  And {len(below) - _SHOWN_BELOW} more: {names}.")
    if found.left:
        lines += ["", "No slice of their own", *(f"  {words}." for words in found.left)]
    return "\n".join(lines) + "\n"


def draft_text(found: SliceDraft, why_best: str = "") -> str:
    """
    What was drafted, and on what it rests, in plain lines, ended by a line feed.

    Args:
        found: The draft.
        why_best: Why one begins with it; '' for one that somebody took instead.
    """
    one = found.taken
    lines = [f"{TO_BEGIN_WITH if why_best else TAKEN_INSTEAD}: {one.facts.slice}, {one.part.title}"]
    lines += [f"  {why_best}"] if why_best else []
    lines += ["", *scores(one), "", *freedom(one), ""]
    lines += ["What it may be worth", *(f"  {words}" for words in worth_lines(one)), ""]
    lines += ["How its agent would climb", *(f"  {words}" for words in found.contract.gates.notes)]
    return "\n".join(lines) + "\n"


def worth_lines(one: Taken) -> Iterator[str]:
    """What it may be worth, on what that rests, and plainly whether it pays."""
    words = worth_words(one)
    yield f"{words[0].upper()}{words[1:]}."
    value = one.worth.value
    if value is None:
        return
    inputs = dict(value.inputs.spans())
    week = one.worth.minutes_a_week
    yield f"People spend about {_minutes(week)} a week on it: {inputs['volume']}, {inputs['minutes']}."
    if value.high < 0:
        yield "By these numbers it does not pay, not even with everything at its best."
    elif value.likely < 0:
        yield "By these numbers it does not pay, unless most of them turn out well."
    if one.draft is not None and one.draft.gates.ceiling <= Level.DRAFT:
        level = one.draft.gates.ceiling
        yield f"It would stay at {level}, where people still do the work: too few cases come to prove more in time."
    if value.likely < 0 and one.worth.pays_from is not None:
        yield (
            f"It would begin to pay at {_minutes(one.worth.pays_from)} of people's time a case. A log that does not "
            "say when work began may hide most of it: measure that first."
        )
    if value.swings:
        most = value.swings[0]
        yield f"What moves the likely worth most: {most.name}, {inputs[most.name]}."
    yield "Say what you know better with --value, e.g. --value 'minutes=8 to 12 min (owner, two days with a watch)'."


def scores(one: Taken) -> Iterator[str]:
    """Each score with the number behind it."""
    for score in one.scored.scores:
        reach = f"{score.low:.2f}" if score.known else "0 to 1"
        by_hand = f" (set by hand: {score.adjusted})" if score.adjusted else ""
        yield f"  {score.criterion.name:<11} {reach:<7} {score.words}{by_hand}"


def worth_words(one: Taken) -> str:
    """`worth -3,100 to 900 EUR a year, likely -1,200`, to two digits; or why nobody can tell."""
    value = one.worth.value
    if value is None:
        return f"worth unknown: {one.worth.missing}" if one.worth.missing else "worth not worked out so far down"
    low, likely, high = (_two_digits(amount) for amount in (value.low, value.likely, value.high))
    return f"worth {low} to {high} {value.currency} a year, likely {likely}"


def freedom(one: Taken) -> Iterator[str]:
    """How free its agent may be: by what is known, and with what was assumed."""
    known = one.known
    told = _free(known)
    if not one.assumed:
        yield f"Bound or agentic: {told}."
    else:
        yield f"Bound or agentic: {told}, by what is known alone."
        yield f"With what is common in office work: {_free(one.planned)}. Assumed:"
        yield f"  {'; '.join(one.assumed)}."
    yield WHAT_IT_MUST_HAVE
    for reason in one.planned.guardrails:
        yield f"  {reason.row:<4}{reason.does}: {reason.says}"


def _two_digits(amount: Decimal) -> str:
    """`-7,700`: a range this wide has no more digits that mean anything."""
    rounded = Decimal(f"{amount:.2g}") if abs(amount) >= 100 else round(amount)
    return f"{rounded + 0:,.0f}"


def _minutes(minutes: Decimal) -> str:
    return f"{minutes:,.0f} minutes" if minutes < 120 else f"{minutes / 60:,.1f} hours"


def _free(found: Recommendation) -> str:
    if found.approach is None:
        return "nothing may be built"
    return f"{found.approach.words} ({found.approach}), up to {found.ceiling}"


def _slice(one: Taken) -> Iterator[str]:
    a_week = one.part.log.a_week
    pace = "" if a_week is None else f", {number_words(a_week)} cases a week"
    yield f"  {one.scored.place:>2}. {one.facts.slice}  {reach_words(one.scored)}"
    yield f"      {one.part.title}{pace}"
    yield f"      {worth_words(one)}"
