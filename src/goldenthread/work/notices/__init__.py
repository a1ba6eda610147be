"""
Notices: what waits and what changed, told to people by e-mail, chat or whatever they use.

Knows who wants to hear of what, and how often; which of it is still true; how to say it in a line. Refuses to know what
a case is about, and to act: a link in a notice shows a page, and answers nothing. Invariants: a rule sends at most one
message in its time; nobody hears of a slice in which they hold no role; no address stands on the ledger, in a log or
in an error.
"""

from goldenthread.work.notices.links import Link, make_link, read_link
from goldenthread.work.notices.rules import (
    DEFAULT_TYPES,
    EVERY,
    FOLDER,
    NOTICE_KINDS,
    Rule,
    Rules,
    add_rule,
    load_rules,
    remove_rule,
)
from goldenthread.work.notices.services import Send, send, service_of
from goldenthread.work.notices.telling import RuleStanding, Told, rules_standing, send_test, tick
from goldenthread.work.notices.words import body, line, title

__all__ = [
    "DEFAULT_TYPES",
    "EVERY",
    "FOLDER",
    "NOTICE_KINDS",
    "Link",
    "Rule",
    "RuleStanding",
    "Rules",
    "Send",
    "Told",
    "add_rule",
    "body",
    "line",
    "load_rules",
    "make_link",
    "read_link",
    "remove_rule",
    "rules_standing",
    "send",
    "send_test",
    "service_of",
    "tick",
    "title",
]
