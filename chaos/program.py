"""`goldenthread ARGUMENTS`, with the clock of this scene: `python -m chaos.program work chaos.desk:worker`."""

from __future__ import annotations

import os

from chaos.clock import install
from chaos.leash import hold
from chaos.place import NAME, Place
from goldenthread.surfaces.cli import main

if __name__ == "__main__":
    hold()
    install(Place.here().clock(os.environ[NAME]))
    main()
