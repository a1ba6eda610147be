"""
Simulation: a contract played against cases that never were, or against runs on record, by the engine of production.

Knows how a case becomes ledger records, and hands them to the same fold that moves levels live. Refuses to know
storage, people and wall clocks: nothing is written, nothing has effect. Invariants: a label is seen when it is
known and never before; the same seed gives the same play; what is earned here counts nowhere.
"""

from goldenthread.control.simulation.agents import SimulatedAgent
from goldenthread.control.simulation.backtest import Backtest, backtest, backtest_words
from goldenthread.control.simulation.judged import AgentJudged, Judged, judge_runs, runs_as_cases
from goldenthread.control.simulation.judged_words import judged_words
from goldenthread.control.simulation.labelling import Labelling, labelling_of
from goldenthread.control.simulation.naive import NaiveMove, naive_moves
from goldenthread.control.simulation.natures import nature_of
from goldenthread.control.simulation.play import Moment, PlayedCase, PlayedLabel, Player, Source, play
from goldenthread.control.simulation.plays import BEGIN, Played, Setup, Turn, play_all, play_some
from goldenthread.control.simulation.quality import Amount, Change, Delay, Nature, Quality, Rate
from goldenthread.control.simulation.recorded import Recorded, read_csv, read_jsonl
from goldenthread.control.simulation.stated import (
    StatedChange,
    StatedQuality,
    parse_change,
    parse_delay,
    parse_portion,
    parse_quality,
    parse_segment_portion,
)
from goldenthread.control.simulation.summary import Falls, Reached, Share, Simulation, Spread, summarise_plays
from goldenthread.control.simulation.words import simulation_words

__all__ = [
    "BEGIN",
    "AgentJudged",
    "Amount",
    "Backtest",
    "Change",
    "Delay",
    "Falls",
    "Judged",
    "Labelling",
    "Moment",
    "NaiveMove",
    "Nature",
    "Played",
    "PlayedCase",
    "PlayedLabel",
    "Player",
    "Quality",
    "Rate",
    "Reached",
    "Recorded",
    "Setup",
    "Share",
    "SimulatedAgent",
    "Simulation",
    "Source",
    "Spread",
    "StatedChange",
    "StatedQuality",
    "Turn",
    "backtest",
    "backtest_words",
    "judge_runs",
    "judged_words",
    "labelling_of",
    "naive_moves",
    "nature_of",
    "parse_change",
    "parse_delay",
    "parse_portion",
    "parse_quality",
    "parse_segment_portion",
    "play",
    "play_all",
    "play_some",
    "read_csv",
    "read_jsonl",
    "runs_as_cases",
    "simulation_words",
    "summarise_plays",
]
