"""See the rooms inside."""
