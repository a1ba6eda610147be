"""The parts of a contract that promise something, as a JSON Schema: outcome, workflow, autonomy, technique."""

from __future__ import annotations

from collections.abc import Iterable

from goldenthread.promise.contract.autonomy_reader import AUTONOMY_KEYS, SHARE_LEVELS
from goldenthread.promise.contract.model import Claim
from goldenthread.promise.contract.pieces import ARGUMENT_NAME
from goldenthread.promise.contract.schema import lines
from goldenthread.promise.contract.schema.pieces import CONFIDENCE, line
from goldenthread.promise.contract.schema.shapes import (
    Schema,
    block,
    choice,
    form,
    named,
    one_or_many,
    ref,
    text,
    whole,
)
from goldenthread.promise.contract.sections import KNOWLEDGE_KEYS, TECHNIQUE_KEYS, WORKFLOW_KEYS
from goldenthread.promise.values import LADDER, Json, Level


def outcome() -> Schema:
    """What the business and the customer get."""
    keys = ("business", "customer")
    values = {
        "business": {"description": "What the business gets, in one or two lines.", **one_or_many(ref("shift"))},
        "customer": {"description": "What the customer gets, in one or two lines.", **one_or_many(ref("shift"))},
    }
    return block("What must get better, by when, and who measures it.", keys, values)


def workflow() -> Schema:
    """How the work itself does."""
    values = {
        "done": text("When a case is done.", "admitted or refused, with licence and reason on record"),
        "cycle_time": _condition("How long a case takes from start to done.", "p90 <= 2 d"),
        "throughput": _condition("How many cases are done in a time.", ">= 100 cases per week"),
        "automation_rate": _condition("How many cases are done without a person.", ">= 60 %"),
        "escalation_rate": _condition("How many cases the agent hands to a person.", "<= 35 %"),
        "rework_rate": _condition("How many cases are reopened, edited after the fact or undone.", "<= 2 %"),
        "backlog": _condition("How many cases may wait.", "<= 40 cases"),
        "error_budget": form("How many cases may fail in a time.", lines.ERROR_BUDGET, "1 % of cases in 28 d"),
        "fails_like": text("What failing looks like.", "a copyleft licence is admitted as permissive"),
        "at_ten_products": text("What ten such products would need.", "reviewers are the limit, at 20 h a week"),
    }
    return block("How the work is done, as one would ask of a team.", WORKFLOW_KEYS, values, required=["done"])


def _condition(description: str, example: str) -> Schema:
    return form(description, lines.CONDITION, example)


# --- autonomy -------------------------------------------------------------------------------------


def autonomy() -> Schema:
    """The ladder, what is proved, and who watches."""
    return block("What the agent may do on which evidence.", AUTONOMY_KEYS, {**_ladder(), **_watching()})


def _ladder() -> dict[str, Schema]:
    return {
        "start": {"description": "The level at which each release begins.", **ref("level")},
        "ceiling": {"description": "The highest level that there is.", **ref("level")},
        "confidence": form("How sure a passed gate is, from 50 to 99.99 %.", line(CONFIDENCE), "95 %"),
        "false_alarm": form("How often a tripwire may ring in vain.", lines.FALSE_ALARM, "once in 10000 cases"),
        "claim": choice("What a passed gate claims.", (claim.value for claim in Claim)),
        "segments": named_lists("Groups of cases that a clause can hold for, one by one.", "language"),
        "gates": _by_level("The clauses that lead to each level.", LADDER[1:]),
        "tripwires": _by_level("The clauses that bring the agent down to each level.", LADDER),
    }


def _watching() -> dict[str, Schema]:
    step = form("Somebody and their time to answer.", lines.STEP, "reviewer within 4 h")
    shares = {
        "shared": form("How many approvals a second person is asked for, too.", lines.APPROVALS, "5 % of approvals"),
        "checks": form("How many questions are checks whose answer is known.", lines.APPROVALS, "2 % of approvals"),
    }
    fallback = "fall back to draft after 1 d without an approver"
    signing = ("signed by expert", "signed by owner and expert and data owners")
    return {
        "blind": _share("How often people decide before they see the proposal.", "blind", "20 % of cases at draft"),
        "audit": _share("How many cases are looked at after the fact.", "audit", "10 % of cases"),
        "escalate": {"description": "Who is asked, one after the other.", **one_or_many(step)},
        "expire": form("How long an approval may wait for a yes.", lines.EXPIRY, "after 5 d"),
        "calendar": form("When people work.", lines.CALENDAR, "Mon-Fri 09:00-17:00 Europe/Berlin"),
        "when_people_leave": form("What happens when nobody can approve.", lines.FALLBACK, fallback),
        "approvers": block("Whether people still look.", tuple(shares), shares, minProperties=1),
        "releases": form("Who signs each release of the agent.", lines.RELEASES, *signing),
    }


def _share(description: str, key: str, example: str) -> Schema:
    return one_or_many(form(description, lines.share(*SHARE_LEVELS[key]), example))


def _by_level(description: str, levels: Iterable[Level]) -> Schema:
    names = tuple(level.value for level in levels)
    return block(description, names, {name: one_or_many(ref("clause")) for name in names})


def named_lists(description: str, example: str) -> Schema:
    """Lists of plain values under names that the author chooses."""
    members: Schema = {
        "type": "array",
        "minItems": 1,
        "uniqueItems": True,
        "items": {"type": "string", "pattern": r"\S"},
    }
    return named(description, ARGUMENT_NAME.pattern, {"description": f"One list, e.g. '{example}'.", **members})


# --- technique ------------------------------------------------------------------------------------

_CALLED: Schema = {
    "anyOf": [
        {"type": "string", "not": {"const": "none"}},
        {"type": "array", "contains": {"not": {"const": "none"}}},
    ]
}


def technique() -> Schema:
    """What the agent is made of."""
    knowledge = {key: text(f"Its {key}.") for key in KNOWLEDGE_KEYS}
    values = {
        "model": text("Which model decides.", "nearest precedent, no language model"),
        "grounding": text("What its answers rest on.", "retrieval, citations required"),
        "knowledge": block("Where its knowledge comes from.", KNOWLEDGE_KEYS, knowledge),
        "memory": text("What it remembers between cases.", "none"),
        "evals": texts("Which evals run, and when.", "licence-goldset nightly"),
        "calls": _calls(),
    }
    return block("What the agent is made of.", TECHNIQUE_KEYS, values, required=["model"])


def _calls() -> Schema:
    values = {
        "agents": texts("Which other agents it calls, or none.", "none"),
        "depth": whole("How deep it may call, 0 to 10.", 0, 10, 0),
    }
    deep: dict[str, Json] = {"properties": {"depth": {"type": "integer", "minimum": 1}}, "required": ["depth"]}
    nobody: Json = {"not": {"properties": {"agents": _CALLED}, "required": ["agents"]}}
    rule: dict[str, Json] = {
        "if": deep,
        "then": {"properties": {"agents": _CALLED}, "required": ["agents"]},
        "else": nobody,
    }
    return block("Which other agents it calls.", ("agents", "depth"), values, **rule)


def texts(description: str, *examples: str) -> Schema:
    """One line of text, or a list of any length."""
    one = text(description, *examples)
    return {
        "description": description,
        "anyOf": [one, {"type": "array", "items": {"type": "string", "pattern": r"\S"}}],
    }
