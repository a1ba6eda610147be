"""Secrets are found by the forms that their issuers document, and prose about them is not."""

from __future__ import annotations

import base64

import pytest

from goldenthread.control.content import find, findings, redact
from goldenthread.promise.values import Json

SECRET: dict[str, Json] = {
    "cloud key": "AKIAIOSFODNN7EXAMPLE",
    "cloud key of another": "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "cloud storage": "DefaultEndpointsProtocol=https;AccountKey=" + "a1B2c3D4" * 10 + "abcdef==",
    "code host": "ghp_" + "a1B2c3D4e5" * 3 + "F6g7H8",
    "code host, fine grained": "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789",
    "code host, another": "glpat-abcDEF1234567890xyzw",
    "chat": "xoxb-123456789012-abcdefGHIJKL",
    "chat bot": "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1",
    "chat webhook": "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "payment": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "model": "sk-proj-abcd1234EFGH5678ijkl9012",
    "model, another": "sk-ant-api03-AbCd1234EfGh5678IjKl",
    "model hub": "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
    "registry": "npm_" + "a1B2c3D4e5F6" * 3,
    "registry, another": "pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMAAC",
    "mail service": "SG.abcdefghijklmnopqrstuv.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg",
    "telephony": "SK0123456789abcdef0123456789abcdef",
    "shop": "shpat_0123456789abcdef0123456789abcdef",
    "vault": "hvs.CAESIJabcdefghijklmnopqr",
    "warehouse": "dapi0123456789abcdef0123456789abcdef",
    "signed token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    "private key, cut off": "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOYBF",
    "address of a database": "postgres://app:s3cr3tpw@db/x",
    "header": "Authorization: Bearer abcdef0123456789ghij",
    "assigned": "password: Hun7er!x",
    "in a sentence": "the password is Tr0ub4dor&3, keep it",
    "in German": "Das Passwort lautet Sommer2024!",
    "in code": 'api_key = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"',
    "by its name": {"user": {"password": "hunter"}},
    "by its name, in camels": {"clientSecret": ["plain words here"]},
    "a number by its name": {"passcode": 493201},
    "as a key": {"sk_live_4eC39HqLyjWDarjtT1zdp7dc": True},
    "encoded": base64.b64encode(b"password: Hun7er!xyz").decode(),
    "encoded twice": base64.b64encode(base64.b64encode(b"ghp_" + b"a1B2c3D4e5" * 4)).decode(),
    "in hex": b"key AKIAIOSFODNN7EXAMPLE".hex(),
    "with zero width": "AKIA\u200bIOSFODNN7\u2060EXAMPLE",
    "in an address": "https://x.example/?q=password%3A%20Hun7er%21x",
}
HARMLESS: list[Json] = [
    "I forgot my password and the token expired",
    "password: <your password>",
    "Please reset: password=********",
    "the secret is patience",
    "Token: expired",
    "8f14e45f-ceea-467f-a34e-f0a5e1b9c2d7",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "sk-learn-pipeline-of-estimators",
    "https://example.com:8080/path?q=1",
    {"tokens": 200, "key": "request-17", "password": None, "secret": ""},
    {"token_count": 17, "keyboard": "qwertz", "passenger": "12A"},
    "",
    [],
    None,
    True,
]


@pytest.mark.parametrize("value", SECRET.values(), ids=SECRET.keys())
def test_a_secret_is_found_and_taken_out(value: Json) -> None:
    """What leaves once is known for good."""
    assert "secrets" in find(value)
    assert "secrets" not in find(redact(value, ["secrets"]))
    assert "[secret]" in str(redact(value, ["secrets"]))


@pytest.mark.parametrize("value", HARMLESS, ids=str)
def test_talk_about_secrets_is_none(value: Json) -> None:
    """Whoever is asked for nothing soon says yes to everything."""
    assert "secrets" not in find(value)
    assert redact(value, ["secrets"]) == value


def test_the_name_of_an_argument_speaks_for_its_value() -> None:
    """A password by itself has no form; its name has."""
    assert "secrets" not in find("hunter")
    assert find("hunter", name="db_password") == {"secrets"}
    assert redact("hunter", ["secrets"], name="db_password") == "[secret]"


@pytest.mark.parametrize("value", SECRET.values(), ids=SECRET.keys())
def test_a_finding_does_not_hold_what_was_found(value: Json) -> None:
    """Findings go to logs and pages, where a secret would be copied on."""
    for finding in findings(value):
        assert set(finding.__slots__) == {"kind", "type", "path", "start", "end"}
        assert "sk_live" not in repr(finding)
        assert "Hun7er" not in repr(finding)


def test_a_path_names_keys_but_none_that_holds_something_itself() -> None:
    """A path is shown, and a key can be a secret or a person."""
    found = findings(
        {"rows": [{"note": "password: Hun7er!x"}], "sk_live_4eC39HqLyjWDarjtT1zdp7dc": "AKIAIOSFODNN7EXAMPLE"}
    )
    assert [(one.type, one.path) for one in found] == [
        ("password", "$.rows[0].note"),
        ("payment key", "$.[key 1]"),
        ("cloud key", "$.[key 1]"),
    ]
