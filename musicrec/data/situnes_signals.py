"""What SiTunes measured around each rating: time of day, weather, place, and the signals of a wristband.

Records have numbers, from 1 on, by which a rating finds its own. Source: the readme of the dataset, which
says what each field means. `situnes` joins them to the ratings.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from musicrec.data.tables import file_text
from musicrec.errors import CorruptData, DataUnavailable, InvalidData

PARTS_OF_DAY = {1: "morning", 2: "afternoon", 3: "evening"}
WEATHER = {0: "sunny", 1: "cloudy", 2: "rainy"}
ACTIVITIES = ("still", "coming to rest", "walking", "unknown", "lying", "running")
STEPS = 30  # moments before listening that the wristband tells of
SIGNALS = ("heart_rate", "intensity", "steps", "activity")
_MEASURED = ("pressure", "temperature", "humidity", "longitude", "latitude", "speed")
_ADVICE = "Restore the file from where it came."


def read_surroundings(path: Path) -> pd.DataFrame:
    """Time of day, weather and place by the number of the record.

    Parameters
    ----------
    path
        env.json: for each number an object with "time", "weather" (type, pressure, temperature, humidity) and
        "GPS" (longitude, latitude, speed).

    Returns
    -------
    DataFrame
        Columns part_of_day and weather, in words, pressure, temperature, humidity, longitude, latitude and
        speed, in the file's units.

    Raises
    ------
    DataUnavailable
        The file is not there.
    CorruptData
        It is no JSON, as when it was cut off.
    InvalidData
        It holds no records, or one of another form: the message names it.
    """
    try:
        records = json.loads(file_text(path, "ascii"))
    except json.JSONDecodeError as error:
        raise CorruptData(
            f"{path}, line {error.lineno}, character {error.colno}: {error.msg}. The file was cut off or "
            f"altered. {_ADVICE}"
        ) from error
    if not isinstance(records, dict) or not records:
        raise InvalidData(f"{path} holds no records by number. {_ADVICE}")
    rows = {}
    for number, record in records.items():
        try:
            rows[int(number)] = _surroundings(record)
        except (KeyError, TypeError, ValueError):
            raise InvalidData(
                f"{path}, record {number}: found {str(record)[:100]!r} where a time (1 to 3), four numbers "
                f"of weather (its type 0 to 2) and three of GPS are expected. {_ADVICE}"
            ) from None
    return pd.DataFrame.from_dict(rows, orient="index")


def _surroundings(record: dict[str, Any]) -> dict[str, str | float]:
    kind, *weather = record["weather"]
    measured = np.array([*weather, *record["GPS"]], dtype=np.float64)
    if not np.isfinite(measured).all():
        raise ValueError
    words = {"part_of_day": PARTS_OF_DAY[record["time"]], "weather": WEATHER[kind]}
    return words | dict(zip(_MEASURED, measured.tolist(), strict=True))


def read_wrist(path: Path) -> np.ndarray:
    """Signals of the wristband before each record's listening.

    Parameters
    ----------
    path
        wrist.npy.

    Returns
    -------
    float array, shape (n_records, STEPS, len(SIGNALS))
        Row 0 is record 1. The last signal is a position in `ACTIVITIES`.

    Raises
    ------
    DataUnavailable
        The file is not there.
    CorruptData
        It is no NumPy array, or was cut off. Arrays of Python objects are not read.
    InvalidData
        It has another shape, or a value is impossible: the message names the record.
    """
    try:
        signals = np.load(path, allow_pickle=False)
    except OSError as error:
        raise DataUnavailable(f"Cannot read {path}: {error.strerror or error}. {_ADVICE}") from error
    except (ValueError, EOFError) as error:
        raise CorruptData(f"{path} is no whole array of NumPy ({error}). {_ADVICE}") from error
    expected = (STEPS, len(SIGNALS))
    if not isinstance(signals, np.ndarray) or signals.dtype.kind != "f" or signals.shape[1:] != expected:
        raise InvalidData(f"{path} does not hold numbers of shape (records, {STEPS}, 4). {_ADVICE}")
    possible = np.isfinite(signals).all(axis=2) & np.isin(signals[..., 3], range(len(ACTIVITIES)))
    if not possible.all():
        record, step = np.argwhere(~possible)[0]
        raise InvalidData(
            f"{path}, record {record + 1}, step {step}: found {signals[record, step].tolist()} where three "
            f"finite numbers and an activity from 0 to {len(ACTIVITIES) - 1} are expected. {_ADVICE}"
        )
    return signals
