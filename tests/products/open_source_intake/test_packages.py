"""Which cases a machine has."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from goldenthread.products.open_source_intake import survey
from goldenthread.products.open_source_intake.packages import sibling_key

DEP5 = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: made up

Files: *
Copyright: 2020 Somebody
License: GPL-2+ or Expat

Files: debian/*
Copyright: 2021 Packager
License: ISC

License: GPL-2+
 The words of the first.
 .
 The full text is in `/usr/share/common-licenses/GPL-2'.

License: Expat
 The words of the second.

License: ISC
 The words of the packager.
"""


def requests(machine: Any) -> list[str]:
    return [package.request for package in survey(machine.places).packages]


def test_one_case_per_debian_source(machine: Any) -> None:
    """Two binaries of one source would otherwise be each other's precedent."""
    machine.debian("libfoo1", DEP5, source="foo")
    machine.debian("libfoo-dev", DEP5, source="foo")
    assert requests(machine) == ["debian/foo"]


def test_debian_evidence_is_the_texts_over_the_main_files(machine: Any) -> None:
    """The packaging's own licence does not enter the product."""
    machine.debian("foo", DEP5)
    (package,) = survey(machine.places).packages
    assert sorted(package.evidence.texts) == [
        "The words of the first.\n\nThe full text is in `/usr/share/common-licenses/'.",
        "The words of the second.",
    ]
    assert package.declaration.statements == ("GPL-2+ or Expat",)


def test_the_header_speaks_for_the_whole_package(machine: Any) -> None:
    """DEP-5 gives the header's licence for the package as a whole."""
    machine.debian("foo", DEP5.replace("Upstream-Name: made up", "License: ISC"))
    (package,) = survey(machine.places).packages
    assert package.declaration.statements == ("ISC",)
    assert package.evidence.texts == ("The words of the packager.",)


def test_the_same_source_in_two_ecosystems_is_one_case(machine: Any) -> None:
    """Debian's copy of a Python package would give its answer away; the copy with texts is kept."""
    machine.python("foo", {"License": "MIT"})
    machine.debian("python3-foo", DEP5, source="python-foo")
    machine.python("bar", {"License": "MIT"}, a="The words.")
    machine.debian("python3-bar", DEP5, source="python-bar")
    assert sorted(requests(machine)) == ["debian/python-foo", "pypi/bar"]


def test_a_python_distribution_counts_once(machine: Any, tmp_path: Path) -> None:
    """Several interpreters hold the same distribution."""
    machine.python("Foo_Bar", {"License": "MIT"})
    machine.python("foo-bar", {"License": "ISC"})
    assert requests(machine) == ["pypi/foo-bar"]


def test_npm_packages_are_found_nested_and_scoped(machine: Any) -> None:
    """Most npm packages lie below others."""
    machine.npm("one", {"name": "one", "license": "MIT"}, "The words.")
    machine.npm("two", {"name": "@s/two", "license": {"type": "ISC"}}, inside="@s")
    machine.npm("three", {"name": "three"}, inside="one/node_modules")
    found = {package.request: package.declaration.statements for package in survey(machine.places).packages}
    assert found == {"npm/one": ("MIT",), "npm/@s/two": ("ISC",), "npm/three": ()}


def test_the_order_is_the_machine_s_not_the_folder_s(machine: Any) -> None:
    """Twice the same cases in the same order, and not the alphabet's, which would bring siblings together."""
    for name in ("alpha", "beta", "gamma", "delta", "epsilon"):
        machine.python(name, {"License": "MIT"})
    assert requests(machine) == requests(machine) != sorted(requests(machine))


def test_siblings_share_a_key() -> None:
    """Packages cut from one source are no precedents for each other."""
    assert sibling_key("debian/gcc-12") == sibling_key("debian/gcc-11") == "gcc"
    assert sibling_key("debian/python-requests") == sibling_key("pypi/requests") == "requests"
    assert sibling_key("npm/@npmcli/fs-minipass") == sibling_key("npm/fs-minipass")
    assert sibling_key("debian/7zip") == "7zip"


def test_hostile_files_are_counted_not_raised(machine: Any) -> None:
    """One broken package must not stop the intake of all others."""
    machine.python("good", {"License": "MIT"})
    machine.python("nameless", "Metadata-Version: 2.1\n")
    machine.python("evil", {"Name": "../../etc/passwd"})
    machine.python("big", "Name: big\n" + "X" * 1_100_000)
    (machine.python("binary") / "METADATA").write_bytes(b"Name: x\0y\n")
    machine.npm("list", [1, 2])
    machine.npm("deep", {"name": "deep"}).joinpath("package.json").write_text("[" * 100_000, encoding="utf-8")
    machine.npm("odd", {"name": 7})
    machine.npm("surrogate", {"name": "surrogate", "description": "\ud800 bad", "license": ["MIT"]})
    machine.debian("garbage", b"\xff\xfe\x01 no format")
    machine.debian("torn", "Format: x\nno field here\n")
    machine.debian("bare", "Format: x\n\nFiles: lib/*\nLicense: MIT\n")
    machine.debian("latin", DEP5.replace("Somebody", "Sömebody").encode("latin-1"))
    found = survey(machine.places)
    assert sorted(package.request for package in found.packages) == ["debian/latin", "npm/surrogate", "pypi/good"]
    assert found.skipped == {
        "binary file": 1,
        "copyright file is not machine-readable": 1,
        "file too large": 1,
        "malformed control file": 1,
        "malformed name": 1,
        "malformed package.json": 2,
        "metadata without a name": 1,
        "no licence declared for the whole package": 1,
        "package.json without a name": 1,
    }


def test_links_lead_nowhere(machine: Any, tmp_path: Path) -> None:
    """A link loop must end, and a licence file must not show a secret of the machine."""
    folder = machine.python("good", {"License": "MIT"})
    secret = tmp_path / "secret"
    secret.write_text("a secret", encoding="utf-8")
    (folder / "licenses" / "LICENSE.secret").symlink_to(secret)
    (folder / "licenses" / "LICENSE.loop").symlink_to(folder / "licenses" / "LICENSE.loop")
    (folder / "LICENSE").symlink_to(folder)
    (tmp_path / "site" / "loop.dist-info").symlink_to(tmp_path / "site")
    (machine.npm("one", {"name": "one"}) / "node_modules").symlink_to(tmp_path / "node")
    found = survey(machine.places)
    assert sorted(package.request for package in found.packages) == ["npm/one", "pypi/good"]
    assert all(package.evidence.texts == () for package in found.packages)


def test_a_pipe_does_not_block(machine: Any) -> None:
    """Opening a pipe without a writer would wait for ever."""
    if sys.platform == "win32":
        return
    folder = machine.python("pipe", {"License": "MIT"})
    os.mkfifo(folder / "LICENSE")
    (package,) = survey(machine.places).packages
    assert package.evidence.texts == ()


def test_a_machine_without_anything_has_no_cases(tmp_path: Path, machine: Any) -> None:
    """The product must start on every machine."""
    assert survey(machine.places).packages == ()
