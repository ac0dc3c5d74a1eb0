"""The targets of the calibration are what the real data gives: measured again here."""

import os
from pathlib import Path

import pytest

from musicrec import data
from musicrec.listeners import calibration

pytestmark = pytest.mark.real


def test_targets_of_plays() -> None:
    found = calibration.of_plays(data.load("lastfm-2k").interactions.matrix)
    targets = calibration.targets().query("dataset == 'lastfm-2k'")["value"]
    assert {name: round(value, 4) for name, value in found.items()} == targets.to_dict()


def test_targets_of_sessions() -> None:
    folder = Path(os.environ["MUSICREC_DATA"]) / "nowplaying-sessions"
    sessions = [
        [int(item) for item in line.split()]
        for part in ("train", "test")
        for line in (folder / f"{part}_sessions.txt").read_text().splitlines()
    ]
    found = calibration.of_sessions(sessions)
    targets = calibration.targets().query("dataset == 'nowplaying'")["value"]
    assert {name: round(value, 4) for name, value in found.items()} == targets.to_dict()
