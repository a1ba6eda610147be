"""Personal data with a form of its own: mail and network addresses, accounts, cards, telephones, identity numbers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from goldenthread.control.content import checksums
from goldenthread.control.content.found import Span
from goldenthread.control.content.patterns import Pattern, regions, search, words

_DIGITS_IN_A_ROW = re.compile(r"\d(?:\D{0,2}\d){4,}")  # five at least, as a number is written in groups
_DIGIT, _AT = re.compile(r"\d+"), re.compile(r"@|\bat ?[\])]")
_B, _E = r"(?<![\w.-])", r"(?!\w|[.-]\d)"  # no number goes on before or after it
_MONTH = r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]{0,6}"
_DATE = (
    rf"(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}|\d{{1,2}}\.?(?:st|nd|rd|th)?\s{_MONTH}\.?,?\s\d{{2,4}}|"
    rf"{_MONTH}\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}})"
)
# A sign between two groups of digits is needed, so that there is one way only to read them.
_GROUPS, _EXTENSION = r"(?:[ ./()-]{1,3}\d{1,7}){0,7}", r"(?: ?(?:x|ext\.?) ?\d{1,6})?"
CALLS = (
    "call", "phone", "tel", "mobile", "cell", "fax", "reach", "contact", "answer", "number", "text", "sms", "message",
    "dial", "ring", "desk", "handy", "rufnummer", "anruf", "ruf", "erreich", "mobil", "nummer", "whatsapp", "hotline",
)  # fmt: skip
"""Stems of words after which a number is a telephone's."""

_CALLS = words(*CALLS)


def _number(type: str, form: str, *after: str, check: object = None, hints: tuple[str, ...] = ()) -> Pattern:
    assert check is None or callable(check)
    return Pattern(
        type=type,
        regex=re.compile(rf"(?i){_B}(?:{form}){_E}"),
        after=words(*after) if after else None,
        holds=check,
        hints=hints or tuple(stem.split("?")[0].split(" (")[0].rstrip("- ") for stem in after),
        around=_DIGITS_IN_A_ROW if type != "postal code" else _DIGIT,
    )


def _phone_holds(value: str) -> bool:
    digits = re.sub(r"\D", "", re.split(r"(?i)x|ext", value)[0])
    return 6 <= len(digits) <= 15 and len(set(digits)) > 2


_NAME = r"[^\W\d_][^\W\d_'\u2019-]*(?:['\u2019-][^\W\d_]+)*"
_NO_NAME = r"(?:and|but|or|on|in|at|from|for|with|who|i|is|not|the|my|und|aber|ich|aus|von|bei|der|die|das)\b"

_LETTERS = (
    Pattern(
        type="person",
        regex=re.compile(
            r"(?i)\b(?:my name is|my name['\u2019]s|they call me|mein name ist|ich hei(?:ß|ss)e)\s"
            rf"(?P<value>(?!{_NO_NAME}){_NAME}(?:\s(?:[a-z]\.\s)?(?!{_NO_NAME}){_NAME}){{0,2}})"
        ),
        hints=("name is", "name's", "name\u2019s", "call me", "name ist", "ich hei"),
    ),
    Pattern(
        type="person",
        regex=re.compile(
            rf"\b(?:[Mm]rs?|[Mm]s|[Mm]iss|Dr|Prof|Herrn?|Frau)\b\.?\s(?P<value>(?=[A-ZÄÖÜ]){_NAME}(?:\s(?=[A-ZÄÖÜ]){_NAME}){{0,2}})"
        ),
        hints=("mr", "ms", "miss", "dr", "prof", "herr", "frau"),
    ),
    Pattern(
        type="e-mail",
        regex=re.compile(
            r"(?<![\w.+-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?:@|\s?[\[(]\s?at\s?[\])]\s?)"
            r"(?:[\w-]{1,63}(?:\.|\s?[\[(]\s?dot\s?[\])]\s?)){1,8}[^\W\d_]{2,24}(?![\w-])"
        ),
        hints=("@", "at]", "at )", "at)", "at ]"),
        around=_AT,
    ),
    Pattern(
        type="birth date",
        regex=re.compile(
            rf"(?i)(?:\bborn|\bbirth|\bDOB\b|\bd\.o\.b|geboren|geburt|\bgeb\.)[^\d\n]{{0,30}}?(?P<value>{_DATE})"
        ),
        hints=("born", "birth", "dob", "d.o.b", "geb"),
    ),
    Pattern(
        type="age",
        regex=re.compile(r"(?i)\b(?P<value>\d{1,3})[ -]?(?:years?[ -]old|y/?o|jahre alt|jährig)\b"),
        hints=("old", "y/o", "yo", "jahre alt", "jährig"),
    ),
    Pattern(
        type="age",
        regex=re.compile(
            r"(?i)\b(?:aged|turn(?:ed|ing|s)|age:?|alter:?|wurde|werde)\s(?P<value>\d{1,3})(?![\w/.,:-]?\d|\s?[%€$])"
        ),
        hints=("age", "turn", "alter", "wurde", "werde"),
    ),
)

_DIGITS = (
    _number("social security number", r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}", hints=("-",)),
    _number("social security number", r"(?!000|666|9)\d{3} ?(?!00)\d{2} ?(?!0000)\d{4}", "ssn", "social"),
    _number(
        "telephone",
        rf"\+\d{{1,15}}{_GROUPS}",
        hints=("+",),
        check=_phone_holds,
    ),
    _number("telephone", rf"(?:00?1[ .-])?\d{{3}}([ .-])\d{{3}}\1\d{{4}}{_EXTENSION}", check=_phone_holds),
    Pattern(
        type="telephone",
        regex=re.compile(
            r"(?i)(?<![\w(])\(\d{2,5}\) ?\d{2,5}(?:[ ./-]?\d{2,5}){1,3}(?: ?(?:x|ext\.?) ?\d{1,6})?(?!\w)"
        ),
        hints=("(",),
        around=_DIGITS_IN_A_ROW,
        holds=_phone_holds,
    ),
    Pattern(
        type="telephone",
        regex=re.compile(rf"(?i){_B}(?!{_DATE}(?![./-]?\d))(?:\+|00)?\(?\d{{2,15}}\)?{_GROUPS}{_EXTENSION}{_E}"),
        after=_CALLS,
        around=_DIGITS_IN_A_ROW,
        holds=_phone_holds,
    ),
    _number("identity number", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]"),
    _number("identity number", r"\d{3}[ -]?\d{3}[ -]?\d{4}", "nhs", check=checksums.is_british_health_number),
    _number(
        "tax number",
        r"\d{2} ?\d{3} ?\d{3} ?\d{3}",
        "steuer",
        "idnr",
        "tax",
        "tin",
        check=checksums.is_german_tax_number,
    ),
    _number("identity number", r"\d{2} ?[0-3]\d[01]\d{3} ?[A-Z] ?\d{3}", check=checksums.is_german_pension_number),
    _number(
        "identity number",
        r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}",
        check=checksums.is_french_number,
    ),
    _number("identity number", r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", check=checksums.is_italian_code),
    _number("identity number", r"(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]", check=checksums.is_spanish_number),
    _number(
        "identity number",
        r"\d{9}|\d{4}[. ]\d{2}[. ]\d{3}",
        "bsn",
        "burgerservice",
        "sofi",
        check=checksums.is_dutch_number,
    ),
    _number("identity number", r"\d{11}", "pesel", check=checksums.is_polish_number),
    _number("identity number", r"756\.?\d{4}\.?\d{4}\.?\d{2}", check=checksums.is_swiss_number),
    _number("identity number", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", check=checksums.is_belgian_number),
    _number("identity number", r"\d{6}[-+]\d{4}", check=checksums.is_swedish_number),
    _number(
        "passport number",
        r"(?=[A-Z0-9]*\d)[A-Z0-9]{6,10}",
        "passport",
        "reisepass",
        "pass-?nr",
        "personalausweis",
        "ausweis",
        "id card",
        check=lambda value: sum(map(str.isdigit, value)) >= 4,
    ),
    _number(
        "driving licence",
        r"[A-Z]{0,3}\d[A-Z0-9]{4,16}|\d{3,4}(?:[ -]\d{2,4}){2,3}",
        "driver",
        "driving",
        "licence number",
        "license number",
        "führerschein",
        check=lambda value: sum(map(str.isdigit, value)) >= 4,
    ),
    _number(
        "bank account",
        r"\d{6,12}|\d{2}-\d{2}-\d{2}",
        "account (?:no|num|#)",
        "acct",
        "konto",
        "sort code",
        "routing",
        "aba",
        check=lambda value: len(set(value)) > 1,
    ),
    _number(
        "postal code",
        r"\d{3,5}(?:[ -]\d{2,4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4} ?[A-Z]{2}",
        "zip",
        "postal code",
        "post ?code",
        "plz",
        "postleitzahl",
    ),
    _number("device address", r"[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}"),
    _number("vehicle number", r"(?!.{0,16}[IOQ])[A-HJ-NPR-Z0-9]{17}", "vin", "fahrgestell", "chassis"),
)

_CARD = re.compile(r"(?<![\w.])\d(?:[ -]?\d){11,18}(?!\w|[.-]\d)")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9]{2})")
_IBAN_OF_LENGTH = {
    length: re.compile(rf"[A-Za-z0-9](?:[ -]?[A-Za-z0-9]){{{length - 1}}}(?![A-Za-z0-9])")
    for length in set(checksums.IBAN_LENGTHS.values())
}
_IP = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?=[0-9A-Fa-f:]{2})(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4})(?![\w:]|\.\d)"
)
_WITH_CARD = words("card", "cc", "credit", "debit", "karte", "kredit", "maestro", "visa", "amex", "mastercard")


TYPES = frozenset(pattern.type for pattern in (*_LETTERS, *_DIGITS)) | {"payment card", "iban", "network address"}


def find_personal(text: str) -> Iterator[Span]:
    """Every piece of personal data in one text that its form gives away."""
    yield from search(_LETTERS, text)
    if _DIGIT.search(text):
        yield from search(_DIGITS, text)
        for start, end in regions(_DIGIT, text):
            yield from _cards(text, start, end)
            yield from _ibans(text, start, end)
            yield from _addresses(text, start, end)


def _cards(text: str, begin: int, stop: int) -> Iterator[Span]:
    for match in _CARD.finditer(text, begin, stop):
        digits = re.sub(r"\D", "", match[0])
        called = _WITH_CARD.search(text, max(0, match.start() - 40), match.start()) is not None
        # Twelve digits with a right check digit are too common to be a card by themselves.
        if checksums.is_card(digits) and (len(digits) > 12 or called):
            yield Span(match.start(), match.end(), "payment card")


def _ibans(text: str, begin: int, stop: int) -> Iterator[Span]:
    for match in _IBAN.finditer(text, begin, stop):
        length = checksums.IBAN_LENGTHS.get(match[0][:2].upper())
        if length is None:
            continue
        whole = _IBAN_OF_LENGTH[length].match(text, match.start())
        if whole and checksums.is_iban(re.sub(r"[ -]", "", whole[0])):
            yield Span(whole.start(), whole.end(), "iban")


def _addresses(text: str, begin: int, stop: int) -> Iterator[Span]:
    """Addresses of networks that tell one connection from another; a machine's own and private ones do not."""
    for match in _IP.finditer(text, begin, stop):
        try:
            address = ipaddress.ip_address(match[0])
        except ValueError:
            continue
        if not (address.is_private or address.is_loopback or address.is_unspecified or address.is_multicast):
            yield Span(match.start(), match.end(), "network address")
