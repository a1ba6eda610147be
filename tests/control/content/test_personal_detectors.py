"""Personal data are found by form, check digits and what stands beside them."""

from __future__ import annotations

import pytest

from goldenthread.control.content import find, findings, redact
from goldenthread.promise.values import Json

FULL_WIDTH = {char: char + 0xFEE0 for char in range(0x21, 0x7F)}
PERSONAL: list[tuple[str, Json]] = [
    ("e-mail", "write to jane.doe+x@mail.example.org today"),
    ("e-mail", "jane.doe [at] example [dot] org"),
    ("e-mail", "https://evil.example/?to=jane%40example.org"),
    ("e-mail", "müller@straße.example"),
    ("iban", "to DE89 3704 0044 0532 0130 00 by Friday"),
    ("iban", "gb82west12345698765432"),
    ("iban", "DE89370400440532013000".translate(FULL_WIDTH)),
    ("payment card", "4111 1111 1111 1111"),
    ("payment card", "4111-1111-1111-1111"),
    ("payment card", 4111111111111111),
    ("payment card", 4111111111111111.0),
    ("payment card", "٤١١١١١١١١١١١١١١١"),
    ("payment card", "4111\u200b1111\u200b1111\u200b1111"),
    ("social security number", "308-63-0237"),
    ("social security number", "my SSN is 308630237"),
    ("telephone", "+49 (0)30 1234567"),
    ("telephone", "(978) 645-9740"),
    ("telephone", "751-954-9268"),
    ("telephone", "call me at 71-33-52-22"),
    ("telephone", "Meine Handynummer: 0171 2345678"),
    ("network address", "from 86.231.85.193"),
    ("network address", "2a00:1450:4001:82b::200e"),
    ("device address", "00:1b:63:84:45:e6"),
    ("tax number", "Steuer-ID 86 095 742 719"),
    ("identity number", "15 070649 C 103"),
    ("identity number", "QQ 12 34 56 C".replace("QQ", "AB")),
    ("identity number", "RSSMRA85T10A562S"),
    ("identity number", "756.9217.0769.85"),
    ("identity number", "NHS 943 476 5919"),
    ("birth date", "born on 12/27/1947"),
    ("birth date", "geboren am 3. März 1981"),
    ("age", "a 79 year old"),
    ("age", "79 Jahre alt"),
    ("passport number", "Passport no. C01X00T47"),
    ("driving licence", "driver's license number is A56319335"),
    ("bank account", "account number 31926819"),
    ("postal code", "ZIP: 1098"),
    ("vehicle number", "VIN 1HGCM82633A004352"),
    ("person", "my name is diana iversen"),
    ("person", "Sehr geehrte Frau Müller-Lüdenscheidt"),
    ("person", "Dr. Kyle Kuefer will see you"),
    ("address", "The address is 92 Crown Street, Apt. 305, Kenosha, 53140"),
    ("person", {"customer": {"firstName": "Ada"}}),
    ("address", {"strasse": "Am Markt"}),
    ("birth date", {"date_of_birth": "1981"}),
    ("telephone", {"phone_number": 5550100}),
]
HARMLESS: list[Json] = [
    "DE89 3704 0044 0532 0130 01",
    "order 4111 1111 1111 1112",
    "version 1.2.3, build 2024.11.03",
    "192.168.0.1 and 127.0.0.1",
    "666-12-3456",
    "invoice 2024-10-31 over 1,299.00 EUR",
    "at 14:56:41 on 1993-01-04",
    "the meeting takes 10 minutes",
    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "1700000000000",
    {"amount": 100, "count": 3, "id": 20240001},
    "what is my balance?",
    "Wie lange dauert eine Überweisung ins Ausland?",
]


@pytest.mark.parametrize(("type", "value"), PERSONAL, ids=[f"{type} {value}" for type, value in PERSONAL])
def test_personal_data_are_found_and_taken_out(type: str, value: Json) -> None:
    """Whoever is named did not agree to be sent somewhere."""
    assert type in {finding.type for finding in findings(value)}
    assert "personal_data" in find(value)
    assert "personal_data" not in find(redact(value, ["personal_data"]))
    assert f"[personal data: {type}]" in str(redact(value, ["personal_data"]))


@pytest.mark.parametrize("value", HARMLESS, ids=str)
def test_near_misses_are_left_alone(value: Json) -> None:
    """A wrong check digit, a version and a date are nobody's."""
    assert findings(value) == ()
    assert redact(value, ["personal_data", "secrets"]) == value


def test_only_what_was_asked_for_is_taken_out() -> None:
    """A contract may let one kind through."""
    text = "jane@example.org uses AKIAIOSFODNN7EXAMPLE"
    assert find(text) == {"secrets", "personal_data"}
    assert redact(text, ["secrets"]) == "jane@example.org uses [secret]"
    assert redact(text, ["personal_data"]) == "[personal data: e-mail] uses AKIAIOSFODNN7EXAMPLE"
    assert redact(text, []) == text
