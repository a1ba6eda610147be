"""Passwords: which are good enough, and the slow hash that is kept of them."""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import TYPE_CHECKING

from goldenthread.promise.errors import PasswordWeak, SignInMissing

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 256
GUESSES = 1e10
"""How many tries a guesser must need at least, by zxcvbn's estimate: its highest score, 4."""

_LOOKED_AT = 72  # Characters that are estimated: it takes long for long ones, and those are hard to guess anyway.
_AT_ONCE = threading.BoundedSemaphore(2)  # Each takes 19 MiB and some 20 ms; a flood of attempts must not take all.


def check_password(password: str, name: str) -> None:
    """
    Whether somebody may choose this password. No kinds of characters are demanded (NIST SP 800-63B, 3.1.1.2).

    Raises:
        PasswordWeak: Shorter than 12 characters, longer than 256, or one that guessers try early: common passwords
            of several languages, names, dates, rows of keys, repetitions, and the name of its owner.
        SignInMissing: The extra `console` is not installed.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordWeak(
            f"The password has {len(password)} characters; expected {SHORTEST} to {LONGEST}. "
            "Take several words that do not belong together."
        )
    if not password.isprintable():
        raise PasswordWeak("The password holds a character that cannot be printed. Type it with a keyboard.")
    if guesses(password, name) < GUESSES or _is_mostly(password, name):
        raise PasswordWeak(
            "The password is easily guessed: it is common, or made of names, dates, rows of keys or repetitions. "
            "Take several words that do not belong together."
        )


def guesses(password: str, name: str) -> float:
    """About how many tries a guesser needs who knows whose it is (Wheeler 2016, zxcvbn)."""
    try:
        from zxcvbn import zxcvbn
    except ImportError as problem:
        raise _missing("zxcvbn") from problem
    return float(zxcvbn(password[:_LOOKED_AT], user_inputs=_known(name), max_length=_LOOKED_AT)["guesses"])


def require_libraries() -> None:
    """
    Raises:
        SignInMissing: The extra `console` is not installed, so that nobody could sign in.
    """
    _nobodys()
    guesses("x", "")


def hash_password(password: str) -> str:
    """Argon2id with its parameters and a salt of its own, as it is kept."""
    with _AT_ONCE:
        return _hasher().hash(_bytes(password))


def verify_password(kept: str | None, password: str) -> bool:
    """Whether this is the password; takes as long where there is none (`kept` None)."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    hasher = _hasher()
    try:
        with _AT_ONCE:
            hasher.verify(kept or _nobodys(), _bytes(password[: LONGEST + 1]))
    except (Argon2Error, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _hasher().check_needs_rehash(kept)


def _known(name: str) -> list[str]:
    return [part for part in (name, *re.split(r"[\W_]+", name), "goldenthread", "golden", "thread") if part]


def _is_mostly(password: str, name: str) -> bool:
    """Whether fewer than eight letters or digits are left of it without its owner's name."""
    left = password.casefold()
    for part in sorted(_known(name), key=len, reverse=True):
        left = left.replace(part.casefold(), "") if len(part) > 2 else left
    return left != password.casefold() and sum(one.isalnum() for one in left) < 8


@cache
def _hasher() -> PasswordHasher:
    """OWASP's parameters: 19 MiB, two passes, one lane (Password Storage Cheat Sheet)."""
    try:
        from argon2 import PasswordHasher
    except ImportError as problem:
        raise _missing("argon2-cffi") from problem
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16)


@cache
def _nobodys() -> str:
    return _hasher().hash("nobody's")


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def _missing(package: str) -> SignInMissing:
    return SignInMissing(
        f"Signing in with a password needs {package}, which is not installed. "
        "Install it with `pip install 'goldenthread[console]'`."
    )
