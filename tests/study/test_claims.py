"""Claims as they are declared."""

import pytest

from musicrec import study
from musicrec.errors import CorruptData, UnknownName
from musicrec.study.declared_claims import claims

GOOD = """
[a-claim]
section = "section 2"
chapters = ["01_listening_data"]
statement = "One is more than the other."

[a-claim.tests.first]
treatment = "One"
baseline = "Other"
metric = "ndcg@10"
population = "everybody"
smallest = 0.01
direction = "higher"
evidence = "both"
"""


@pytest.fixture
def declare(tmp_path, monkeypatch):
    """Replace the file of claims; the real one is read again afterwards."""

    def write(text):
        (tmp_path / "claims.toml").write_text(text, encoding="utf-8")
        monkeypatch.setattr("musicrec.study.declared_claims.shipped", lambda name: tmp_path / name)
        claims.cache_clear()

    yield write
    claims.cache_clear()


def test_the_claims_of_chapter_2_are_declared():
    cold = study.claim("cf-cold-start")
    assert list(cold.tests) == ["new-tracks", "new-tracks-alone", "new-listeners"]
    assert {test.smallest for test in cold.tests.values()} == {0.01}
    scaling = study.claim("cf-scaling")
    assert {test.evidence for test in scaling.tests.values()} == {"machine"}
    assert {test.baseline for test in scaling.tests.values()} == {"ALS"}


def test_every_claim_names_the_chapter_that_judges_it():
    wanted = {
        "02_collaborative_filtering": {"cf-cold-start", "cf-scaling"},
        "03_content_based": {"early-hybrid"},
        "04_cnn_mel": {"cnn-over-handcrafted", "cnn-cold-items", "cnn-transfers", "content-mood"},
        "05_rnn_lstm": {"sequence-over-static", "lstm-long-memory", "context-helps", "daypart-taste"},
        "06_autoencoders": {"ae-sparse", "vae-over-ae", "vae-uncertainty", "vae-generates"},
        "07_hybrids": {"hybrid-deep", "hybrid-over-cf"},
    }
    found = {
        chapter: {id for id, claim in study.claims().items() if chapter in claim.chapters}
        for chapter in wanted
    }
    assert set.union(*found.values()) == set(study.claims())
    assert found == wanted


def test_an_unknown_claim_lists_those_there_are():
    with pytest.raises(UnknownName, match=r"no claim 'cf-warm'.*cf-cold-start, cf-scaling"):
        study.claim("cf-warm")


def test_a_claim_is_read_as_it_stands(declare):
    declare(GOOD)
    found = study.claim("a-claim")
    assert (found.id, found.section, found.chapters) == ("a-claim", "section 2", ("01_listening_data",))
    test = found.tests["first"]
    assert (test.id, test.treatment, test.smallest, test.direction) == ("first", "One", 0.01, "higher")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[a-claim]", "[a-claim"),
        ("a-claim", "A_claim"),
        ("tests.first", "tests.First"),
        ('section = "section 2"\n', ""),
        ('section = "section 2"', "section = 2"),
        ('["01_listening_data"]', '["listening"]'),
        ('["01_listening_data"]', "[]"),
        ("statement", "sentence"),
        ('treatment = "One"\n', ""),
        ('treatment = "One"', 'treatment = " "'),
        ("smallest = 0.01", 'smallest = "0.01"'),
        ("smallest = 0.01", "smallest = nan"),
        ("smallest = 0.01", "smallest = true"),
        ('"higher"', '"better"'),
        ('"both"', '"hearsay"'),
        (GOOD[GOOD.index("[a-claim.tests") :], ""),
        (GOOD[GOOD.index("[a-claim.tests") :], "tests = [1]"),
        (GOOD, "a-claim = 3"),
    ],
)
def test_a_damaged_file_says_what_to_do(declare, old, new):
    assert old in GOOD
    declare(GOOD.replace(old, new))
    with pytest.raises(CorruptData, match="git checkout"):
        study.claims()
