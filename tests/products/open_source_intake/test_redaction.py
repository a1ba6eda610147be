"""The declaration is held back from the agent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from goldenthread.products.open_source_intake import redaction, survey

TEXT = """\
SPDX-License-Identifier: EUPL-1.2
// SPDX-License-Identifier: EUPL-1.2
License: EUPL-1.2
 * License-Expression: EUPL-1.2

Everybody may use this."""


def test_no_field_states_the_python_declaration(machine: Any) -> None:
    """An agent that reads the answer would seem to agree with people."""
    machine.python(
        "foo",
        {
            "License-Expression": "EUPL-1.2",
            "License": "EUPL-1.2",
            "License-File": "EUPL-1.2.txt",
            "Classifier": "License :: OSI Approved :: European Union Public Licence 1.2 (EUPL 1.2)",
            "Summary": "A tool, licensed under EUPL-1.2",
            "Home-page": "https://example.org/licenses/EUPL-1.2",
        },
        a=TEXT,
    )
    (package,) = survey(machine.places).packages
    assert "EUPL" not in json.dumps(package.as_input()).upper()
    assert package.evidence.texts == ("Everybody may use this.",)


def test_no_field_states_the_npm_declaration(machine: Any) -> None:
    """The manifest states it, and often the description too."""
    manifest = {"name": "foo", "license": "MIT", "licenses": [{"type": "MIT"}], "description": "The MIT foo"}
    machine.npm("foo", manifest, TEXT.replace("EUPL-1.2", "MIT"))
    (package,) = survey(machine.places).packages
    assert "MIT" not in json.dumps(package.as_input())
    assert package.evidence.summary == "The … foo"


def test_the_long_description_is_left_out(machine: Any) -> None:
    """Read-me files state the licence in every form there is."""
    machine.python("foo", {"License": "MIT"})
    (package,) = survey(machine.places).packages
    assert "long description" not in json.dumps(package.as_input())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("see /usr/share/common-licenses/GPL-2.", "see /usr/share/common-licenses/."),
        ("see `/usr/share/common-licenses/LGPL-2.1'", "see `/usr/share/common-licenses/'"),
        ("License: GPL-2+\nwords", "words"),
        ("# LICENCE: MIT\nwords", "words"),
        ("The MIT License (MIT)\nwords", "The MIT License (MIT)\nwords"),
        ("Apache License\nVersion 2.0", "Apache License\nVersion 2.0"),
    ],
)
def test_what_goes_and_what_stays_of_a_licence_text(text: str, kept: str) -> None:
    """Statements about the licence go; the licence's own words and title stay, as the evidence."""
    assert redaction.licence_text(text) == kept


def test_the_order_of_texts_tells_nothing(machine: Any) -> None:
    """DEP-5 lists texts in the order of the expression."""
    machine.python("foo", {"License": "MIT"}, a="one", b="two", c="three")
    machine.python("bar", {"License": "MIT"}, a="three", b="one", c="two")
    foo, bar = survey(machine.places).packages
    assert foo.evidence.texts == bar.evidence.texts
