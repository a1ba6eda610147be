"""
The contract's form as a JSON Schema (2020-12), for editors and for programs that write contracts.

Knows every key, choice and one-line form that the reader knows, made from the reader's own tables and pieces.
Refuses to know rules C1 to C7, and whatever one line says of another: `NOT_SAID` lists that.
Invariant: what the reader takes, the schema takes, but for words of a choice with spaces around or between them.
"""

from __future__ import annotations

from goldenthread.promise.contract.pieces import ARGUMENT_NAME, PRINCIPAL_NAME
from goldenthread.promise.contract.reader import API_VERSION, KIND, RESERVED_SLICES, SLICE_NAME, TOP_KEYS
from goldenthread.promise.contract.schema import acting, lines, promising
from goldenthread.promise.contract.schema.pieces import S
from goldenthread.promise.contract.schema.shapes import Schema, block, choice, form, named, ref, text, whole
from goldenthread.promise.values import LADDER, Json

ADDRESS = "/contract.schema.json"
"""Where the console serves it."""

NOT_SAID: tuple[str, ...] = (
    "anchors, aliases, tags, merge keys, repeated keys, tabs, invisible signs, a second document, more than 64 KB",
    "text that looks like a number, a number that is written like none, a comment that cuts a line off",
    "that a name stands elsewhere in the file: a list of a limit, an argument, an action of a rule",
    "that two values go together: the units of a change or a cap, a review within its longest time",
    "that something is said only once in other words: a share of a level, a budget of the same, an action in a rule",
    "how long a time is at most, or that an office opens before it closes",
    "that an action does not undo itself, or share its name with a decision",
    "that an argument's type can be summed, compared or looked up, or that its key is always there",
    "that a rule on two people names actions with an effect",
)
"""What the reader refuses and no schema can say."""


def contract_schema() -> Schema:
    """The JSON Schema of a contract, version goldenthread/v1."""
    whole_file = block(
        "One page that says what must get better, who measures it, and what an agent may do on what evidence.",
        TOP_KEYS,
        {**_header(), **_parts()},
        required=["apiVersion", "kind", "slice", "version", "owner"],
    )
    unsaid: Json = "The reader also checks " + "; ".join(NOT_SAID) + "."
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{API_VERSION.replace('/', ':')}:{KIND}",
        "title": "A contract for an agent (goldenthread)",
        "$comment": unsaid,
        **whole_file,
        "$defs": _definitions(),
    }


def _header() -> dict[str, Schema]:
    person = rf"^{S}{PRINCIPAL_NAME.pattern}{S}$"
    product = rf"^{S}(?=\S{{1,63}}{S}$){PRINCIPAL_NAME.pattern}{S}$"
    reserved = "|".join(sorted(RESERVED_SLICES))
    slice_name = rf"^{S}(?=\S{{1,63}}{S}$)(?!(?:{reserved}){S}$){SLICE_NAME.pattern}{S}$"
    return {
        "apiVersion": {"description": "The form that the file is written in.", "const": API_VERSION},
        "kind": {"description": "What the file is.", "const": KIND},
        "slice": form("The slice of work, in small letters and hyphens.", slice_name, "open-source-intake"),
        "product": form("The product that the slice belongs to.", product, "customer-service"),
        "version": whole("Counts up by one with each version.", 1, 999_999_999, 1),
        "owner": form("Who answers for the business result.", person, "maya@example.com"),
        "expert": form("Who knows the work, and signs.", person, "open-source-lead@example.com"),
        "position": text("Where the work sits in workflow and organisation.", "open-source office, first review"),
        "volume": form("How many cases come.", lines.VOLUME_LINE, "120 cases per week"),
        "problem": text("Which problem it solves.", "Requests wait two days, and most are routine."),
        "for": text("Whose problem it is.", "developers who ask; the open-source office that answers"),
        "horizon": whole("1 is today's work.", 1, 3, 1),
        "approach": choice("Whether the agent keeps to fixed steps.", ("bound", "agentic")),
    }


def _parts() -> dict[str, Schema]:
    return {
        "outcome": promising.outcome(),
        "adoption": {"description": "How much of the work the agent takes over.", **ref("shift")},
        "workflow": promising.workflow(),
        "autonomy": promising.autonomy(),
        "lists": promising.named_lists("Values that limits name.", "allowed_licences"),
        "budgets": acting.budgets(),
        "rules": acting.rules(),
        "content": acting.content(),
        "actions": acting.actions(),
        "decisions": acting.decisions(),
        "technique": promising.technique(),
        "costs": acting.costs(),
    }


def _definitions() -> dict[str, Json]:
    shift = "cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops"
    clauses = (
        "agreement >= 85 %",
        "agent_time p90 <= 10 min",
        "cost <= 0.40 EUR/case cap 5 EUR",
        "rework_rate not above people by 1 %",
        "agreement >= 85 % in every language",
        "any policy_violation",
    )
    return {
        "shift": form("A metric, before, after, window and data owner.", lines.SHIFT, shift),
        "clause": form("A condition on one metric.", lines.CLAUSE, *clauses),
        "level": choice("How much the agent may do, lowest first.", (level.value for level in LADDER)),
        "time": form("A length of time.", lines.TIME_LINE, "5 s", "4 h", "2 d"),
        "price": form("An amount of money.", lines.PRICE_LINE, "0.02 EUR"),
        "fields": named("Names with their types.", ARGUMENT_NAME.pattern, choice("A type.", lines.FIELDS)),
    }
