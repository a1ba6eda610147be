"""
Rules of the whole organisation, beside every contract: CEL or Cedar in one file, versioned and signed.

Knows rules, how they are compiled, who signs them and which version is in force. Refuses to know contracts, levels and
what becomes of an action. Invariants: a rule only takes away; one that cannot be judged hits; nothing that two people
have not signed is in force; a version that this installation cannot read forbids everything.
"""

from goldenthread.control.rules.committing import SignedRules, load_rules, sign_rules
from goldenthread.control.rules.comparing import RuleChange, rules_difference
from goldenthread.control.rules.context import Context
from goldenthread.control.rules.fold import InForce, OrganisationRules, RulesVersion, judging, unjudged
from goldenthread.control.rules.laws import Law, laws_of, understood
from goldenthread.control.rules.model import CedarRules, Rule, RuleSet
from goldenthread.control.rules.reading import LARGEST_RULES, parse_rules, read_rules
from goldenthread.control.rules.signatures import RULES_KINDS, RULES_SIGNATURE, RulesProblem, rules_signatures

__all__ = [
    "LARGEST_RULES",
    "RULES_KINDS",
    "RULES_SIGNATURE",
    "CedarRules",
    "Context",
    "InForce",
    "Law",
    "OrganisationRules",
    "Rule",
    "RuleChange",
    "RuleSet",
    "RulesProblem",
    "RulesVersion",
    "SignedRules",
    "judging",
    "laws_of",
    "load_rules",
    "parse_rules",
    "read_rules",
    "rules_difference",
    "rules_signatures",
    "sign_rules",
    "understood",
    "unjudged",
]
