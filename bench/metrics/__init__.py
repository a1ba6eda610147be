"""How long the standard metrics take to ask for, at a hundred thousand runs, a million and ten million."""
