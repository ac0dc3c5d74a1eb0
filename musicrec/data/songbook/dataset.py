"""From the tables of a simulated world to a dataset.

Explained in chapter 01_listening_data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from musicrec.data.dataset import Dataset
from musicrec.data.interactions import Interactions
from musicrec.data.sessions import Sessions
from musicrec.data.songbook.flaws import catalogue_features, style_features
from musicrec.data.songbook.performances import descriptor_features, sound_of
from musicrec.data.songbook.truth import Truth
from musicrec.listeners.exposure import SEARCH, SHELVES
from musicrec.listeners.sessions import DAYPARTS, DEVICES
from musicrec.listeners.taste import MOODS
from musicrec.listeners.world import World

BEGIN = np.datetime64("2024-01-01T00:00:00", "s")  # a Monday; the year means nothing


def assemble(tables: Mapping[str, pd.DataFrame], world: World, provenance: Mapping[str, object]) -> Dataset:
    """The dataset that the tables of a world make; what is in it says `musicrec.data.songbook.load`.

    Parameters
    ----------
    tables
        As the build leaves them: items, true_items, sound, scores, arrangement, users, sessions, plays,
        exposures.
    world
        What they were made with.
    provenance
        Where they come from.
    """
    pieces = tables["true_items"]["item"].rename("piece")
    labels = pd.Index([f"piece {number + 1:04d}" for number in range(len(pieces))], name="item")
    items, true = (
        tables[name].drop(columns="item").set_index(labels).astype({"year": "Int64"})
        for name in ("items", "true_items")
    )
    users = pd.Index([f"listener {number + 1}" for number in range(world.n_users)], name="user")
    sessions, plays = tables["sessions"], tables["plays"]
    plays = plays.assign(user=sessions["user"].to_numpy()[plays["session"]], time=_moment(plays["time"]))
    heard = plays[~plays["skipped"]]
    listened, session = np.unique(heard["session"], return_inverse=True)  # a session of skips alone is none
    situations = sessions.iloc[listened]
    context = pd.DataFrame(
        {
            "time_of_day": _named(situations["daypart"], DAYPARTS),
            "device": _named(situations["device"], DEVICES),
            "mood": _named(situations["mood"], MOODS),
        }
    )
    events = pd.DataFrame(
        {"user": heard["user"], "item": heard["item"], "time": heard["time"], "session": session}
    )
    return Dataset(
        name="songbook",
        title="The Songbook: real compositions, simulated listeners",
        evidence="simulated",
        interactions=Interactions(users, labels, events.reset_index(drop=True)),
        items=items,
        users=pd.DataFrame(
            {
                "joined": _moment(tables["users"]["joined"]),
                "main_device": _named(tables["users"]["main_device"], DEVICES),
            }
        ).set_index(users),
        sessions=Sessions(
            items=heard["item"].to_numpy(dtype=np.int64),
            starts=np.flatnonzero(np.diff(session, prepend=-1)),
            times=heard["time"].to_numpy(),
            users=situations["user"].to_numpy(),
            context=context,
        ),
        audio=sound_of(pieces.set_axis(labels), tables["arrangement"].set_index(labels)),
        truth=Truth(
            world=world,
            items=true,
            **{name: tables[name].set_index(labels) for name in ("sound", "scores", "arrangement")},
            pieces=pieces.set_axis(labels),
            propensities=tables["exposures"]["propensity"],
        ),
        feature_makers={
            "style": style_features,
            "catalogue": catalogue_features,
            "descriptors": descriptor_features,
        },
        tables={"plays": _plays(plays), "exposures": _exposures(tables["exposures"], plays)},
        provenance=provenance,
    )


def _moment(seconds: pd.Series) -> pd.Series:
    return pd.Series(BEGIN + seconds.to_numpy().astype("timedelta64[s]"), index=seconds.index)


def _named(codes: pd.Series, names: Iterable[str]) -> pd.Series:
    return pd.Series(pd.Categorical.from_codes(codes.to_numpy(), pd.Index(list(names))), index=codes.index)


def _plays(plays: pd.DataFrame) -> pd.DataFrame:
    shelf = _named(plays["shelf"], SHELVES)
    return plays.assign(shelf=shelf)[
        ["user", "session", "item", "time", "shelf", "slate", "completion", "skipped"]
    ]


def _exposures(exposures: pd.DataFrame, plays: pd.DataFrame) -> pd.DataFrame:
    """Every position of every slate, with completion and skip of what was chosen.

    A search brings up what fits a listener's taste, so its propensities are in order of her utilities: they
    stay in the truth.
    """
    play = plays.iloc[exposures["slate"]]  # a slate has the number of the play that was chosen from it
    chosen = exposures["chosen"].to_numpy()
    searched = play["shelf"].to_numpy() == SEARCH
    return pd.DataFrame(
        {
            "slate": exposures["slate"],
            "user": play["user"].to_numpy(),
            "time": play["time"].to_numpy(),
            "shelf": _named(play["shelf"].reset_index(drop=True), SHELVES),
            "position": exposures["position"],
            "item": exposures["item"],
            "propensity": exposures["propensity"].mask(searched),
            "chosen": chosen,
            "completion": np.where(chosen, play["completion"], np.nan),
            "skipped": chosen & play["skipped"].to_numpy(),
        }
    )
