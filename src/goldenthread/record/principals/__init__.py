"""
Principals: who may sign, approve, grant and seal, and the keys that prove it.

Knows people, agents, services and data owners, their roles by slice, and every state each of them ever had.
Refuses to know contracts' content, levels and actions; and never accepts a record for the sake of its place.
Invariants: rights begin with one self-signed record; every other is signed by an administrator of that moment,
for exactly its place in the chain; one key is one name; old signatures are judged by the rights of their time.
"""

from goldenthread.record.principals.absences import ANSWERING, Leave
from goldenthread.record.principals.demo import DEMO_NAMES, demo_public_key, is_demo_key
from goldenthread.record.principals.envelopes import STATEMENT_TYPE, open_envelope, seal
from goldenthread.record.principals.fold import fold
from goldenthread.record.principals.grants import bootstrap, grant, load_principals, revoke
from goldenthread.record.principals.keys import Custody, KeyRing
from goldenthread.record.principals.leaving import end_leave, record_leave
from goldenthread.record.principals.model import (
    EVERYWHERE,
    ROLES,
    ROLES_OF_KIND,
    SIGNING_ROLES,
    Principal,
    Refused,
    Role,
)
from goldenthread.record.principals.roster import Principals
from goldenthread.record.principals.signatures import (
    CONTRACT_SIGNATURE,
    RELEASE_SIGN,
    RELEASE_SIGNATURE,
    contract_signature_problem,
    contract_signers,
    contract_statement,
    release_statement,
    sign_contract,
    sign_release_statement,
)
from goldenthread.record.principals.statements import KINDS, PRINCIPAL_TYPE
from goldenthread.record.principals.tokens import (
    SCOPES,
    TOKEN_KINDS,
    Token,
    Tokens,
    create_token,
    fold_tokens,
    load_tokens,
    revoke_token,
    token_id,
)
from goldenthread.record.principals.versions import version_problem

__all__ = [
    "ANSWERING",
    "CONTRACT_SIGNATURE",
    "DEMO_NAMES",
    "EVERYWHERE",
    "KINDS",
    "PRINCIPAL_TYPE",
    "RELEASE_SIGN",
    "RELEASE_SIGNATURE",
    "ROLES",
    "ROLES_OF_KIND",
    "SCOPES",
    "SIGNING_ROLES",
    "STATEMENT_TYPE",
    "TOKEN_KINDS",
    "Custody",
    "KeyRing",
    "Leave",
    "Principal",
    "Principals",
    "Refused",
    "Role",
    "Token",
    "Tokens",
    "bootstrap",
    "contract_signature_problem",
    "contract_signers",
    "contract_statement",
    "create_token",
    "demo_public_key",
    "end_leave",
    "fold",
    "fold_tokens",
    "grant",
    "is_demo_key",
    "load_principals",
    "load_tokens",
    "open_envelope",
    "record_leave",
    "release_statement",
    "revoke",
    "revoke_token",
    "seal",
    "sign_contract",
    "sign_release_statement",
    "token_id",
    "version_problem",
]
