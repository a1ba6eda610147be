"""For every test: the network is closed (see tests/closed_network.py)."""

pytest_plugins = ["closed_network"]
