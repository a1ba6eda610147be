"""The same served guard as for the API."""

from __future__ import annotations

from surfaces.api.conftest import alone, own_town, standing, town

__all__ = ["alone", "own_town", "standing", "town"]
