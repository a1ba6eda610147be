"""Pages and deeds by area; each module lists its own as `PAGES`, `PARTS` and `DEEDS`."""
