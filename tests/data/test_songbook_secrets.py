"""What a model gets does not tell what only the truth may tell: the style of a piece, and who likes it."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from musicrec import data
from musicrec.audio import score
from musicrec.data import Dataset


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return data.load("songbook")


def told_by_neighbours(styles: pd.Series) -> float:
    """By how many standard errors the next code tells the style of a piece better than chance does."""
    agree = (styles.to_numpy()[1:] == styles.to_numpy()[:-1]).mean()
    chance = (styles.value_counts(normalize=True) ** 2).sum()
    return float((agree - chance) / np.sqrt(chance * (1 - chance) / (len(styles) - 1)))


def told_by_text(labels: pd.Index, styles: pd.Series) -> float:
    """By how many standard errors the letters of a label tell the style better than the commonest style."""
    model = make_pipeline(TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4)), MultinomialNB(alpha=0.1))
    right = (cross_val_predict(model, labels.to_numpy(), styles.to_numpy(), cv=5) == styles).mean()
    chance = styles.value_counts(normalize=True).max()
    return float((right - chance) / np.sqrt(chance * (1 - chance) / len(styles)))


def test_neither_codes_nor_labels_tell_the_style(ds: Dataset) -> None:
    styles = ds.truth.items["style"]
    assert list(ds.items.index[:2]) == ["piece 0001", "piece 0002"]
    assert told_by_neighbours(styles) < 3
    assert told_by_text(ds.items.index, styles) < 3


def test_the_tests_of_codes_and_labels_can_fail() -> None:
    """The committed list is in order of style, and its names are the folders of a corpus."""
    styles = score.catalogue()["style"]
    assert told_by_neighbours(styles) > 30
    assert told_by_text(styles.index, styles) > 10


def test_the_truth_knows_which_piece_is_which(ds: Dataset) -> None:
    listed = score.catalogue().loc[ds.truth.pieces]
    assert ds.truth.pieces.index.equals(ds.items.index)
    assert (listed["title"].to_numpy() == ds.truth.items["title"]).all()
    assert (listed["style"].to_numpy() == ds.truth.items["style"]).all()


def follows_utility(ds: Dataset, table: pd.DataFrame, column: str) -> float:
    """Median over listeners of the rank correlation of a column with what they like; 0 where it is empty."""
    rows = table[["user", "item", column]].dropna()
    utility = ds.truth.utilities[rows["user"], rows["item"]]
    found = [
        spearmanr(utility[rows.index.get_indexer(of.index)], of[column]).statistic
        for _, of in rows.head(200_000).groupby("user")
        if len(of) >= 30 and of[column].min() < of[column].max()
    ]
    return abs(float(np.median(found))) if found else 0.0


def test_no_table_publishes_what_listeners_like(ds: Dataset) -> None:
    for name in ds.tables:
        table = ds.table(name).drop(columns=["time", "shelf"])
        for column in table.columns.drop(["user", "item"]):
            assert follows_utility(ds, table, column) < 0.8, f"{name}: {column}"


@pytest.mark.parametrize("shelf", ["charts", "library"])
def test_a_published_propensity_says_less_than_behaviour(ds: Dataset, shelf: str) -> None:
    shown = ds.table("exposures").query("shelf == @shelf")
    assert shown["propensity"].between(0, 1, inclusive="right").all()
    plays = ds.table("plays")
    assert follows_utility(ds, shown, "propensity") < follows_utility(ds, plays, "completion")


def test_only_the_truth_has_the_propensities_of_a_search(ds: Dataset) -> None:
    shown = ds.table("exposures")
    searched = shown["shelf"] == "search"
    assert shown["propensity"].isna().equals(searched)
    exact = shown.assign(propensity=ds.truth.propensities)
    assert exact["propensity"].between(0, 1, inclusive="right").all()
    assert (exact["propensity"] == shown["propensity"])[~searched].all()
    first = exact[searched & (exact["position"] == 0)]
    assert follows_utility(ds, first, "propensity") > 0.99  # which is why no model gets them
