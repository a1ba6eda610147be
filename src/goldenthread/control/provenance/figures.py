"""Numbers, dates and account numbers, by what they are worth and not by how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from goldenthread.promise.values import Json

_LARGEST = Decimal(10) ** 18
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,9})?")  # 007 is a name
_ENGLISH = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3}){1,5}(?:\.[0-9]{1,9})?")
_GERMAN = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{3}){1,5},[0-9]{1,9}")
_COMMA = re.compile(r"-?[0-9]{1,18},[0-9]{1,2}")
_SIGNS = "€$£¥₹₩₽₺₴₦₿¢%"
_WRAPPING = "\"'()[]{}<>«»“”„‘’`*;:!?"  # noqa: RUF001

_WORD = re.compile(r"\S+")
_CODE = re.compile(r"[A-Z]{3}")


def number(value: Json) -> Decimal | None:
    """What a JSON number, or a plain one as text, is worth; None for anything else, and beyond 10^18."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return Decimal(value) if _PLAIN.fullmatch(value) else None
    if isinstance(value, int):
        return Decimal(value) if value.bit_length() < 60 else None
    if isinstance(value, float):
        worth = Decimal(repr(value))
        return worth if worth.is_finite() and abs(worth) < _LARGEST else None
    return None


def numbers_in(text: str) -> Iterator[tuple[Decimal, bool]]:
    """
    Numbers that stand in a text as words of their own, each with whether it is clearly an amount: written with
    decimals, or beside a currency. `2024-05-15`, `12:00` and `DE89` hold none. `1,250` is 1250, as in English;
    `1.250,50` is 1250.50.
    """
    words = [match[0].strip(_WRAPPING).rstrip(".,") for match in _WORD.finditer(text)]
    for place, word in enumerate(words):
        core = word.strip(_SIGNS)
        code = _CODE.match(core)
        if code is not None:
            core = core[3:]
        elif _CODE.fullmatch(core[-3:]):
            code, core = _CODE.match(core[-3:]), core[:-3]
        worth = _worth(core)
        if worth is None:
            continue
        beside = words[max(place - 1, 0) : place] + words[place + 1 : place + 2]
        money = code is not None or core != word or any(map(_is_money, beside))
        yield worth, money or not core.replace(",", "").lstrip("-").isdecimal()


def dates_in(text: str) -> Iterator[date]:
    """Dates that are written out whole: `2025-01-11`, `January 11th, 2025`, `11 January 2025`, `11.01.2025`."""
    for pattern, order in _DATES:
        for match in pattern.finditer(text):
            found = _date(*(match[name] for name in order))
            if found is not None:
                yield found


def without_dates(text: str) -> str:
    """A text with its dates taken out: 2025 in one is no number of its own."""
    for pattern, _ in _DATES:
        text = pattern.sub("\n", text)
    return text


def as_date(text: str) -> date | None:
    """A text that is a date and nothing else."""
    for pattern, order in _DATES:
        match = pattern.fullmatch(text)
        if match is not None:
            return _date(*(match[name] for name in order))
    return None


def accounts_in(text: str) -> Iterator[str]:
    """Account numbers (IBAN's shape) that are written in groups, without their blanks, in capitals."""
    for match in _GROUPED.finditer(text):
        yield match[0].replace(" ", "")


def as_account(text: str) -> str | None:
    """A text that is an account number in IBAN's shape and nothing else, without its blanks, in capitals."""
    compact = text.replace(" ", "").upper()
    return compact if _ACCOUNT.fullmatch(compact) else None


_ACCOUNT = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_GROUPED = re.compile(r"(?<!\S)[A-Z]{2}[0-9]{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?(?=[.,;:!?)\]}\"'>]*(?:\s|\Z))")

_MONTHS = {
    name: place
    for place, names in enumerate(
        "jan january,feb february,mar march,apr april,may,jun june,jul july,aug august,sep sept september,"
        "oct october,nov november,dec december".split(","),
        start=1,
    )
    for name in names.split()
}
_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_EDGE, _END = r"(?<![\w./-])", r"(?![\w/-]|\.[0-9])"
_DATES = tuple(
    (re.compile(_EDGE + pattern + _END, re.IGNORECASE), ("year", "month", "day"))
    for pattern in (
        r"(?P<year>[0-9]{4})(?P<sep>[-/.])(?P<month>[0-9]{1,2})(?P=sep)(?P<day>[0-9]{1,2})",
        r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{4})",
        rf"{_MONTH} {_DAY},? (?P<year>[0-9]{{4}})",
        rf"{_DAY} (?:of )?{_MONTH},? (?P<year>[0-9]{{4}})",
    )
)


def _worth(word: str) -> Decimal | None:
    if _PLAIN.fullmatch(word):
        return Decimal(word)
    if _ENGLISH.fullmatch(word):
        return Decimal(word.replace(",", ""))
    if _GERMAN.fullmatch(word):
        return Decimal(word.replace(".", "").replace(",", "."))
    if _COMMA.fullmatch(word):
        return Decimal(word.replace(",", "."))
    return None


def _is_money(word: str) -> bool:
    return _CODE.fullmatch(word) is not None or (word != "" and all(sign in _SIGNS for sign in word))


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), _MONTHS.get(month.lower()) or int(month), int(day))
    except ValueError:
        return None
