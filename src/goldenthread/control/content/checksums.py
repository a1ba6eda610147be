"""Check digits of account, card and identity numbers, each from its own standard: what tells a number from digits."""

from __future__ import annotations

from datetime import date

# Length of an IBAN by country: the SWIFT IBAN registry, release 99 (2024).
IBAN_LENGTHS = {
    **dict.fromkeys("NO".split(), 15),
    **dict.fromkeys("BE".split(), 16),
    **dict.fromkeys("DK FK FI FO GL NL SD".split(), 18),
    **dict.fromkeys("MK SI".split(), 19),
    **dict.fromkeys("AT BA EE KZ LT LU MN XK".split(), 20),
    **dict.fromkeys("CH CR HR LI LV".split(), 21),
    **dict.fromkeys("BG BH DE GB GE IE ME RS VA".split(), 22),
    **dict.fromkeys("AE GI IL IQ OM SO TL".split(), 23),
    **dict.fromkeys("AD CZ ES MD PK RO SA SE SK TN VG".split(), 24),
    **dict.fromkeys("LY PT ST".split(), 25),
    **dict.fromkeys("IS TR".split(), 26),
    **dict.fromkeys("BI DJ FR GR IT MC MR SM".split(), 27),
    **dict.fromkeys("AL AZ BY CY DO GT HN HU LB NI PL SV".split(), 28),
    **dict.fromkeys("BR EG PS QA UA".split(), 29),
    **dict.fromkeys("JO KW MU YE".split(), 30),
    **dict.fromkeys("MT SC".split(), 31),
    **dict.fromkeys("LC".split(), 32),
    **dict.fromkeys("RU".split(), 33),
}


def is_iban(text: str) -> bool:
    """ISO 13616: country, length and remainder 1 modulo 97; letters in either case, no separators."""
    code = text.upper()
    if IBAN_LENGTHS.get(code[:2]) != len(code) or not (code.isascii() and code.isalnum()):
        return False
    return int("".join(str(int(char, 36)) for char in code[4:] + code[:4])) % 97 == 1


def luhn(digits: str) -> bool:
    """ISO/IEC 7812: the sum with every second digit doubled ends in 0."""
    total = sum(map(int, digits[-1::-2])) + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return total % 10 == 0


def is_card(digits: str) -> bool:
    """A payment card: an issuer's first digits, a length that it issues, Luhn. One repeated digit is none."""
    if digits[:4] in {"1800", "2131"}:  # JCB's older cards
        return len(digits) == 15 and luhn(digits)
    issued = {"2": (16,), "3": (14, 15, 16), "4": (13, 16, 19), "5": range(12, 20), "6": range(12, 20)}
    return len(digits) in issued.get(digits[0], ()) and len(set(digits)) > 1 and luhn(digits)


def is_german_tax_number(digits: str) -> bool:
    """Identifikationsnummer: 11 digits, not beginning with 0, ISO 7064 mod 11,10."""
    if len(digits) != 11 or digits[0] == "0":
        return False
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def is_german_pension_number(text: str) -> bool:
    """Versicherungsnummer: area, birth date, letter, serial, check digit; weights of VKVV 1, section 2."""
    letter = f"{ord(text[8].upper()) - 64:02d}"
    digits = text[:8] + letter + text[9:11]
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(digits, weights, strict=True))
    return total % 10 == int(text[11])


def is_french_number(text: str) -> bool:
    """NIR: 13 signs and 97 less their remainder; Corsica's 2A counts as 19, 2B as 18."""
    body = text[:13].upper().replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(text[13:])


def is_italian_code(text: str) -> bool:
    """Codice fiscale: the last letter by the odd and even tables of DM 23.12.1976."""
    odd = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
    values = [int(char) if char.isdigit() else ord(char) - 65 for char in text.upper()[:15]]
    total = sum(odd[value] if place % 2 == 0 else value for place, value in enumerate(values))
    return ord(text.upper()[15]) - 65 == total % 26


def is_spanish_number(text: str) -> bool:
    """DNI and NIE: the letter by the remainder modulo 23."""
    body = text[:-1].upper().translate(str.maketrans("XYZ", "012"))
    return body.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23] == text[-1].upper()


def is_dutch_number(digits: str) -> bool:
    """Burgerservicenummer: the eleven test, the last digit counted negatively."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    return total % 11 == 0 and len(set(digits)) > 1


def is_polish_number(digits: str) -> bool:
    """PESEL: weights 1, 3, 7, 9, and a month that exists."""
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
    total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))
    return (10 - total % 10) % 10 == int(digits[10]) and 1 <= int(digits[2:4]) % 20 <= 12


def is_swiss_number(digits: str) -> bool:
    """AHV: 13 digits with the check digit of EAN-13."""
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def is_british_health_number(digits: str) -> bool:
    """NHS number: ten digits, weights 10 to 2, modulo 11."""
    check = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return check % 11 == int(digits[9]) and check != 10


def is_belgian_number(digits: str) -> bool:
    """Rijksregisternummer: 97 less the remainder; for births from 2000 on with a 2 before it."""
    body, check = digits[:9], int(digits[9:])
    return check in (97 - int(body) % 97, 97 - int("2" + body) % 97)


def is_swedish_number(digits: str) -> bool:
    """Personnummer: Luhn over ten digits that begin with a date (or a co-ordination number, day plus 60)."""
    try:
        date(2000, int(digits[2:4]), int(digits[4:6]) % 60)
    except ValueError:
        return False
    return luhn(digits)
