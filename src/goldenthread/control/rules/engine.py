"""The CEL engine: the Rust extension of `common-expression-language`, without the command line it comes with."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module, util
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder
from types import ModuleType

_NAME = "cel.cel"


@cache
def engine() -> ModuleType:
    """
    The module with `compile` and `Context`.

    The package's own `__init__` imports a terminal toolkit, which takes most of a second; the extension alone takes
    milliseconds. Where it does not lie as expected, the package is imported as its authors meant it.

    Raises:
        ImportError: It is not installed, or not for this Python.
    """
    if _NAME in sys.modules:
        return sys.modules[_NAME]
    package = util.find_spec("cel")
    for folder in (package.submodule_search_locations or ()) if package is not None else ():
        found = FileFinder(folder, (ExtensionFileLoader, EXTENSION_SUFFIXES)).find_spec(_NAME)
        if found is not None and found.loader is not None:
            module = util.module_from_spec(found)
            found.loader.exec_module(module)
            sys.modules[_NAME] = module  # whoever imports the whole package later gets this one
            return module
    return import_module(_NAME)
