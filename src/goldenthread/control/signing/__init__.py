"""
Signing: what people say to a slice as a whole: a signature on its contract or on a release of its agent, a stop, leave
to go on, an erasure.

Knows contracts, principals, and the slice's chain. Refuses to know how a contract is written, what an agent does
and how a level is earned. Invariants: what must not be signed is refused before anything is written; a signature
that would not count is never recorded; a version is committed once, with one text; one person stops and two lift;
an erasure can be repeated after any crash.
"""

from goldenthread.control.signing.asking import ask_signature, refuse_signature, sign_offs, tick_sign_offs
from goldenthread.control.signing.erasure import erase_case
from goldenthread.control.signing.release_asking import ask_release, find_release, refuse_release
from goldenthread.control.signing.release_changes import release_changes, signed_before
from goldenthread.control.signing.release_signing import SignedRelease, sign_release
from goldenthread.control.signing.sign_off import SignOff
from goldenthread.control.signing.signing import SignedVersion, commit_version, sign_version
from goldenthread.control.signing.stopping import Lifted, lift, load_stops, standing_stops, stop, who_completes

__all__ = [
    "Lifted",
    "SignOff",
    "SignedRelease",
    "SignedVersion",
    "ask_release",
    "ask_signature",
    "commit_version",
    "erase_case",
    "find_release",
    "lift",
    "load_stops",
    "refuse_release",
    "refuse_signature",
    "release_changes",
    "sign_offs",
    "sign_release",
    "sign_version",
    "signed_before",
    "standing_stops",
    "stop",
    "tick_sign_offs",
    "who_completes",
]
