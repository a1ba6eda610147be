"""What the name of a field says about what stands under it: `password`, `iban`, `first_name`, `strasse`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from goldenthread.control.content.found import PERSONAL_DATA, SECRETS, Span
from goldenthread.control.content.secrets import SECRET_NAMES, is_secret_value

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PERSONAL_NAMES = {
    "person": r"(?:first|last|middle|full|given|family|sur|maiden|customer|client|patient|employee|holder|contact|user)"
    r"[ _-]?name|vorname|nachname|familienname|geburtsname|surname",
    "address": r"(?:home|street|postal|billing|shipping|mailing|delivery)[ _-]?address|street(?:[ _-]?(?:name|line))?|"
    r"address[ _-]?line(?:[ _-]?\d)?|stra(?:ss|ß)e|anschrift|wohnort|hausnummer",
    "postal code": r"zip(?:[ _-]?code)?|post(?:al)?[ _-]?code|plz|postleitzahl",
    "birth date": r"(?:date[ _-]?of[ _-]?birth|birth[ _-]?(?:date|day)|dob|geburts(?:datum|tag))",
    "telephone": r"(?:phone|mobile|cell|telephone|fax)(?:[ _-]?(?:number|no))?|telefon(?:nummer)?|"
    r"handy(?:nummer)?|mobilnummer",
    "identity number": r"ssn|social[ _-]?security(?:[ _-]?number)?|national[ _-]?id|passport(?:[ _-]?(?:number|no))?|"
    r"steuer[ _-]?id|tax[ _-]?id|sozialversicherungsnummer|ausweisnummer",
}
_PERSONAL = {type: re.compile(rf"(?i)^(?:[a-z0-9]+[ _-])*(?:{names})$") for type, names in _PERSONAL_NAMES.items()}
NAMED_TYPES = frozenset(_PERSONAL_NAMES)


def span_by_name(text: str, name: str) -> Iterator[tuple[str, Span]]:
    """The whole text, where its name says what it is."""
    if not name or not text.strip():
        return
    spelled = _CAMEL.sub("_", name)
    if SECRET_NAMES.match(spelled) and is_secret_value(text):
        yield SECRETS, Span(0, len(text), "password")
    for type, pattern in _PERSONAL.items():
        if pattern.match(spelled):
            yield PERSONAL_DATA, Span(0, len(text), type)
