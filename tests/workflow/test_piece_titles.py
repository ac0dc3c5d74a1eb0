"""Titles of old ABC files become readable."""

import pandas as pd
import pytest

from workflow.piece_titles import clean_title, number_duplicates, person


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("BLACK-EYED LASSIE -- REEL., THE", "The Black-Eyed Lassie"),
        (r"La Nov\'ell\'e Hol\'endoise.", "La Novéllé Holéndoise"),
        ("DAN BACKUS' FAVORITE -- REEL.", "Dan Backus' Favorite"),
        ("Amat:eur -- Hornpipe", "Amateur"),
        ("Ohime`, se tanto amate", "Ohimè, se tanto amate"),
        ('"Pop Goes the Weasel." -- Jig', "Pop Goes the Weasel"),
        ("Salt &amp; Pepper", "Salt & Pepper"),
        ("", ""),
    ],
)
def test_titles(raw, clean):
    assert clean_title(raw) == clean


@pytest.mark.parametrize(
    ("raw", "name"),
    [("FRANK LIVINGSTON.", "Frank Livingston"), ("J.HAND", "J. Hand"), ("SCOTCH.", ""), ("", "")],
)
def test_names(raw, name):
    assert person(raw) == name


def test_duplicates_are_numbered_within_a_style():
    styles, titles = pd.Series(["reel", "reel", "jig", "reel"]), pd.Series(["A", "a", "A", "B"])
    assert number_duplicates(styles, titles).tolist() == ["A", "a (2)", "A", "B"]
