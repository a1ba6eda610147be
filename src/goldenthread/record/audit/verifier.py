"""
Verify an audit export of goldenthread. Needs Python 3.11 and nothing else; read it before you trust it.

    python verify.py FOLDER [--checkpoint FILE ...] [--key HEX ...]

FOLDER is the export. --checkpoint names one that you, not the ledger's keeper, held; without any, those in the export
are used, which its maker could have made to fit. --key is a sealer's public key that you know from elsewhere.
Ends with 0 if everything holds, 1 if anything does not, 2 if there is nothing to verify.
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

GRANT, ANSWER, CHECKPOINT = (f"application/vnd.goldenthread.{of}+json" for of in ("principal", "answer", "checkpoint"))
INBOX = "application/vnd.goldenthread.inbox+json"
WORDS = [f"approval:{word}" for word in ("claim", "handover", "question", "release", "reply")]
STOP, UNDO, OUTCOME, INCIDENT = (
    f"application/vnd.goldenthread.{of}+json" for of in ("stop", "undo", "outcome", "incident")
)
PRODUCT = re.compile(r"""^["']?product["']?[ \t]*:[ \t]*["']?([A-Za-z0-9][A-Za-z0-9._+@-]*)""", re.MULTILINE)
SIGN_OFF, SUBSCRIPTION, NOTICE, COSTS = (
    f"application/vnd.goldenthread.{of}+json" for of in ("sign-off", "subscription", "notice", "costs")
)
STATEMENT = "application/vnd.in-toto+json"
FIELDS = {"v", "chain", "seq", "at", "kind", "by", "data", "prev"}
PERSON_ROLES = {"administrator", "owner", "expert", "data-owner", "approver", "auditor", "sealer"}
PERSON_ROLES |= {"engineer", "leader", "viewer"}
SERVICE_ROLES = {"sealer", "auditor", "tool", "task", "telemetry"}
OTHER_ROLES = {"data-owner": {"data-owner", "auditor"}, "service": SERVICE_ROLES, "agent": {"agent"}}
ROLES_OF_KIND = {"person": PERSON_ROLES, **OTHER_ROLES}
Record = dict[str, Any]
Finding = tuple[str, int, int, str]  # chain, first and last record, what is wrong


class Wrong(Exception):
    """Something that does not hold, in words."""


MALFORMED = (Wrong, ValueError, KeyError, TypeError, AttributeError)


# --- ed25519 (RFC 8032, 5.1.7), points in extended coordinates --------------------------------------------------------

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]


def plus(p: Point, q: Point) -> Point:
    """The sum of two points."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(s: int, p: Point) -> Point:
    """A multiple of a point."""
    total: Point = (0, 1, 1, 0)
    while s:
        total, p, s = plus(total, p) if s & 1 else total, plus(p, p), s >> 1
    return total


def decompress(raw: bytes) -> Point:
    """The point that 32 bytes stand for."""
    sign, y = divmod(int.from_bytes(raw, "little"), 1 << 255)
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    x = x if (x * x - x2) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    if len(raw) != 32 or y >= P or (x * x - x2) % P or (x == 0 and sign):
        raise Wrong("a public key is no point of the curve")
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


def compress(p: Point) -> bytes:
    """The 32 bytes that stand for a point."""
    x, y = p[0] * pow(p[2], -1, P) % P, p[1] * pow(p[2], -1, P) % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decompress(bytes.fromhex("58" + "66" * 31))


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of the key signed the message."""
    (x, y, z, t), s = decompress(key), int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    expected = compress(plus(times(s, BASE), times(h, (P - x, y, z, P - t))))
    return len(signature) == 64 and s < L and expected == signature[:32]


def demo_key(name: str) -> str:
    """The demo's public key of a name: derived from a published constant, so worth nothing outside the demo."""
    extracted = hmac.digest(bytes(32), b"goldenthread demo keys: published on purpose, never trust them", "sha256")
    seed = hmac.digest(extracted, b"ed25519:" + name.encode() + b"\x01", "sha256")
    s = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return compress(times(s, BASE)).hex()


def unambiguous(pairs: list[tuple[str, Any]]) -> Record:
    """A JSON object in which no key appears twice."""
    if len(dict(pairs)) != len(pairs):
        raise Wrong("a key appears twice in one object")
    return dict(pairs)


def unseal(envelope: Any, key: str, kind: str) -> Any:
    """The payload of a DSSE envelope, if exactly this key signed it as this kind of thing."""
    payload, given = base64.b64decode(envelope["payload"], validate=True), envelope["payloadType"]
    (signature,) = envelope["signatures"]
    message = b"DSSEv1 %d %b %d %b" % (len(given.encode()), given.encode(), len(payload), payload)
    genuine = is_signed(bytes.fromhex(key), message, base64.b64decode(signature["sig"], validate=True))
    if not genuine or signature["keyid"] != key or given != kind:
        raise Wrong(f"it is not signed with the key {key[:16]}..., or not as {kind}")
    return json.loads(payload, object_pairs_hook=unambiguous)


# --- records: hashes, links, columns, heads, checkpoints --------------------------------------------------------------


def sha256(content: bytes) -> str:
    """The hash in hex."""
    return hashlib.sha256(content).hexdigest()


def parsed(body: bytes) -> Record:
    """What a record's bytes say; nothing if they are no record."""
    try:
        record = json.loads(body)
        fine = set(record) == FIELDS and record["v"] == 1 and type(record["seq"]) is int
    except (ValueError, TypeError):
        return {}
    return {**record, "hash": sha256(body)} if fine else {}


def own_fault(row: Record, record: Record, actual: str) -> str:
    """What is wrong with a row in itself; '' if nothing."""
    if not record:
        return "its bytes are no record."
    if actual != row["hash"]:
        return "its bytes do not have the hash that is stored with them."
    if (record["chain"], record["seq"]) != (row["chain"], row["seq"]):
        return f"its bytes say that it is {record['chain']} {record['seq']}."
    wrong = [column for column in ("kind", "by", "at") if record[column] != row[column]]
    return f"its column '{wrong[0]}' says other than its bytes." if wrong else ""


def blamed(links: list[tuple[int, bool, bool]]) -> list[int]:
    """
    Whose fault each broken link is, given (record, is its link broken, does it say that it stood further down).

    Broken on both sides, the record between is bad. Broken once, the earlier one was changed and hashed anew, unless
    the later one says that records before it are gone.
    """
    faults, explained = [], False
    for (seq, broken, moved_up), (_, next_broken, _) in pairwise([*links, (0, False, False)]):
        if broken and not explained:
            faults.append(seq if next_broken or moved_up else max(seq - 1, 1))
        explained = broken and next_broken and not explained
    return faults


def check_chain(name: str, rows: list[Record], head: list[Any], heads: list[Any]) -> tuple[list[Finding], list[Record]]:
    """What is wrong with a chain, by record, and its records; `heads` is what each checkpoint says of it, in order."""
    bad: dict[int, Finding] = {}
    seq, before, links, hashes, records = 0, "", [], {0: ""}, []
    for row in rows:
        body = base64.b64decode(row["body"])
        record, actual, after = parsed(body), sha256(body), row["seq"] == seq + 1
        if row["seq"] > seq + 1:
            bad.setdefault(seq + 1, (name, seq + 1, row["seq"] - 1, f"dropped; the next one there is {row['seq']}."))
        fault = own_fault(row, record, actual) if row["seq"] > seq else "it is there twice, or out of order."
        if fault:
            bad.setdefault(row["seq"], (name, row["seq"], row["seq"], fault))
        broken = bool(after and record) and record["prev"] != before
        links.append((row["seq"], broken, broken and record["seq"] > row["seq"]))
        seq, before, hashes[row["seq"]] = row["seq"], actual, actual
        records += [record] if record else []
    for fault_at in blamed(links):
        bad.setdefault(fault_at, (name, fault_at, fault_at, "it is not the record that was chained here."))
    if head[0] > seq:
        bad.setdefault(seq + 1, (name, seq + 1, head[0], "cut off; the head table still counts them."))
    elif head[0] < seq:
        first = head[0] + 1 if head[0] else seq
        bad.setdefault(first, (name, first, seq, "added past the head, or the head table does not know this chain."))
    elif head[1] != before and seq not in bad:
        bad[seq] = (name, seq, seq, "the head table has another hash for it.")
    return [*bad.values(), *against_checkpoints(name, seq, hashes, set(bad), heads)], records


def against_checkpoints(name: str, tail: int, hashes: dict[int, str], bad: set[int], heads: list[Any]) -> list[Finding]:
    """The first interval between checkpoints in which records are not those that were signed, if any."""
    agreed, since = 0, "the beginning"
    for number, at, (seq, expected) in heads:
        named = f"checkpoint {number} of {at}"
        if seq > tail:
            return [(name, tail + 1, seq, f"gone; {named} saw them. The tail was cut, or an older backup restored.")]
        if hashes.get(seq) == expected:
            agreed, since = seq, named
        elif not any(agreed < one <= seq for one in bad):
            words = f"something between {since} and {named} was changed and everything after it hashed anew."
            return [(name, agreed + 1, seq, words)]
    return []


def read_checkpoints(files: list[Path], keys: set[str]) -> tuple[list[Record], list[Finding]]:
    """The checkpoints that a sealer signed, by number, and what is wrong with the others or between them."""
    found, bad = [], []
    for file in files:
        try:
            envelope = json.loads(file.read_text())
            (keyid,) = (signature["keyid"] for signature in envelope["signatures"])
            said = unseal(envelope, keyid, CHECKPOINT)
            if keyid not in keys:
                raise Wrong(f"the key {keyid[:16]}... is no sealer's")
            found.append({**said, "digest": "sha256:" + sha256(base64.b64decode(envelope["payload"]))})
        except (OSError, *MALFORMED) as problem:
            bad.append(("", 0, 0, f"{file.name} does not count: {problem}."))
    found.sort(key=lambda one: one["number"])
    for old, new in pairwise(found):
        follows = new["previous"] == old["digest"] or new["number"] > old["number"] + 1
        if new["digest"] != old["digest"] and not (follows and new["number"] > old["number"]):
            bad.append(("", 0, 0, f"checkpoint {new['number']} does not follow this checkpoint {old['number']}."))
        shrunk = [chain for chain, (seq, _) in old["heads"].items() if new["heads"].get(chain, [0])[0] < seq]
        bad += [("", 0, 0, f"{chain} shrank before checkpoint {new['number']}.") for chain in shrunk]
    return found, bad


# --- rights -----------------------------------------------------------------------------------------------------------


class Rights:
    """Who held which key and roles, from which moment on: the organisation's chain, believed only where signed."""

    def __init__(self, records: list[Record]) -> None:
        """Fold the chain from its first record."""
        self.now: dict[str, Record] = {}
        self.past: dict[str, list[tuple[datetime, Record]]] = {}
        self.held, self.retired, self.sealers = dict[str, str](), set[str](), set[str]()
        self.demo, self.organisation, self.bad = False, "", list[Finding]()
        at = datetime.min.replace(tzinfo=UTC)
        for record in (one for one in records if str(one["kind"]).startswith("principal:")):
            try:
                if record["kind"] in ("principal:leave", "principal:return") and self.absent(record):
                    continue
                name, state = self.changed(record)
                at = max(at, datetime.fromisoformat(record["at"]))
                self.now[name] = state
                self.past.setdefault(name, []).append((at, state))
                self.sealers |= {state["key"] for role, _ in state["roles"] if role == "sealer"}
            except MALFORMED as problem:
                self.bad.append((record["chain"], record["seq"], record["seq"], f"it changes nothing: {problem}."))
        self.stops = [one for one in records if str(one["kind"]).startswith("stop:")]
        everywhere = Stops("organisation", self)
        for record in self.stops:
            everywhere.hear(record)
        self.bad += everywhere.bad

    def changed(self, record: Record) -> tuple[str, Record]:
        """Whom the record changes, and into what, if an administrator of that moment signed it for this place."""
        said, by, first = record["data"], record["by"], record["kind"] == "principal:bootstrap"
        granter = self.now.get(by, {"roles": set()})
        if (record["seq"] != 1 or said["name"] != by) if first else ("administrator", "*") not in granter["roles"]:
            raise Wrong(f"'{by}' was no administrator then")
        self.signed_here(record, said["public_key"] if first else granter["key"])
        if first:
            self.demo, self.organisation = said["demo"] is True, record["hash"]
        return said["name"], self.revoked(said) if record["kind"] == "principal:revoke" else self.granted(said)

    def signed_here(self, record: Record, key: str) -> None:
        """Wrong unless whoever has the key signed what the record says, for its place."""
        said, place = record["data"], {"record": record["kind"], **{of: record[of] for of in ("seq", "prev", "by")}}
        if {**unseal(said["envelope"], key, GRANT), "envelope": said["envelope"]} != said or {**said, **place} != said:
            raise Wrong(f"it does not say what '{record['by']}' signed for this place")

    def absent(self, record: Record) -> bool:
        """Whether an absence, or its end, was said by themselves, an owner of a slice of theirs or an administrator."""
        by, name = self.now[record["by"]], self.now[record["data"]["name"]]
        self.signed_here(record, by["key"])
        may = {("owner", "*"), ("administrator", "*"), *(("owner", scope) for _, scope in name["roles"])} & by["roles"]
        if (may or by is name) and all(one["kind"] == "person" and not one["revoked"] for one in (by, name)):
            return True
        raise Wrong(f"'{record['by']}' could not say when '{record['data']['name']}' is away")

    def granted(self, said: Record) -> Record:
        """The principal after a grant."""
        name, key, kind = said["name"], said["public_key"], said["kind"]
        before = self.now.get(name, {"roles": set(), "key": key, "kind": kind, "revoked": False})
        roles = {(role["role"], role["slice"]) for role in said["roles"]}
        person = self.now.get(said["responsible"], {"kind": "", "revoked": True})
        if before["kind"] != kind or not {role for role, _ in roles} <= ROLES_OF_KIND[kind]:
            raise Wrong(f"'{name}' is of another kind, or a {kind} cannot hold that role")
        if kind == "agent" and (person["kind"] != "person" or person["revoked"]):
            raise Wrong(f"no person on record answers for agent '{name}'")
        if len(key) != 64 or set(key) - set("0123456789abcdef"):
            raise Wrong("its key is none")
        if self.held.get(key, name) != name or key in self.retired:
            raise Wrong(f"the key {key[:16]}... is another's, or was given up")
        if not self.demo and key in {demo_key(one) for one in (name, *self.now)}:
            raise Wrong(f"the key {key[:16]}... is a demo key, which everybody can compute")
        self.retired |= {before["key"]} - {key}
        self.held[key] = name
        kept = set() if before["revoked"] else before["roles"]
        return {"kind": kind, "key": key, "roles": kept | roles, "responsible": said["responsible"], "revoked": False}

    def revoked(self, said: Record) -> Record:
        """The principal after a revocation."""
        state = self.now[said["name"]]
        if said["roles"] is not None:
            return {**state, "roles": state["roles"] - {(role["role"], role["slice"]) for role in said["roles"]}}
        self.retired.add(state["key"])
        return {**state, "roles": set(), "revoked": True}

    def standing(self, name: str, at: str) -> Record:
        """Who somebody was at that moment; wrong if they were nobody, or nobody any more."""
        states = [state for since, state in self.past.get(name, []) if since <= datetime.fromisoformat(at)]
        if not states or states[-1]["revoked"]:
            raise Wrong(f"'{name}' was nobody then")
        return states[-1]

    def holding(self, name: str, at: str, roles: set[str], slice_name: str) -> Record:
        """Who somebody was at that moment, if they held one of the roles in that slice then."""
        states = [state for since, state in self.past.get(name, []) if since <= datetime.fromisoformat(at)]
        if not states or not any((role, scope) in states[-1]["roles"] for role in roles for scope in ("*", slice_name)):
            raise Wrong(f"'{name}' was not {' or '.join(sorted(roles))} of '{slice_name}' then")
        return states[-1]


# --- stops ------------------------------------------------------------------------------------------------------------


def named(data: Record, key: str) -> str | None:
    """What a stop names; None where it names nothing, and so stops more."""
    found = data.get(key)
    return found if isinstance(found, str) and found.strip() else None


class Stops:
    """What stands still by the records of one chain: anybody's stop holds, and it takes two signed words to lift it."""

    def __init__(self, chain: str, rights: Rights) -> None:
        """Nothing is stopped."""
        self.chain, self.rights, self.where = chain, rights, "*" if chain == "organisation" else chain
        self.now: dict[str, tuple[str | None, str | None]] = {}  # tool and product that each stops, None for all
        self.asked: dict[str, list[Record]] = {}
        self.bad, self.seq = list[Finding](), 0

    def hear(self, record: Record) -> None:
        """A stop, or a word to lift one."""
        kind, seq, data = record["kind"], record["seq"], record["data"] if isinstance(record["data"], dict) else {}
        if kind in {"stop:set", "slice:suspend"} or (kind == "level:change" and data.get("suspends")):
            product = named(data, "product") if self.where == "*" else None
            self.now[f"{self.chain}#{seq}"] = named(data, "tool"), product.strip().lower() if product else None
        elif kind != "stop:lift":
            return
        self.seq = seq
        try:
            if kind == "stop:lift" and data["stop"] in self.now:
                self.lift(data["stop"], record)
        except MALFORMED as problem:
            self.bad.append((self.chain, seq, seq, f"it lifts nothing: {type(problem).__name__}: {problem}."))

    def lift(self, stop: str, record: Record) -> None:
        """The second of two people within a day lifts it, if one of them leads there."""
        leads = self.leads(record, record["at"])
        for one in self.asked.get(stop, []):
            between = datetime.fromisoformat(record["at"]) - datetime.fromisoformat(one["at"])
            if one["by"] == record["by"] or between > timedelta(days=1):
                continue
            try:
                other = self.leads(one, record["at"])
            except Wrong:
                continue
            if leads or other:
                del self.now[stop]
                return
        self.asked.setdefault(stop, []).append(record)

    def leads(self, record: Record, at: str) -> bool:
        """Whether the word is of somebody whom it takes; wrong unless it was said so, and counts at that moment."""
        by, data, may = record["by"], record["data"], {"owner", "approver", "administrator"}
        then = self.rights.holding(by, record["at"], may, self.where)
        state = self.rights.holding(by, at, may, self.where)
        place = {"organisation": self.rights.organisation, "chain": self.chain, "seq": record["seq"]}
        said = {"record": "stop:lift", **place, "stop": data["stop"], "reason": data["reason"]}
        if unseal(data["envelope"], then["key"], STOP) != said or state["kind"] != "person":
            raise Wrong(f"it does not say what '{by}' signed for this place, or '{by}' is no person")
        leading = "administrator" if self.where == "*" else "owner"
        return not state["roles"].isdisjoint({(leading, "*"), (leading, self.where)})


# --- subscriptions, notices -------------------------------------------------------------------------------------------


class Outlets:
    """Where events and notices go, and what money is worth: each is signed, for its place, by somebody who might."""

    def __init__(self, rights: Rights, records: list[Record]) -> None:
        """Read the organisation's chain from its first record."""
        self.rights, self.bad = rights, list[Finding]()
        self.slices: dict[str, list[str]] = {}  # of each subscription
        self.people: dict[str, str] = {}  # whom each rule for notices tells
        for record in records:
            room, _, what = str(record["kind"]).partition(":")
            if room not in {"subscription", "notice", "costs"}:
                continue
            try:
                checks = {"subscription": self.subscription, "notice": self.notice, "costs": self.costs}
                checks[room](record, record["data"], new=what == "add")
            except MALFORMED as problem:
                words = f"{type(problem).__name__}: {problem}" if not isinstance(problem, Wrong) else problem
                where = record["chain"], record["seq"], record["seq"]
                self.bad.append((*where, f"{record['kind']} does not hold: {words}."))

    def subscription(self, record: Record, data: Record, *, new: bool) -> None:
        """A person who is owner of each slice that it reaches, or administrator, lets events out."""
        id, by, at = data["subscription"], record["by"], record["at"]
        if new and (id in self.slices or not data["slices"]):
            raise Wrong(f"the subscription {id} was made before, or reaches nothing")
        for slice_name in data["slices"] if new else self.slices[id]:
            if self.rights.holding(by, at, {"owner", "administrator"}, slice_name)["kind"] != "person":
                raise Wrong(f"'{by}' is no person")
        self.signed(record, SUBSCRIPTION)
        if new:
            self.slices[id] = data["slices"]

    def notice(self, record: Record, data: Record, *, new: bool) -> None:
        """A person is told by their own word, or an administrator's."""
        id, by, at = data["rule"], record["by"], record["at"]
        if new and id in self.people:
            raise Wrong(f"the rule {id} was made before")
        person = data["person"] if new else self.people[id]
        if by != person:
            self.rights.holding(by, at, {"administrator"}, "*")
        if self.rights.standing(person, at)["kind"] != "person":
            raise Wrong(f"'{person}' is no person")
        self.signed(record, NOTICE)
        if new:
            self.people[id] = person

    def costs(self, record: Record, data: Record, *, new: bool) -> None:
        """Prices and exchange rates are stated by who answers for all of it."""
        self.rights.holding(record["by"], record["at"], {"owner", "administrator", "data-owner"}, "*")
        self.signed(record, COSTS)

    def signed(self, record: Record, kind: str) -> None:
        """Wrong unless whoever wrote it signed what it says for this place."""
        by, data = record["by"], {key: value for key, value in record["data"].items() if key != "envelope"}
        said = {"record": record["kind"], "organisation": self.rights.organisation, "seq": record["seq"], **data}
        if unseal(record["data"]["envelope"], self.rights.standing(by, record["at"])["key"], kind) != said:
            raise Wrong(f"it does not say what '{by}' signed for this place")


# --- contracts, answers, permits --------------------------------------------------------------------------------------


class Slice:
    """What happened in one slice: signatures under its contract, answers of people, permits and effects."""

    def __init__(self, chain: str, rights: Rights, records: list[Record]) -> None:
        """Read the chain from its first record."""
        self.chain, self.rights, self.bad, self.answers = chain, rights, list[Finding](), 0
        self.digests: dict[int, str] = {}
        self.products: set[str] = set()  # that any version names, whatever later ones say
        self.signers: dict[int, dict[str, str]] = {}
        self.releases: dict[str, dict[str, str]] = {}  # fingerprint declared: who signed it, and as what
        self.agents: dict[str, str] = {}
        self.permits: dict[str, str] = {}
        self.undos: dict[str, str] = {}
        self.actions: dict[str, str] = {}
        self.apart: set[str] = set()  # questions that nobody executes
        self.incidents: set[str] = set()  # that nobody has closed
        self.place: Record = {}  # of the record that is being read
        self.alone: set[str] = set()  # agents that nobody was there to answer for
        self.stops, self.everywhere, self.unheard = Stops(chain, rights), Stops("organisation", rights), [*rights.stops]
        checks = {
            "contract:version:commit": self.commit,
            "contract:version:sign": self.sign,
            "agent:fingerprint:declare": self.declare,
            "release:sign": self.sign_release,
            "release:ask": self.ask_release,
            "release:refuse": self.refuse_release,
            "contract:version:ask": self.ask,
            "contract:version:refuse": self.refuse,
            "coverage:lost": self.lose_cover,
            "coverage:back": self.find_cover,
            "run:start": self.start,
            "action:decide": self.decide,
            "approval:answer": self.answer,
            **dict.fromkeys(WORDS, self.word),
            "incident:open": self.open_incident,
            **dict.fromkeys(("incident:add", "incident:recover"), self.follow_incident),
            **dict.fromkeys(("incident:take", "incident:note", "incident:close"), self.say_of_incident),
            **dict.fromkeys(
                ("outcome:source", "outcome:baseline", "outcome:holdout", "outcome:status-quo"), self.stated
            ),
            "vigilance:ask": self.ask_apart,
            "vigilance:answer": self.answer_apart,
            "permit:consume": self.consume,
            "action:effect": self.effect,
            "undo:order": self.order_undo,
            "undo:begin": self.begin_undo,
            "undo:end": self.end_undo,
        }
        for record in records:
            self.stops.hear(record)
            if str(record["kind"]) not in checks:
                continue
            self.place = {"record": record["kind"], "organisation": rights.organisation, "seq": record["seq"]}
            try:
                checks[record["kind"]](record["by"], record["at"], record["data"])
            except MALFORMED as problem:
                words = f"{type(problem).__name__}: {problem}" if not isinstance(problem, Wrong) else problem
                self.bad.append((chain, record["seq"], record["seq"], f"{record['kind']} does not hold: {words}."))
        self.bad = sorted([*self.bad, *self.stops.bad])

    def commit(self, by: str, at: str, data: Record) -> None:
        """A contract's text has the digest that people sign."""
        if "sha256:" + sha256(data["text"].encode()) != data["digest"]:
            raise Wrong("the contract's text does not have the digest that is recorded with it")
        self.digests[data["version"]] = data["digest"]
        self.products |= {name.lower() for name in PRODUCT.findall(data["text"])}

    def sign(self, by: str, at: str, data: Record) -> None:
        """A signature is under this text, by somebody who held that role then, in one role only."""
        version, role, digest = data["version"], data["role"], self.digests[data["version"]]
        signer = self.rights.holding(by, at, {role} & {"owner", "expert", "data-owner"}, self.chain)
        expected = self.statement("contract", f"{self.chain}@{version}", digest, {"role": role, "signer": by})
        if unseal(data["envelope"], signer["key"], STATEMENT) != expected or data["digest"] != digest:
            raise Wrong(f"'{by}' signed something else than version {version}")
        if self.signers.setdefault(version, {}).setdefault(by, role) != role:
            raise Wrong(f"'{by}' holds two signing roles on version {version}")

    def statement(self, of: str, name: str, digest: str, predicate: Record) -> Record:
        """What people sign of a version of the contract, or of a release."""
        return {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}],
            "predicateType": f"urn:goldenthread:{of}-signature:v1",
            "predicate": {**predicate, "organisation": self.rights.organisation},
        }

    def declare(self, by: str, at: str, data: Record) -> None:
        """A release of an agent, which nobody has signed yet."""
        self.releases.setdefault(data["fingerprint"], {})

    def sign_release(self, by: str, at: str, data: Record) -> None:
        """A signature is on a release that was declared, for this place, by somebody who held that role then."""
        version, role, signed = data["version"], data["role"], self.releases[data["fingerprint"]]
        signer = self.rights.holding(by, at, {role} & {"owner", "expert", "data-owner"}, self.chain)
        contract = {"version": version, "digest": self.digests[version]}
        said = {"role": role, "signer": by, "contract": contract, "seq": self.place["seq"]}
        expected = self.statement("release", self.chain, data["fingerprint"], said)
        if unseal(data["envelope"], signer["key"], STATEMENT) != expected:
            raise Wrong(f"'{by}' signed something else than the release {data['fingerprint'][:19]}... for this place")
        if self.signers[version].get(by) != role:
            raise Wrong(f"'{by}' did not sign version {version} of the contract as {role}")
        signed[by] = role

    def ask_release(self, by: str, at: str, data: Record) -> None:
        """The guard asks when a release is declared; later a person who may."""
        if by != "goldenthread" or "envelope" in data:
            self.ask(by, at, data)

    def refuse_release(self, by: str, at: str, data: Record) -> None:
        """Whoever wrote it, it only ever holds a release; but only who could sign refuses."""
        self.releases[data["fingerprint"]].pop(by, None)
        self.refuse(by, at, data)

    def ask(self, by: str, at: str, data: Record) -> None:
        """Somebody who may ask for signatures asked for this one."""
        self.sign_off(by, self.rights.holding(by, at, {"owner", "expert", "administrator"}, self.chain), data)

    def refuse(self, by: str, at: str, data: Record) -> None:
        """Only who could sign refuses, and only for themselves."""
        if data["name"] != by:
            raise Wrong(f"'{by}' refuses in the name of '{data['name']}'")
        self.sign_off(by, self.rights.holding(by, at, {"owner", "expert", "data-owner"}, self.chain), data)

    def sign_off(self, by: str, who: Record, data: Record) -> None:
        """What is said of a signature is signed for this text and this place."""
        about = {key: value for key, value in data.items() if key != "envelope"}
        if unseal(data["envelope"], who["key"], SIGN_OFF) != {**self.place, "slice": self.chain, **about}:
            raise Wrong(f"it does not say what '{by}' signed for this place")
        about_text = self.place["record"].startswith("contract:")
        if about_text and data["digest"] != self.digests[data["version"]]:
            raise Wrong(f"it is about another text than that of version {data['version']}")

    def lose_cover(self, by: str, at: str, data: Record) -> None:
        """Nobody signs this: the guard alone writes it."""
        if by != "goldenthread":
            raise Wrong(f"'{by}' wrote it, and only the guard may")
        self.alone.add(data["agent"])

    def find_cover(self, by: str, at: str, data: Record) -> None:
        """The guard alone writes it, of an agent that was left alone."""
        if by != "goldenthread" or data["agent"] not in self.alone:
            raise Wrong(f"it is not the guard's, or '{data['agent']}' was not left alone")
        self.alone.remove(data["agent"])

    def start(self, by: str, at: str, data: Record) -> None:
        """Whose run it is."""
        self.agents[data["run"]] = by

    def decide(self, by: str, at: str, data: Record) -> None:
        """Only what was allowed has a permit."""
        self.look(data)
        if data.get("permit") is not None:
            self.issue(data["permit"], allowed=data["verdict"] == "allow")

    def answer(self, by: str, at: str, data: Record) -> None:
        """An answer is signed by a person who may give it and does not answer for the agent."""
        if data["item"] in self.apart:
            raise Wrong("it answers a check or a second question, and nothing may come of these")
        person = self.rights.holding(by, at, {"approver", "owner", "expert"}, self.chain)
        payload = unseal(data["envelope"], person["key"], ANSWER)
        if {**data, **payload} != data or not set(data) - set(payload) <= {"run", "case", "envelope"}:
            raise Wrong(f"it does not say what '{by}' signed")
        agent = self.rights.holding(self.agents[data["run"]], at, {"agent"}, self.chain)
        if person["kind"] != "person" or agent["responsible"] == by:
            raise Wrong(f"'{by}' answers for the agent, or is no person")
        if data.get("permit") is not None:
            self.issue(data["permit"], allowed=data["answer"] in {"approve", "edit"})
        self.answers += 1

    def word(self, by: str, at: str, data: Record) -> None:
        """What somebody says of an item beside answering it is signed by them; an agent replies of its own run."""
        if "envelope" not in data and self.agents[data["run"]] == by:
            return
        states = [state for since, state in self.rights.past[by] if since <= datetime.fromisoformat(at)]
        payload = unseal(data["envelope"], states[-1]["key"] if states else "", INBOX)
        if {**data, **payload} != data or set(data) - set(payload) != {"run", "case", "envelope"}:
            raise Wrong(f"it does not say what '{by}' signed")

    def stated(self, by: str, at: str, data: Record) -> None:
        """What a data owner says of an outcome, or an owner of a holdout, is signed for exactly this place."""
        roles = {"outcome:holdout": {"owner"}, "outcome:status-quo": {"data-owner", "owner"}}
        owner = self.rights.holding(by, at, roles.get(self.place["record"], {"data-owner"}), self.chain)
        said = {name: value for name, value in data.items() if name != "envelope"}
        expected = {**self.place, "slice": self.chain, **said}
        if unseal(data["envelope"], owner["key"], OUTCOME) != expected:
            raise Wrong(f"it does not say what '{by}' signed of an outcome")

    def open_incident(self, by: str, at: str, data: Record) -> None:
        """Nobody signs this: the guard alone writes it."""
        if by != "goldenthread":
            raise Wrong(f"'{by}' wrote it, and only the guard may")
        self.incidents.add(f"{self.chain}#{self.place['seq']}")

    def follow_incident(self, by: str, at: str, data: Record) -> None:
        """The guard adds to an incident that is open, and sees its end; a person may say the latter."""
        if by != "goldenthread" and self.place["record"] == "incident:recover":
            self.say_of_incident(by, at, data)
        elif by != "goldenthread" or data["incident"] not in self.incidents:
            raise Wrong(f"it is not the guard's, or {data['incident']} is not open")

    def say_of_incident(self, by: str, at: str, data: Record) -> None:
        """What somebody says of an incident that is open is signed for its place; only two roles close one."""
        closes, roles = self.place["record"] == "incident:close", {"owner", "expert"}
        more = set() if closes else {"approver", "administrator", "data-owner"}
        more |= {"auditor"} if self.place["record"] == "incident:note" else set()
        who = self.rights.holding(by, at, roles | more, self.chain)
        said = {**self.place, "slice": self.chain, **{of: value for of, value in data.items() if of != "envelope"}}
        if unseal(data["envelope"], who["key"], INCIDENT) != said or who["kind"] not in {"person", "data-owner"}:
            raise Wrong(f"it does not say what '{by}' signed of an incident")
        if data["incident"] not in self.incidents:
            raise Wrong(f"{data['incident']} is not open")
        self.incidents -= {data["incident"]} if closes else set()

    def ask_apart(self, by: str, at: str, data: Record) -> None:
        """A check, or what a second person is asked too: nobody executes it."""
        self.apart.add(data["item"])

    def answer_apart(self, by: str, at: str, data: Record) -> None:
        """It is signed by a person who may answer, and permits nothing."""
        person = self.rights.holding(by, at, {"approver", "owner", "expert"}, self.chain)
        payload = unseal(data["envelope"], person["key"], ANSWER)
        if {**data, **payload} != data or data["by"] != by or data["item"] not in self.apart or "permit" in data:
            raise Wrong(f"it does not say what '{by}' signed of a question that nobody executes")

    def issue(self, permit: Record, *, allowed: bool) -> None:
        """A permit has the digest of its terms."""
        terms = {key: value for key, value in permit.items() if key not in {"id", "digest"}}
        canonical = json.dumps(terms, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if not allowed or "sha256:" + sha256(canonical.encode()) != permit["digest"]:
            raise Wrong("nothing allows the permit, or its terms do not have its digest")
        self.permits[permit["id"]] = "issued"
        self.actions[permit["id"]] = permit["action"]

    def consume(self, by: str, at: str, data: Record) -> None:
        """A permit is used once, after it was issued, and not while anything known here stopped it."""
        self.look(data)
        if self.permits.get(data["permit"]) != "issued":
            raise Wrong(f"permit {data['permit']} was used before, or never issued")
        self.permits[data["permit"]] = "consumed"
        for stop, (tool, product) in (*self.stops.now.items(), *self.everywhere.now.items()):
            if tool in {None, self.actions[data["permit"]]} and product in {None, *self.products}:
                raise Wrong(f"permit {data['permit']} was used while {stop} stopped it")

    def look(self, data: Record) -> None:
        """What was known to be stopped everywhere only grows."""
        seen = data.get("stops", 0)
        while self.unheard and self.unheard[0]["seq"] <= seen:
            self.everywhere.hear(self.unheard.pop(0))
        if seen != self.everywhere.seq:
            raise Wrong(f"it knew of stops up to {seen}, and a record before it up to {self.everywhere.seq}")

    def effect(self, by: str, at: str, data: Record) -> None:
        """No effect without a permit that was used for it."""
        if self.permits.get(data["permit"]) != "consumed":
            raise Wrong(f"no permit {data['permit']} was used for it")

    def order_undo(self, by: str, at: str, data: Record) -> None:
        """Taking back is signed by a person who may order it; an order is given once."""
        person = self.rights.holding(by, at, {"approver", "owner", "expert"}, self.chain)
        payload = unseal(data["envelope"], person["key"], UNDO)
        if {**data, **payload} != data or not set(data) - set(payload) <= {"run", "case", "envelope"}:
            raise Wrong(f"it does not say what '{by}' signed")
        if person["kind"] != "person" or data["undo"] in self.undos:
            raise Wrong(f"'{by}' is no person, or the order was given before")
        self.undos[data["undo"]] = "again" if data["keyed"] else "ordered"

    def begin_undo(self, by: str, at: str, data: Record) -> None:
        """Nothing is taken back without an order; twice only where the tool takes an idempotency key."""
        self.look(data)
        if self.undos.get(data["undo"]) not in {"ordered", "again"}:
            raise Wrong(f"no order {data['undo']} asks for it now")
        if self.undos[data["undo"]] == "ordered":
            self.undos[data["undo"]] = "begun"

    def end_undo(self, by: str, at: str, data: Record) -> None:
        """What came of an order belongs to one."""
        if data["undo"] not in self.undos:
            raise Wrong(f"there is no order {data['undo']}")
        if data["outcome"] == "not begun":  # the tool was not called: the order waits as before
            if self.undos[data["undo"]] == "begun":
                self.undos[data["undo"]] = "ordered"
        elif data["outcome"] != "unknown":
            self.undos[data["undo"]] = "ended"


# --- the whole export -------------------------------------------------------------------------------------------------


def check_files(folder: Path, manifest: Record) -> list[Finding]:
    """Every file is the one that was exported, and there is no other."""
    there = {
        file.relative_to(folder).as_posix(): sha256(file.read_bytes()) for file in folder.rglob("*") if file.is_file()
    }
    wrong = {name for name, expected in manifest["files"].items() if there.get(name) != expected}
    other = set(there) - set(manifest["files"]) - {"manifest.json"}
    return [("", 0, 0, f"the file {name} is not the one that was exported.") for name in sorted(wrong | other)]


def check_copies(folder: Path, rights: Rights, records: list[Record]) -> list[Finding]:
    """The keys and signatures that are copied out for reading are those of the records."""
    lines = (folder / "signatures.jsonl").read_text().splitlines()
    signed = [one for one in records if isinstance(one["data"], dict) and "envelope" in one["data"]]
    expected = [[one["chain"], one["seq"], one["by"], one["data"]["envelope"]] for one in signed]
    copied = [[one["chain"], one["seq"], one["by"], one["envelope"]] for one in map(json.loads, lines)]
    keys = {name: list(dict.fromkeys(state["key"] for _, state in past)) for name, past in rights.past.items()}
    wrong = {
        "signatures.jsonl": copied != expected,
        "keys.json": json.loads((folder / "keys.json").read_text()) != keys,
    }
    return [("", 0, 0, f"{name} does not say what the records say.") for name, differs in wrong.items() if differs]


def verify(folder: Path, held: list[Path], keys: set[str]) -> tuple[list[Finding], list[str]]:
    """What is wrong, the first thing first, and what there is to say in any case."""
    manifest = json.loads((folder / "manifest.json").read_text())
    lines = (line for name in manifest["chains"] for line in (folder / name).read_text().splitlines())
    rows = {chain: list(group) for chain, group in groupby(map(json.loads, lines), key=lambda row: str(row["chain"]))}
    bodies = (base64.b64decode(row["body"]) for row in rows.get("organisation", []))
    everywhere = [record for record in map(parsed, bodies) if record]
    rights = Rights(everywhere)
    checkpoints, findings = read_checkpoints(
        held or sorted((folder / "checkpoints").glob("*.json")), keys or rights.sealers
    )
    said = [
        f"Organisation {rights.organisation or 'unknown'}, {len(rights.now)} principals; made {manifest['made_at']}."
    ]
    later, sound = list[Finding](), list[Record]()
    left_out = set(manifest.get("left_out", ())) - {*rows, *manifest["heads"]}
    if left_out:
        said.append(f"Whoever made this export left out: {', '.join(sorted(left_out))}. Of those nothing is verified.")
    for chain in sorted({*rows, *manifest["heads"], *(of for one in checkpoints for of in one["heads"])} - left_out):
        heads = [(one["number"], one["at"], one["heads"][chain]) for one in checkpoints if chain in one["heads"]]
        found, records = check_chain(chain, rows.get(chain, []), manifest["heads"].get(chain, [0, ""]), heads)
        read = Slice(chain, rights, records)
        findings += sorted(found)
        later += [] if found or chain == "organisation" else read.bad
        sound += [] if found else records
        reach = heads[-1][2][0] if heads else 0
        said.append(
            f"{chain}: {len(records)} records, {max(len(records) - reach, 0)} of them after the last checkpoint."
        )
        signed = [(f"Version {of}", by_whom) for of, by_whom in read.signers.items()]
        signed += [(f"Release {of[:19]}...", by_whom) for of, by_whom in read.releases.items()]
        said += [f"  {of} signed by {by} as {role}." for of, by_whom in signed for by, role in by_whom.items()]
        said += (
            [f"  Signed answers of people: {read.answers}. Permits: {len(read.permits)}."]
            if chain != "organisation"
            else []
        )
    copies = [] if findings else check_copies(folder, rights, sound)
    if rights.demo:
        said.append("This is a demo: its keys are published, so its signatures prove nothing.")
    said.append(f"Checkpoints counted: {', '.join(str(one['number']) for one in checkpoints) or 'none'}.")
    later += [*rights.bad, *Outlets(rights, everywhere).bad]
    return [*findings, *later, *copies, *check_files(folder, manifest)], said


def main(arguments: list[str]) -> int:
    """Read the arguments, verify, and say it in words."""
    reader = argparse.ArgumentParser(description="Verify an audit export of goldenthread.")
    reader.add_argument("folder", type=Path)
    reader.add_argument("--checkpoint", type=Path, action="append", default=[], help="one that you held yourself")
    reader.add_argument("--key", action="append", default=[], help="a sealer's public key, 64 hex digits")
    given = reader.parse_args(arguments)
    if not (given.folder / "manifest.json").is_file():
        sys.stdout.write(f"There is no export in {given.folder}: it has no manifest.json.\n")
        return 2
    try:
        findings, said = verify(given.folder, given.checkpoint, set(given.key))
    except (OSError, *MALFORMED) as problem:
        findings, said = [("", 0, 0, f"the export cannot be read: {type(problem).__name__}: {problem}.")], []
    for chain, first, last, words in findings[:20]:
        where = f"{chain} {first}" if first == last else f"{chain} {first} to {last}"
        said.append(f"WRONG  {where if chain else 'export'}: {words}")
    if not given.checkpoint:
        said.append("No checkpoint of your own was given: whoever made this export could have made all of it to fit.")
    said.append("What stands after the last checkpoint could have been rewritten or cut without being seen here.")
    said.append(
        f"VERDICT: {len(findings)} found wrong; the first is named first." if findings else "VERDICT: it all holds."
    )
    sys.stdout.write("\n".join(said) + "\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
