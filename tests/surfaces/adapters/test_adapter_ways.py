"""What each framework does in a way of its own: the tests stand in `frameworks/ways_*.py`, and run where it is."""

from __future__ import annotations

import importlib

from surfaces.adapters.bench import installed

for _framework in installed():
    _module = importlib.import_module(f"surfaces.adapters.frameworks.ways_{_framework}")
    globals().update({name: value for name, value in vars(_module).items() if name.startswith("test_")})
