"""Dataset: its parts match, its names are listed where one is wrong, and the truth stays apart."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pytest

from musicrec.data import Dataset, Features, Interactions, Sessions, Split, Splits
from musicrec.errors import InvalidArgument, InvalidData, UnknownName

X = Interactions.from_frame(pd.DataFrame({"user": ["ann", "bob", "bob"], "item": [1, 1, 2]}))
SECRET = pd.DataFrame({"taste": [0.123456, 0.654321]})


@pytest.fixture
def asked():
    return []


@pytest.fixture
def ds(asked):
    def style(dataset):
        asked.append(dataset.name)
        return Features("style", dataset.items.index, ["jig"], np.array([[1.0], [0.0]]))

    return Dataset(
        name="toy",
        title="A toy",
        evidence="simulated",
        interactions=X,
        items=pd.DataFrame({"title": ["Gigue", "Air"], "artist": ["Bach", "Bach"]}, index=[1, 2]),
        users=pd.DataFrame(index=["ann", "bob"]),
        sessions=Sessions([0, 1], [0], users=[1]),
        splits=Splits(
            {"published": Split(train=X.where([True, True, False]), test=X.where([False, False, True]))}
        ),
        truth=SECRET,
        feature_makers={"style": style},
        tables={"friends": pd.DataFrame({"user": ["ann"], "friend": ["bob"]})},
        provenance={"licence": "CC0"},
    )


def test_features_are_made_once_and_kept(ds, asked):
    assert asked == []
    assert ds.features("style") is ds.features("style")
    assert asked == ["toy"]


def test_a_split_hides_only_from_what_listeners_said(ds, asked):
    split = ds.splits["published"]
    assert ds.features("style", hidden=split) is ds.features("style")
    assert asked == ["toy"]

    def tags(dataset, *hidden):
        heard = sum(len(part) for part in hidden)
        return Features("tags", dataset.items.index, ["pipe"], np.array([[5.0 - heard], [0.0]]))

    said = replace(ds, feature_makers={"tags": tags}, said_by_listeners=frozenset({"tags"}))
    assert said.features("tags", hidden=split).matrix[0, 0] == 4
    assert said.features("tags").matrix[0, 0] == 5
    with pytest.raises(InvalidArgument, match=r"hidden must be the split .* found Interactions"):
        said.features("tags", hidden=X)


def test_tables_are_handed_out_as_copies(ds):
    table = ds.table("friends")
    table["user"] = "mallory"
    assert ds.table("friends")["user"].tolist() == ["ann"]


def test_splits_are_a_mapping_by_name(ds):
    assert list(ds.splits) == ["published"]
    assert len(ds.splits) == 1
    assert len(ds.splits["published"].train) == 2
    assert repr(ds.splits) == "Splits(published)"


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda ds: ds.features("smell"), r"toy has no features 'smell'; it has \['style'\]"),
        (lambda ds: ds.table("foes"), r"toy has no table 'foes'; it has \['friends'\]"),
        (
            lambda ds: ds.splits["official"],
            r"No split 'official': this dataset has \['published'\].*data.holdout",
        ),
        (lambda ds: Splits({})["any"], "has no published splits"),
    ],
)
def test_a_name_that_is_not_there_gets_the_list(ds, ask, why):
    with pytest.raises(UnknownName, match=why):
        ask(ds)


@pytest.mark.parametrize(
    ("change", "error", "why"),
    [
        ({"evidence": "guessed"}, InvalidArgument, "evidence is 'guessed'; it must be 'real' or 'simulated'"),
        ({"users": pd.DataFrame(index=["bob", "ann"])}, InvalidData, "users table of toy.*frame.reindex"),
        (
            {"items": pd.DataFrame({"title": "x", "artist": "y"}, index=[1])},
            InvalidData,
            "items table of toy has 1 rows",
        ),
        (
            {"items": pd.DataFrame({"title": "x"}, index=[1, 2])},
            InvalidData,
            r"lacks the columns \['artist'\]",
        ),
        ({"sessions": Sessions([0, 2], [0])}, InvalidData, "the item code 2, but there are only 2 items"),
        (
            {"sessions": Sessions([0, 1], [0], users=[5])},
            InvalidData,
            "the user code 5, but there are only 2 users",
        ),
    ],
)
def test_parts_that_do_not_match_are_refused(ds, change, error, why):
    with pytest.raises(error, match=why):
        replace(ds, **change)


def test_features_over_other_items_are_refused(ds):
    wrong = replace(
        ds, feature_makers={"style": lambda d: Features("style", [2, 1], ["jig"], np.ones((2, 1)))}
    )
    with pytest.raises(InvalidData, match="features 'style' of toy are not aligned to its items"):
        wrong.features("style")


def test_a_dataset_does_not_change(ds):
    with pytest.raises(FrozenInstanceError):
        ds.truth = None


def reachable(thing, seen):
    """Every object that the attributes and containers of a thing lead to."""
    if id(thing) in seen:
        return
    seen[id(thing)] = thing
    inside = list(vars(thing).values()) if hasattr(thing, "__dict__") else []
    if isinstance(thing, dict):
        inside += thing.values()
    elif isinstance(thing, list | tuple):
        inside += thing
    for part in inside:
        reachable(part, seen)


def test_the_truth_is_not_reachable_from_what_a_model_gets(ds):
    seen = {}
    for given in (ds.interactions, ds.sessions, ds.features("style"), dict(ds.splits)):
        reachable(given, seen)
    assert id(ds.truth) not in seen
    reachable(ds, seen)
    assert id(ds.truth) in seen  # the walk does find it where it is


def test_what_a_reader_sees(ds):
    assert repr(ds) == (
        "Dataset toy: A toy (simulated listeners; 2 users, 2 items, 3 events, 3 pairs, density 75.000%)"
    )
    page = ds._repr_html_()
    for said in (
        "A toy",
        "simulated listeners",
        "75.000%",
        "style",
        "friends",
        "published",
        "CC0",
        "kept apart",
    ):
        assert said in page
    assert "0.123456" not in page
    assert "real listeners" in replace(ds, evidence="real", truth=None)._repr_html_()


@pytest.mark.parametrize("name", [["style"], {"style": 1}])
def test_a_name_that_cannot_be_looked_up_gets_the_list_too(ds, name):
    for ask, known in ((ds.features, "style"), (ds.table, "friends"), (ds.splits.__getitem__, "published")):
        with pytest.raises(UnknownName, match=known):
            ask(name)


def test_what_is_written_into_a_table_that_was_handed_out_is_lost(ds):
    given = pd.DataFrame({"title": ["Gigue", "Air"], "artist": ["Bach", "Bach"]}, index=[1, 2])
    ds = replace(ds, items=given)
    items, users = ds.items, ds.users
    items["title"] = "mine"
    items.loc[1, "artist"] = "mine"
    users["age"] = 99
    given["title"] = "mine"
    assert ds.items["title"].tolist() == ["Gigue", "Air"]
    assert ds.items["artist"].tolist() == ["Bach", "Bach"]
    assert list(ds.users.columns) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"interactions": None},
            "interactions of the dataset toy must be of type Interactions, found NoneType",
        ),
        ({"items": {"title": "x"}}, "items of the dataset toy must be of type DataFrame, found dict"),
        ({"users": ["ann", "bob"]}, "users of the dataset toy must be of type DataFrame, found list"),
        ({"sessions": [[1, 2]]}, "sessions of the dataset toy must be of type Sessions or None, found list"),
    ],
)
def test_parts_of_another_type_are_refused(ds, change, why):
    with pytest.raises(InvalidData, match=why):
        replace(ds, **change)


@pytest.mark.parametrize("splits", [None, {"published": X}, ["published"]])
def test_splits_that_are_no_mapping_of_splits_are_refused(splits):
    with pytest.raises(
        InvalidData, match=r"Splits must be a dict .* data\.Split or data\.SessionSplit, found"
    ):
        Splits(splits)
