"""Secrets: keys and tokens by the forms that their issuers document, and what a text itself calls a password."""

from __future__ import annotations

import re
from collections.abc import Iterator

from goldenthread.control.content.found import Span
from goldenthread.control.content.patterns import Pattern, entropy_bits, regions, search, words

_B, _E = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9_-])"


def _token(type: str, form: str, *hints: str, mixed: bool = False) -> Pattern:
    """A token of an issuer: its prefix says what it is; where that is short, letters and digits must be mixed."""
    return Pattern(type=type, regex=re.compile(f"{_B}(?:{form}){_E}"), hints=hints, holds=_is_mixed if mixed else None)


def _is_mixed(value: str) -> bool:
    return any(char.isdigit() for char in value) and entropy_bits(value) >= 3.0


_NAMES = (
    r"pass(?:word|wd|phrase|code)?s?|pwd|(?:api|access|secret|private|signing|encryption|account|auth)[ _-]?key|"
    r"(?:client|app|shared|consumer|webhook)[ _-]?secret|secret|"
    r"(?:access|auth|api|bearer|refresh|id|session|security)?[ _-]?token|credentials?|"
    r"passwor[td]|kennwort|zugangscode|geheimnis|schlüssel|zugangsdaten"
)
_PLACEHOLDER = re.compile(
    r"(?i)^(?:[<\[{$%(*].*|x{3,}.*|\.{3,}|\*+|your[_-].*|my[_-].*|example.*|changeme|none|null|true|false|undefined|"
    r"redacted|required|optional|process\.env.*|os\.(?:environ|getenv).*|getenv.*|env\..*|[\w.]+\(.*)$"
)

_ISSUED = (
    Pattern(
        type="private key",
        regex=re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----END))*(?:-----END[^-]*-----)?"
        ),
        hints=("PRIVATE KEY",),
    ),
    _token("cloud key", "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", "AKIA", "ASIA", "ABIA", "ACCA"),
    _token("cloud key", r"AIza[\w-]{35}|GOCSPX-[\w-]{28}|ya29\.[\w-]{20,}", "AIza", "GOCSPX", "ya29."),
    _token("cloud key", r"[\w~.-]{3}[78]Q~[\w~.-]{31,34}", "q~"),
    Pattern(
        type="cloud key",
        regex=re.compile(
            r"(?i)(?:AccountKey|SharedAccessKey|SharedAccessSignature|sig)=(?P<value>[A-Za-z0-9+/%]{40,}={0,2})"
        ),
        hints=("accountkey=", "sharedaccess", "sig="),
    ),
    _token(
        "cloud key", r"do[opr]_v1_[0-9a-f]{64}|dapi[0-9a-f]{32}(?:-\d)?|LTAI[A-Za-z0-9]{17,21}", "_v1_", "dapi", "LTAI"
    ),
    _token(
        "code host token",
        r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255}",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
    ),
    _token(
        "code host token",
        r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[\w.-]{20,}",
        "glpat-",
        "gldt-",
        "glrt-",
        "glcbt-",
        "glptt-",
        "glft-",
        "glimt-",
        "glagent-",
        "gloas-",
        "glsoat-",
        "glffct-",
    ),
    _token("code host token", r"ATATT3[\w=-]{50,}|ATBB[A-Za-z0-9]{28,}|ATCTT3[\w=-]{50,}", "ATATT3", "ATBB", "ATCTT3"),
    _token(
        "package registry token",
        r"npm_[A-Za-z0-9]{36}|pypi-Ag[\w-]{50,}|rubygems_[0-9a-f]{48}",
        "npm_",
        "pypi-",
        "gems_",
    ),
    _token(
        "package registry token",
        r"AKC[a-zA-Z0-9]{60,}|oy2[a-z0-9]{43}",
        "akc",
        "ap",
        "oy2",
    ),
    _token("chat token", r"xox[abeoprs]-[\w-]{10,}|xapp-\d-[\w-]{20,}", "xox", "xapp-"),
    _token("chat token", r"\d{8,10}:[A-Za-z0-9_-]{35}", ":"),
    _token("chat token", r"[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}", ".", mixed=True),
    Pattern(
        type="chat webhook",
        regex=re.compile(
            r"https://(?:hooks\.slack\.com/(?:services|workflows)/[\w/]{20,}|(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d+/[\w-]{30,}|"
            r"[\w.-]+\.webhook\.office\.com/webhookb2/[\w@/-]{60,})"
        ),
        hints=("https://",),
    ),
    _token(
        "payment key", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{24,}", "k_live_", "k_test_", "whsec_"
    ),
    _token(
        "payment key",
        r"sq0(?:atp|csp)-[\w-]{22,43}|EAAA[\w-]{60}|access_token\$\w+\$[0-9a-z]{16}\$[0-9a-f]{32}",
        "sq0",
        "EAAA",
        "access_token$",
    ),
    _token("shop key", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}", "shpat_", "shpca_", "shppa_", "shpss_"),
    _token(
        "model key",
        r"sk-[A-Za-z0-9][\w-]{18,}|gsk_\w{40,}|r8_\w{37}|pplx-[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{60,}",
        "sk-",
        "gsk_",
        "r8_",
        "pplx-",
        "xai-",
        mixed=True,
    ),
    _token("model key", r"(?:hf|api_org)_[A-Za-z0-9]{30,}", "hf_", "api_org_"),
    _token(
        "mail key",
        r"SG\.[\w-]{16,}\.[\w-]{16,}|[0-9a-f]{32}-us\d{1,2}|key-[0-9a-z]{32}|xkeysib-[0-9a-f]{64}-\w{16}",
        "SG.",
        "-us",
        "key-",
        "xkeysib",
    ),
    _token("telephony key", r"SK[0-9a-f]{32}", "SK"),
    _token(
        "vault token",
        r"hv[sbr]\.[\w-]{24,}|AGE-SECRET-KEY-1[A-Z0-9]{58}|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}",
        "hv",
        "age-secret",
        "atlasv1",
    ),
    _token(
        "service token",
        r"gl(?:sa|c)_[\w=+/]{32,}|lin_api_\w{40}|ntn_\w{40,}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|dp\.[a-z]{2,5}\.\w{40,}|sntry[su]_[\w+/=]{40,}|figd_[\w-]{40}|NRAK-[A-Z0-9]{27}",
        "glsa_",
        "glc_",
        "lin_api",
        "ntn_",
        "PMAK",
        "dp.",
        "sntry",
        "figd_",
        "NRAK",
    ),
    _token("signed token", r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*", "eyJ"),
    Pattern(
        type="password in an address",
        regex=re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:/@\"'<>]{0,64}:(?P<value>[^\s/@\"'<>]{3,128})@"),
        hints=("://",),
        holds=lambda value: not _PLACEHOLDER.match(value),
    ),
    Pattern(
        type="authorization header",
        regex=re.compile(
            r"(?i)\b(?:authorization|x-api-key|x-auth-token)[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic|token)\s+)?(?P<value>[\w.~+/=-]{12,})"
        ),
        hints=("authorization", "x-api-key", "x-auth-token"),
    ),
    Pattern(
        type="bearer token",
        regex=re.compile(r"\b[Bb]earer\s+(?P<value>[\w.~+/=-]{20,})"),
        hints=("bearer",),
        holds=_is_mixed,
    ),
)

# `password: Hun7er`, `api_key = "..."`, "das Passwort lautet ...": what follows, where it looks chosen or drawn.
_ASSIGNED = re.compile(
    rf"(?i)(?<![A-Za-z0-9])(?:{_NAMES})[\"'`]?\s{{0,3}}(?:(?P<strong>:=|=>|=|:)|(?P<weak>is|ist|lautet|war|was)\b\s?:?)"
    r"\s{0,3}(?P<quote>[\"'`]?)(?P<value>[^\s\"'`,;]{4,200})"
)
_RANDOM = re.compile(r"(?<![\w+/.@-])[A-Za-z0-9+/_-]{24,200}={0,2}(?![\w+/@-])")
_STEMS = re.compile("(?i:pass|pwd|key|secret|token|credent|kennw|zugang|geheim|schl)")
_CALLED = words("api", "key", "secret", "token", "credential", "passw", "kennwort", "schlüssel", "auth")


def find_secrets(text: str) -> Iterator[Span]:
    """Every secret in one text."""
    yield from search(_ISSUED, text)
    for start, end in regions(_STEMS, text, before=16, after=240):
        yield from _assigned(text, start, end)
        yield from _random(text, start, end)


def is_secret_value(text: str) -> bool:
    """Whether what stands under a name like `password` is one: anything that is no placeholder."""
    return len(text) >= 3 and not _PLACEHOLDER.match(text)


SECRET_NAMES = re.compile(rf"(?i)^(?:[a-z0-9]+[ _-])*(?:{_NAMES})$")
"""Names of fields, in snake or kebab case, whose value is a secret."""


def _assigned(text: str, begin: int, stop: int) -> Iterator[Span]:
    for match in _ASSIGNED.finditer(text, begin, stop):
        value = match["value"].rstrip(".!?)]}>")
        if len(value) >= 4 and not _PLACEHOLDER.match(match["value"]) and _looks_chosen(value, match):
            yield Span(match.start("value"), match.start("value") + len(value), "password")


def _looks_chosen(value: str, match: re.Match[str]) -> bool:
    """A word of a sentence is no password; digits, signs or capitals inside, or quotes around it, say that it is."""
    digits = any(char.isdigit() for char in value)
    signs = any(not char.isalnum() and char not in "-'_/.:" for char in value)
    inner_capitals = any(char.isupper() for char in value[1:]) and not value.isupper()
    letters = any(char.isalpha() for char in value)
    if match["weak"]:
        return letters and (digits or signs or (inner_capitals and len(value) >= 8))
    quoted = bool(match["quote"]) and len(value) >= 6
    return len(value) >= 6 and (digits or signs or inner_capitals or quoted)


def _random(text: str, begin: int, stop: int) -> Iterator[Span]:
    """Long text without any order, shortly after a word that says what it is."""
    for match in _RANDOM.finditer(text, begin, stop):
        value = match[0]
        kinds = sum(any(test(char) for char in value) for test in (str.islower, str.isupper, str.isdigit))
        drawn = kinds == 3 and entropy_bits(value) >= 4.0
        if (drawn or _is_hex(value)) and _CALLED.search(text, max(0, match.start() - 40), match.start()):
            yield Span(match.start(), match.end(), "random text")


def _is_hex(value: str) -> bool:
    return len(value) >= 32 and entropy_bits(value) >= 3.0 and all(char in "0123456789abcdefABCDEF" for char in value)
