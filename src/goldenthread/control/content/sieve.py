"""
A sieve for words: one expression, quickly tried, that lets nothing through in which a detector may find something.

For whoever looks at millions of short values, most of which are names and ids. It speaks of single words only: a text
of several is always looked at. It knows forms, not what base64 or hex inside an id would say, and no people's names.
RE2 reads it as Python does. A test draws words from every pattern of the detectors and holds the sieve to them.
"""

from __future__ import annotations

from goldenthread.control.content.checksums import IBAN_LENGTHS
from goldenthread.control.content.names import span_by_name
from goldenthread.control.content.personal import CALLS

_ISSUED = (
    r"(?i:private key|accountkey=|sharedaccess|sig=|authorization|x-api-key|x-auth-token|bearer)",
    r"A[KSBC][IC]A[A-Z2-7]|AIza|GOCSPX|ya29\.|[78]Q~|_v1_|dapi|LTAI",
    r"gh[pousr]_|github_pat_|gl[a-z]{2,5}-|AT[AC]TT3|ATBB|npm_|pypi-|gems_|AKC|oy2",
    r"xox|xapp-|\d{8}:|(?:^|[^A-Za-z0-9_-])[MNO][\w-]{23,27}\.[\w-]{6}\.|(?i:https://[^/]*(?:slack|discord|office))",
    r"k_live_|k_test_|whsec_|sq0|EAAA|access_token\$|shp(?:at|ca|pa|ss)_",
    r"sk-|gsk_|r8_|pplx-|xai-|hf_|api_org_|SG\.|-us\d|key-|xkeysib|SK[0-9a-f]{32}",
    r"hv[sbr]\.|(?i:age-secret)|\.atlasv1\.|gls?[ac]_|lin_api|ntn_|PMAK|dp\.|sntry|figd_|NRAK|eyJ",
    r"://[^/@]*:[^/@]+@",
    r"(?i:pass|pwd|key|secret|token|credent|kennw|zugang|geheim|schl)",
)
_HEXADECIMAL = {"AD", "AE", "BA", "BE", "DE", "EE"}
"""Countries whose letters are hexadecimal digits, so that ids begin with them; digits follow in their accounts."""

_HINTS = (
    "zip", "postal", "postcode", "post-code", "plz", "postleit", "passport", "reisepass", "pass-?nr", "ausweis", "driv",
    "licence", "license", "führer", "account", "acct", "konto", "sort", "routing", "aba", "ssn", "social", "nhs",
    "steuer", "idnr", "tax", "tin", "bsn", "burger", "sofi", "pesel", "vin", "fahrgestell", "chassis", "id",
    "card", "cc", "credit", "debit", "karte", "kredit", "maestro", "visa", "amex",
)  # fmt: skip
"""Words after which a shorter number counts; within one word a sign must stand between the two."""

_PERSONAL = (
    r"@|(?i:[\[(]at[\])])",
    r"(?:^|[^\w.-])\(?\d(?:[./()-]{0,3}\d){7,}|\+\d|\(\d{2}",
    r"(?:^|[^\w.-])\d{1,3}(?:\.\d{1,3}){3}",
    r"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}",
    rf"(?i:(?:^|[^a-z0-9])(?:{'|'.join(sorted(IBAN_LENGTHS.keys() - _HEXADECIMAL))})\d{{2}}(?:-?[a-z0-9]){{11}})",
    rf"(?i:(?:^|[^a-z0-9])(?:{'|'.join(sorted(_HEXADECIMAL))})\d{{2}}(?:-?\d){{8}})",
    r"(?i:(?:^|[^\w.-])(?:[a-z]{2}\d{6}|[0-9]{4}[01]\d{3}|[a-z]{6}\d{2}|[xyz]-?\d{7}|\d{8}-?[a-z]))",
    r"(?:^|[^\w.-])[12]\d{4}2[abAB]\d{6}",
    r"(?i:[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2})",
    r"(?i:\d{1,3}-?(?:years?|yo\b|y/o|jährig)|(?:born|birth|dob|d\.o\.b|geb))",
    rf"(?i:{'|'.join((*_HINTS, *CALLS))}).*(?:^|[^\w.-])\(?\w",
)
_ODD = r"[^\x00-\x7f]|%[0-9A-Fa-f]{2}|&#|&[A-Za-z]{2,8};|\\u|\\x"

SIEVE = "|".join((*_ISSUED, *_PERSONAL, _ODD))
"""What it does not match is one word in which no form of a secret or of personal data stands."""


def speaks(name: str) -> bool:
    """Whether what a value is called says by itself what it is: `password`, `first_name`."""
    return any(True for _ in span_by_name("x9-value-of-some-length", name))
