"""Figures of a log: each with one definition, counted by DuckDB over the steps in their order."""
