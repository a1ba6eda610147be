"""Work: what carries agents' runs and what follows from them: durable runs, effects, events out. Never decides."""
