"""The report of a log: what was read, what it shows, and what of that its owner should know first."""
