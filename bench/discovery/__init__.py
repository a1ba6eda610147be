"""The whole report of a made event log, beside pm4py as a program of its own."""
