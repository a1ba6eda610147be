"""What the evidence of a clause means, in plain words for a product owner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from goldenthread.promise.contract.figures import beside, figure, good_share, of_cases, whole_percent
from goldenthread.promise.contract.forms import Form, form_of, wants_high
from goldenthread.promise.contract.judging import ClauseEvidence
from goldenthread.promise.contract.metrics import METRICS
from goldenthread.promise.contract.model import Claim, Clause, Comparison
from goldenthread.promise.contract.still_needed import NO_MORE_THAN, fewest_more
from goldenthread.promise.evidence import LEAST_DAYS


@dataclass(frozen=True, kw_only=True)
class ClauseSentences:
    """
    The verdict of one clause in whole sentences; `str` puts them one after the other.

    Attributes:
        measured: What was measured, and who says so.
        cases: On how many cases.
        against: Against what, what was seen, and what is certain by now.
        guarantee: How often one would be promoted wrongly.
        change: What would change the verdict.
    """

    measured: str
    cases: str
    against: str
    guarantee: str
    change: str

    def __str__(self) -> str:
        return f"{self.measured} {self.cases} {self.against} {self.guarantee} {self.change}"


def clause_words(evidence: ClauseEvidence, *, claim: Claim = Claim.PERIOD) -> str:
    """How far the evidence of a clause has come and what that guarantees, in two sentences."""
    reached = f", reached after {evidence.passed_at:,} cases" if evidence.passed_at is not None else ""
    return f"Evidence {whole_percent(evidence.meter)}{reached}. {_wrongly(evidence, claim, None)}."


def clause_sentences(
    evidence: ClauseEvidence, *, claim: Claim = Claim.PERIOD, segment: str | None = None
) -> ClauseSentences:
    """
    The verdict of one clause in whole sentences, without a formula.

    Args:
        evidence: Of all cases or, for a clause that holds in every segment, of one segment.
        claim: What a passed gate of this contract claims.
        segment: Which segment the evidence is of, e.g. 'de'; None where it is of all cases.
    """
    return ClauseSentences(
        measured=_measured(evidence.clause),
        cases=_cases(evidence, segment),
        against=_against(evidence),
        guarantee=_guarantee(evidence, claim, segment),
        change=_change(evidence, claim),
    )


# --- what was measured, and on how many cases -----------------------------------------------------


def _measured(clause: Clause) -> str:
    metric, form = METRICS[clause.metric], form_of(clause)
    over = {
        Form.RATE: f", out of {metric.denominator}",
        Form.QUANTILE: f", in each of the {metric.denominator}",
        Form.MEAN: f", over {metric.denominator}",
        Form.DIFFERENCE: "; the agent's and people's on the same case, one beside the other",
    }[form]
    return f"Measured: {metric.numerator}{over}. Source: {metric.label_source}; known {metric.due}."


def _cases(evidence: ClauseEvidence, segment: str | None) -> str:
    where = f" with the {evidence.clause.segment} '{segment}'" if segment is not None else ""
    count = f"{evidence.n:,} {'case counts' if evidence.n == 1 else 'cases count'}" if evidence.n else "No case counts"
    open_cases = ""
    if evidence.pending:
        as_what = "the worst there can be" if evidence.failures is None else "a failure"
        verb = "is" if evidence.pending == 1 else "are"
        open_cases = f"; {evidence.pending:,} more {verb} open and taken for {as_what} until known"
    return f"{count} so far{where}{open_cases}."


# --- against what ---------------------------------------------------------------------------------


def _against(evidence: ClauseEvidence) -> str:
    return f"{_asked(evidence.clause)} {_seen(evidence)}"


def _asked(clause: Clause) -> str:
    form = form_of(clause)
    if form is Form.DIFFERENCE:
        side = "below" if wants_high(clause) else "above"
        allowed = of_cases(clause, clause.margin)
        return f"The contract allows the agent's to lie {side} people's by less than {allowed} on average."
    asked = f"The contract asks for {_COMPARED[clause.comparison]} {clause.bound}"
    if form is Form.QUANTILE:
        return f"{asked} in more than {good_share(clause)} of cases."
    if form is Form.MEAN:
        return f"{asked} on average; no case can come to more than {clause.cap}."
    return f"{asked}."


_COMPARED = {
    Comparison.AT_LEAST: "at least",
    Comparison.AT_MOST: "at most",
    Comparison.ABOVE: "more than",
    Comparison.BELOW: "less than",
    None: "",
}


def _seen(evidence: ClauseEvidence) -> str:
    if not evidence.n:
        return "Nothing is known yet."
    against = ""
    if evidence.failures is not None:
        against = f"{evidence.failures:,} of {evidence.n:,} {'case' if evidence.n == 1 else 'cases'} went against it"
    said = ", and ".join(part for part in (_estimated(evidence), against) if part)
    return f"So far {said}. {_certain(evidence)}"


def _estimated(evidence: ClauseEvidence) -> str:
    clause, estimate = evidence.clause, evidence.estimate
    if estimate is None:
        return ""
    if evidence.form is Form.DIFFERENCE:
        return f"it lies {beside(clause, estimate)}"
    if evidence.form is Form.QUANTILE:
        side = "at least" if wants_high(clause) else "at most"
        return f"it was {side} {figure(clause, estimate)} in {good_share(clause)} of cases"
    return f"it was {figure(clause, estimate)}{' on average' if evidence.form is Form.MEAN else ''}"


def _certain(evidence: ClauseEvidence) -> str:
    bound = evidence.lower if evidence.lower is not None else evidence.upper
    if bound is None:
        return "Nothing is certain yet."
    sure = f"{(1.0 - evidence.alpha) * 100:g} % certain"
    side = "at least" if evidence.lower is not None else "at most"
    if evidence.form is Form.DIFFERENCE:
        return f"It is {sure} that it lies no worse than {beside(evidence.clause, bound)}."
    return f"It is {sure} that it is {side} {figure(evidence.clause, bound)}, however often anyone looked."


# --- what is guaranteed ---------------------------------------------------------------------------


def _guarantee(evidence: ClauseEvidence, claim: Claim, segment: str | None) -> str:
    looks = "" if claim is Claim.FUTURE_DAYS else ", however often anyone looks"
    words = f"{_wrongly(evidence, claim, segment)}{looks}."
    if claim is Claim.FUTURE_DAYS:
        words += (
            " This is about days to come, not only about the days seen: cases of one day count for less the more "
            "they are alike. It is a rule of thumb, tested by simulation; where a few days are very bad it is wrong "
            "more often."
        )
    return words


def _wrongly(evidence: ClauseEvidence, claim: Claim, segment: str | None) -> str:
    how = "about" if claim is Claim.FUTURE_DAYS else "at most"
    return (
        f"{_if_no_better(evidence.clause, segment)}, "
        f"the chance that we would ever promote is {how} {evidence.alpha * 100:g} %"
    )


def _if_no_better(clause: Clause, segment: str | None) -> str:
    high, where = wants_high(clause), _where(clause, segment)
    form = form_of(clause)
    if form is Form.DIFFERENCE:
        side = "below" if high else "above"
        by = of_cases(clause, clause.margin)
        return f"If the agent's true {clause.metric} were {side} people's by {by} or more{where}"
    if form is Form.QUANTILE:
        side = "at least" if high else "at most"
        return f"If {clause.metric} were {side} {clause.bound} in {good_share(clause)} of cases or fewer{where}"
    noun = "mean" if form is Form.MEAN else "rate"
    return f"If the true {noun} were {clause.bound} or {'lower' if high else 'higher'}{where}"


def _where(clause: Clause, segment: str | None) -> str:
    if clause.segment is None:
        return ""
    return f" in any {clause.segment}" if segment is None else f" with the {clause.segment} '{segment}'"


# --- what would change it -------------------------------------------------------------------------


def _change(evidence: ClauseEvidence, claim: Claim) -> str:
    if evidence.passed:
        return (
            "It is proved, and counts while later cases do not speak against it; a fall of the level, a changed agent "
            "or a gate that asks for less starts the count afresh."
        )
    return " ".join(_not_proved(evidence, claim))


def _not_proved(evidence: ClauseEvidence, claim: Claim) -> Iterator[str]:
    how = "at the best possible value" if evidence.failures is None else "without a failure"
    days = f", and {LEAST_DAYS} days in all" if claim is Claim.FUTURE_DAYS else ""
    yield "It is not proved."
    if evidence.pending:
        what = "The open case" if evidence.pending == 1 else f"The {evidence.pending:,} open cases"
        yield f"{what} may still prove it."
    elif (more := fewest_more(evidence)) is None:
        yield f"More than {NO_MORE_THAN:,} further cases {how} would be needed{days}."
    else:
        yield f"At least {more:,} more {'case' if more == 1 else 'cases'} {how} would be needed{days}."
    if evidence.failures is not None:
        yield "Every failure puts it off."
