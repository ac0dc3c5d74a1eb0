"""Figures from the literature."""

import re
from pathlib import Path

import pytest

from musicrec import data, study
from musicrec.errors import CorruptData, UnknownName
from musicrec.study.literature import all_published

BIBLIOGRAPHY = Path(__file__).parents[2] / "book" / "references.bib"


def test_a_figure_is_glued_with_its_source(glued):
    figure = study.published("hetrec.listeners")
    assert figure.value == 1892 and figure.cite == "cantador2011" and "readme" in figure.where
    assert glued == {"published.hetrec.listeners": 1892}


def test_an_unknown_figure_lists_those_there_are():
    with pytest.raises(UnknownName, match=r"no published figure 'hetrec\.users'.*hetrec\.listeners"):
        study.published("hetrec.users")


def test_each_figure_says_where_it_stands_in_a_listed_source():
    keys = set(re.findall(r"^@\w+\{([^,\s]+)", BIBLIOGRAPHY.read_text(encoding="utf-8"), re.MULTILINE))
    for figure in all_published().values():
        assert figure.where.strip() and figure.counts.strip(), figure.id
        assert figure.cite in keys, f"{figure.id} cites {figure.cite}, which book/references.bib lacks"


def test_the_figures_of_the_dataset_agree_with_one_another():
    value = {name.removeprefix("hetrec."): figure.value for name, figure in all_published().items()}
    assert value["friend_rows"] == 2 * value["friendships"]
    assert round(value["pairs"] / value["listeners"], 3) == value["artists_per_listener"]
    assert round(value["pairs"] / value["artists"], 3) == value["listeners_per_artist"]
    assert round(value["tag_assignments"] / value["listeners"], 3) == value["tag_assignments_per_listener"]
    assert value["review.precision"] == value["review.recommended_relevant"] / value["review.recommended"]
    assert value["review.recall"] == value["review.relevant_recommended"] / value["review.relevant"]


@pytest.mark.parametrize(
    "content",
    [
        "[a.b",
        "[a.b]\nvalue = 1\n",
        "[a.b]\nvalue = '1'\nunit=''\ncite='c'\nwhere='w'\ncounts='x'\n",
        "a = 1\n",
    ],
)
def test_a_damaged_list_says_what_to_do(tmp_path, monkeypatch, content):
    (tmp_path / "published.toml").write_text(content)
    monkeypatch.setattr("musicrec.study.literature.shipped", lambda name: tmp_path / name)
    all_published.cache_clear()
    try:
        with pytest.raises(CorruptData, match="git checkout"):
            all_published()
    finally:
        all_published.cache_clear()


@pytest.mark.real
def test_the_dataset_we_read_is_the_one_that_was_published():
    ds = data.load("lastfm-2k")
    counted = {"listeners": ds.interactions.n_users, "artists": ds.interactions.n_items}
    counted |= {"pairs": ds.interactions.binary.nnz, "friend_rows": len(ds.table("friends"))}
    for name, count in counted.items():
        assert all_published()[f"hetrec.{name}"].value == count, name
