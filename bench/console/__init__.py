"""How fast the console's pages are over ten million runs, and what it bears of people who look and answer at once."""
