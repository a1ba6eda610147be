"""From a declaration to the recorded decision."""

from __future__ import annotations

import pytest

from goldenthread.products.open_source_intake import Decision, recorded_decision
from goldenthread.products.open_source_intake.licences import admits, members, normalised
from goldenthread.products.open_source_intake.packages import Declaration


@pytest.mark.parametrize(
    ("dialect", "statement", "expression"),
    [
        ("spdx", "MIT", "MIT"),
        ("spdx", "mit", "MIT"),
        ("spdx", "(MIT OR Apache-2.0)", "Apache-2.0 OR MIT"),
        ("spdx", "GPL-2.0", "GPL-2.0-only"),
        ("spdx", "GPL-2.0+", "GPL-2.0-or-later"),
        ("spdx", "MIT AND (ISC AND Zlib)", "ISC AND MIT AND Zlib"),
        ("spdx", "SEE LICENSE IN LICENSE.md", None),
        ("spdx", "UNLICENSED", None),
        ("spdx", "LicenseRef-scancode-3com-microcode", None),
        ("spdx", "MIT AND", None),
        ("spdx", "((((", None),
        ("spdx", "MIT" * 1000, None),
        ("spdx", "", None),
        ("debian", "Expat", "MIT"),
        ("debian", "GPL-2+", "GPL-2.0-or-later"),
        ("debian", "GPL-3", "GPL-3.0-only"),
        ("debian", "LGPL-2.1+", "LGPL-2.1-or-later"),
        ("debian", "LGPL-3.0", "LGPL-3.0-only"),
        ("debian", "BSD-3-clause", "BSD-3-Clause"),
        ("debian", "Artistic or GPL-1+", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ("debian", "GPL-2+ or AFL-2.1, and Expat", "MIT AND (AFL-2.1 OR GPL-2.0-or-later)"),
        ("debian", "GPL-2+ or Expat and ISC", "GPL-2.0-or-later OR (ISC AND MIT)"),
        ("debian", "GPL-3+ with Bison exception", "GPL-3.0-or-later WITH Bison-exception-2.2"),
        ("debian", "GPL-2+ with OpenSSL exception", None),
        ("debian", "public-domain", None),
        ("debian", "MIT/X11", None),
        ("debian", "GPL-2+ and permissive", None),
        ("python", "Apache License, Version 2.0", "Apache-2.0"),
        ("python", "BSD-3-Clause", "BSD-3-Clause"),
        ("python", "New BSD License", "BSD-3-Clause"),
        ("python", "License :: OSI Approved :: MIT License", "MIT"),
        ("python", "License :: OSI Approved :: BSD License", None),
        ("python", "License :: OSI Approved :: Apache Software License", None),
        ("python", "BSD", None),
        ("python", "Dual License", None),
        ("python", "GPLv2", None),
    ],
)
def test_declarations_become_spdx_or_nothing(dialect: str, statement: str, expression: str | None) -> None:
    """A guess at an ambiguous name would be a recorded decision that nobody made."""
    assert normalised(statement, dialect) == expression


@pytest.mark.parametrize(
    ("expression", "admitted"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("ISC", False),
        ("Apache-2.0 OR GPL-2.0-only", True),
        ("Apache-2.0 AND GPL-2.0-only", False),
        ("Apache-2.0 AND MIT", True),
        ("(GPL-2.0-only OR MIT) AND BSD-3-Clause", True),
        ("(GPL-2.0-only OR ISC) AND BSD-3-Clause", False),
        ("Apache-2.0 WITH LLVM-exception", False),
    ],
)
def test_or_needs_one_branch_and_and_needs_all(expression: str, admitted: bool) -> None:
    """The stated choice for dual licences: we may take the branch that is allowed."""
    assert admits(expression) is admitted


def test_the_first_statement_that_names_a_licence_decides() -> None:
    """A vague `License` field is often beside a clear classifier."""
    vague = Declaration(statements=("see file", "License :: OSI Approved :: MIT License"), dialect="python")
    assert recorded_decision(vague) == Decision(action="admit_package", licence="MIT")
    assert recorded_decision(vague, allowed=["ISC"]) == Decision(action="refuse_package", licence="MIT")
    assert recorded_decision(Declaration(statements=("see file",), dialect="python")) is None


def test_expressions_come_apart() -> None:
    """Citations bear single licences, decisions whole expressions."""
    assert members("(GPL-2.0-only OR MIT) AND MIT") == ("GPL-2.0-only", "MIT")
    assert members("GPL-2.0-only WITH Linux-syscall-note") == ("GPL-2.0-only WITH Linux-syscall-note",)
