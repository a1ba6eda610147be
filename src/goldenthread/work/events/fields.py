"""What an event of any type may say."""

from __future__ import annotations

from collections.abc import Mapping

FIELDS: Mapping[str, tuple[str, str]] = {
    "slice": ("string", "The slice; absent for what concerns the whole organisation."),
    "record": ("string", "Where it stands on the ledger, as `refunds#41`."),
    "link": ("string", "The console's page about it, where GOLDENTHREAD_CONSOLE_URL says where the console is."),
    "case": ("string", "The case's pseudonym on the ledger, 32 hex digits; never its own name."),
    "run": ("string", "The run's id."),
    "decision": ("string", "The id of the decision about one action; the action keeps it to its end."),
    "call": ("integer", "The action's ordinal in its run, from 0."),
    "action": ("string", "The action's name in the contract; absent where a person decides the case unseen."),
    "fingerprint": ("string", "What the agent is made of, as a digest."),
    "agent": ("string", "The agent's name."),
    "contract_version": ("integer", "The version of the contract that it was held to."),
    "level": ("string", "The level it was decided at."),
    "verdict": ("string", "`allow`, `ask`, `draft` or `deny`; of a gate `promote`, `hold` or `demote`."),
    "clause": ("string", "The clause of the contract that decided; absent where `action` is."),
    "mode": ("string", "The trust mode, `cooperative` or `enforcing`."),
    "replay": ("boolean", "Whether the case was decided by people before, so that nothing has effect."),
    "source": ("string", "Where the case comes from: `live`, or `replay`."),
    "status": ("string", "How the run ended: `done`, `fault`, `superseded` and others."),
    "step": ("string", "The step of the agent, by name."),
    "path": ("string", "The way of doing it that was out of order, by name."),
    "item": ("string", "The id of the item in the inbox."),
    "kind": ("string", "`approval`, `blind question`, `escalation`, `in-doubt effect` or `in-doubt undo`."),
    "answer": ("string", "What the person said: `approve`, `edit`, `reject`, `answer`, `happened`, `did not happen`."),
    "undo": ("string", "The id of the order to take an effect back."),
    "due": ("string", "Until when it was to be answered or signed, ISO 8601."),
    "permit": ("string", "The permit's id."),
    "from": ("string", "The level before."),
    "to": ("string", "The level after."),
    "tripwire": ("string", "The clause of the tripwire that rang."),
    "suspends": ("boolean", "Whether the slice stands still from here on."),
    "tool": ("string", "The only tool that is stopped, by its action's name; absent where everything there is."),
    "product": ("string", "The only product that is stopped."),
    "stop": ("string", "The stop that may be lifted, by its place."),
    "version": ("integer", "The version of the contract, or of the organisation's rules."),
    "digest": ("string", "The digest of that version."),
    "role": ("string", "The role under which it was, or is to be, signed."),
    "breach": ("string", "What was broken: `takes`, `gives`, `within` or `tries`."),
    "choice": ("string", "The agent's own decision that broke its contract, by name."),
}
"""Every field that an event's data may have: its JSON type, and what it says."""
