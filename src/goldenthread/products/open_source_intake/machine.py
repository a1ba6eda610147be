"""All cases that this machine has: the packages found, one per source, in the fixed order, and what was skipped."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from goldenthread.products.open_source_intake import debian, npm, pypi
from goldenthread.products.open_source_intake.packages import Found, Package, Skipped, place_in_order

_PYTHON_FOLDERS = (
    "usr/lib/python3/dist-packages",
    "usr/lib/python3*/site-packages",
    "usr/local/lib/python3*/dist-packages",
    "usr/local/lib/python3*/site-packages",
    "opt/*/lib/python3*/site-packages",
)
_PYTHON_FOLDERS_AT_HOME = (
    ".local/lib/python3*/site-packages",
    ".pyenv/versions/*/lib/python*/site-packages",
)
_NODE_FOLDERS = ("usr/lib/node_modules", "usr/local/lib/node_modules", "opt/*/lib/node_modules")
_NODE_FOLDERS_AT_HOME = (".nvm/versions/node/*/lib/node_modules", "node_modules")


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where to look: the root of Debian's files, site-packages folders and node_modules folders."""

    debian_root: Path
    python: tuple[Path, ...]
    node: tuple[Path, ...]


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The packages in their fixed order, and how many finds were skipped for which reason."""

    packages: tuple[Package, ...]
    skipped: Mapping[str, int]


def places_here() -> Places:
    """This interpreter's own path first, then the folders where Python, npm and Debian install."""
    root, home = Path("/"), Path(os.path.expanduser("~"))  # noqa: PTH111 - stays "~" where there is no home
    own = [Path(entry) for entry in sys.path if entry]
    python = [*own, *_matching(root, _PYTHON_FOLDERS), *_matching(home, _PYTHON_FOLDERS_AT_HOME)]
    node = [*_matching(root, _NODE_FOLDERS), *_matching(home, _NODE_FOLDERS_AT_HOME)]
    return Places(debian_root=root, python=tuple(python), node=tuple(node))


def survey(places: Places) -> Survey:
    """
    Every installed package found at the places, once per source package.

    Args:
        places: Folders; those that do not exist hold nothing.

    Returns:
        Packages in order of the digest of their names: the same machine gives the same order.
    """
    found = list(_everything(places))
    packages = [item for item in found if isinstance(item, Package)]
    skipped = Counter(item.reason for item in found if isinstance(item, Skipped))
    doubles = _doubles({package.request: package for package in packages})
    if doubles:
        skipped["the same source as a package of another ecosystem"] = len(doubles)
    kept = (package for package in packages if package.request not in doubles)
    return Survey(
        packages=tuple(sorted(kept, key=lambda package: place_in_order(package.request))),
        skipped=dict(sorted(skipped.items())),
    )


def _everything(places: Places) -> Iterator[Found]:
    yield from pypi.installed(places.python)
    yield from npm.installed(places.node)
    yield from debian.installed(places.debian_root)


def _doubles(packages: Mapping[str, Package]) -> set[str]:
    """Of a Debian source and the same source of Python or npm, the one with fewer licence texts."""
    doubles: set[str] = set()
    for package in packages.values():
        for name in _names_elsewhere(package):
            if (other := packages.get(name)) is not None:
                poorer = package if other.evidence.texts else other
                doubles.add(poorer.request)
    return doubles


def _names_elsewhere(package: Package) -> set[str]:
    """What a Debian source is called in Python's or npm's registry, told from the names of its binaries."""
    if package.evidence.ecosystem != "debian":
        return set()
    names: set[str] = set()
    for prefix, ecosystem in (("python3-", "pypi"), ("node-", "npm")):
        binaries = [binary for binary in package.evidence.files if binary.startswith(prefix)]
        names.update(f"{ecosystem}/{binary.removeprefix(prefix)}" for binary in binaries)
        names.update(f"{ecosystem}/{package.evidence.name.lower()}" for _ in binaries[:1])
    return names


def _matching(root: Path, patterns: tuple[str, ...]) -> list[Path]:
    return [path for pattern in patterns for path in sorted(root.glob(pattern))]
