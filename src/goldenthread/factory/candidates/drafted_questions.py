"""What only a person can say of a slice that is about to get a contract: each question with the measured half of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from goldenthread.factory.candidates.facts import SliceFacts
from goldenthread.factory.candidates.lengths import length_words, number_words
from goldenthread.factory.fit import Approach, Recommendation


@dataclass(frozen=True, kw_only=True)
class DraftQuestion:
    """
    What only a person can say: `key` is its path in the file, `asks` stands there until it is answered, and `example`
    is an answer that would be taken, by which the draft was checked and its gates were planned.
    """

    key: str
    asks: str
    example: str


def drafted_questions(
    facts: SliceFacts, found: Recommendation, *, problem: str | None, sufferer: str | None, weeks: int
) -> tuple[DraftQuestion, ...]:
    """
    Every question whose answer is not known yet, in the order of the file.

    Args:
        facts: Of the slice.
        found: What the table says of it.
        problem: The problem in a sentence, if it is known.
        sufferer: Whose it is, if that is known.
        weeks: In which outcomes should show.
    """
    said = {"owner": facts.owner, "position": facts.position, "problem": problem, "for": sufferer}
    known = {key for key, answer in said.items() if answer is not None}
    known |= {"workflow.cycle_time"} if facts.log.cycle_p90 else set()
    known |= {"technique.model"} if found.approach is Approach.RULES else set()
    known |= {"technique.knowledge.source"} if not is_grounded(found) else set()
    asked = (*_OF_PEOPLE, *_of_outcomes(facts, weeks), *_of_workflow(facts), *_of_agent(facts))
    return tuple(one for one in asked if one.key not in known)


def is_grounded(found: Recommendation) -> bool:
    """Whether what is recommended answers from texts, so that it must cite them."""
    return found.approach is not None and found.approach.rank >= Approach.RETRIEVAL.rank


def _asks(key: str, asks: str, example: str) -> DraftQuestion:
    return DraftQuestion(key=key, asks=asks, example=example)


_OF_PEOPLE = (
    _asks("owner", "Who answers for the business result?", "the-owner"),
    _asks("expert", "Which expert knows the work, labels its first cases and signs?", "the-expert"),
    _asks("position", "Where does the work sit in workflow and organisation?", "where the work is done today"),
    _asks("problem", "Which problem does it solve?", "the work takes longer than it should"),
    _asks("for", "Whose problem is it?", "whoever waits for the result"),
)


def _of_outcomes(facts: SliceFacts, weeks: int) -> Iterator[DraftQuestion]:
    """Before is measured where it can be; after is nobody's but the owner's."""
    cost, target = _cost_to_serve(facts)
    half_done = facts.log.cycle_p50
    cycle = length_words(half_done) if half_done else "TODAY"
    halved = length_words(half_done / 2) if half_done else cycle
    sooner = f"{cycle} -> {halved}" if halved != cycle else "2 d -> 1 d"
    window = f"in {weeks} weeks, owned by WHOM"
    yield _asks(
        "outcome.business",
        f"cost_to_serve {cost} -> TARGET {window}. What shall a case cost, and who measures it?",
        f"cost_to_serve {target} in {weeks} weeks, owned by finance-desk",
    )
    yield _asks(
        "outcome.customer",
        f"cycle_time p50 {cycle} -> TARGET {window}. How soon shall half be done, and who measures it?",
        f"cycle_time p50 {sooner} in {weeks} weeks, owned by customer-desk",
    )
    yield _asks(
        "adoption",
        f"agent_share 0 % -> TARGET % of cases {window}. How much of the work shall go this way?",
        f"agent_share 0 % -> 50 % of cases in {weeks} weeks, owned by customer-desk",
    )


def _of_workflow(facts: SliceFacts) -> Iterator[DraftQuestion]:
    share = facts.log.rework_share
    twice = "" if share is None else f" In {number_words(share * 100)} % of its cases something is done again today."
    yield _asks("workflow.cycle_time", "How long may a case take? Nobody measured it yet.", "p90 <= 5 d")
    yield _asks("workflow.automation_rate", "What share of the cases shall be done without a person?", ">= 40 %")
    yield _asks("workflow.rework_rate", f"What share of the cases that it did may come back?{twice}", "<= 3 %")
    yield _asks("workflow.fails_like", "What does failing look like?", "somebody gets what is not theirs")
    yield _asks(
        "workflow.at_ten_products",
        "Would people, systems and money hold at ten such products? What would give first?",
        "people who answer are the limit, nothing else grows",
    )


def _of_agent(facts: SliceFacts) -> Iterator[DraftQuestion]:
    yield _asks("autonomy.escalate", "Who answers when it is unsure, and within what time?", "reviewer within 4 h")
    yield _asks("autonomy.calendar", "When do these people work?", "Mon-Fri 09:00-17:00 Europe/Berlin")
    yield _asks("actions", "What may it do, with which effect and which undo?", _example_action(facts))
    yield _asks("technique.model", "Which model decides?", "the model that is proved")
    yield _asks("technique.knowledge.source", "Where do the texts and precedents come from?", "past cases")


def _cost_to_serve(facts: SliceFacts) -> tuple[str, str]:
    """What a case costs people today, where minutes and rate are known; and a change that stands in for the target."""
    minutes, rate = facts.value.get("minutes"), facts.value.get("rate")
    if minutes is None or rate is None:
        return "TODAY", "18 -> 6 EUR/case"
    cost = (minutes.likely * rate.likely / 60).quantize(Decimal("0.01"))
    if cost == 0:
        return "TODAY", f"18 -> 6 {rate.unit[:3]}/case"
    unit = f"{rate.unit[:3]}/case"
    return f"{cost:f} {unit}", f"{cost:f} -> {(cost / 2).quantize(Decimal('0.001')):f} {unit}"


def _example_action(facts: SliceFacts) -> str:
    effect = facts.work.effect or "irreversible"
    if effect == "read":
        return "do_it read"
    return f"do_it {effect}{' undo take_back' if effect == 'reversible' else ''} key case"
