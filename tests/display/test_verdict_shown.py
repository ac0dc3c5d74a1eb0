"""The verdict on a claim, as a page shows it."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from musicrec import display, study
from musicrec.study.judgements import Judgement, Verdict
from musicrec.study.kept import Recorded
from musicrec.study.records import Results

CLAIM = "cf-cold-start"
CHAPTER = "02_collaborative_filtering"


class Table(HTMLParser):
    """Rows of the table, and all words of the page."""

    def __init__(self, page):
        super().__init__()
        self.rows, self.words, self.inside = [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])
        self.inside = tag in ("td", "th")
        if self.inside:
            self.rows[-1].append("")

    def handle_data(self, text):
        self.words.append(text)
        if self.inside:
            self.rows[-1][-1] += text

    def handle_endtag(self, tag):
        self.inside = False


def judgement(name, word, difference=0.05, evidence="simulated"):
    test = study.claim(CLAIM).tests[name]
    return Judgement(
        verdict=word,
        treatment=test.treatment,
        baseline=test.baseline,
        metric=test.metric,
        direction=test.direction,
        smallest=test.smallest,
        evidence=evidence,
        sides=(0.1 + difference, 0.1),
        difference=difference,
        interval=(difference - 0.01, difference + 0.01),
        p=0.001,
        p_holm=0.003,
        sample={"listeners": 400, "seeds": 3},
    )


@pytest.fixture
def here():
    tests = {name: judgement(name, "supported") for name in study.claim(CLAIM).tests}
    return Verdict(CLAIM, "supported", tuple(tests), tests, "songbook")


def kept(*verdicts, kept=True):
    about = {"datasets": {}, "commit": None, "dirty": False, "date": "2026-01-02T03:04:05Z"}
    found = Results(
        CHAPTER, "real", "book", verdicts={each.claim: each for each in verdicts}, provenance=about
    )
    return Recorded(CHAPTER, "real", found, kept)


@pytest.fixture
def there(here):
    tests = {name: replace(test, evidence="real") for name, test in here.tests.items()}
    tests["new-listeners"] = judgement("new-listeners", "not supported", -0.05, "real")
    return Verdict(CLAIM, "not supported", ("new-listeners",), tests, "lastfm-2k")


def shown(*arguments):
    return display.verdict(*arguments).bundle["text/html"]


def test_this_run_stands_beside_the_recorded_one(here, there):
    page = Table(shown(here, kept(there)))
    head, *rows = page.rows
    assert head == [
        "test", "run", "treatment", "baseline", "difference", "95% interval", "verdict",
    ]  # fmt: skip
    names = list(study.claim(CLAIM).tests)
    assert [row[:2] for row in rows] == [
        [name, f"{run}, {whose} listeners"]
        for name in names
        for run, whose in (("this run", "simulated"), ("recorded", "real"))
    ]
    assert rows[-2][4:] == ["0.05", "0.04\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}0.06", "supported"]
    assert rows[-1][4:] == [
        "\N{MINUS SIGN}0.05",
        "\N{MINUS SIGN}0.06\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}\N{MINUS SIGN}0.04",
        "not supported",
    ]


def test_the_claim_is_said_with_its_tests_and_who_decided(here, there):
    said = " ".join(Table(shown(here, kept(there))).words)
    claim = study.claim(CLAIM)
    assert claim.statement in said and "sections 1 and 2 of the review" in said
    for test in claim.tests.values():
        assert test.population in said and f"{test.treatment} against {test.baseline}, {test.metric}" in said
    assert "the difference must be above 0.01" in said
    assert "This run: supported" in said and "Recorded: not supported, decided by new-listeners" in said
    assert "recorded 2026-01-02" in said


def test_before_a_real_run_the_page_says_what_is_missing(here):
    nothing = Recorded(CHAPTER, "real", None, kept=False)
    page = shown(here, nothing)
    assert "no recorded run yet" in page and "this run" in page
    assert [row[1] for row in Table(page).rows[1:]] == ["this run, simulated listeners"] * 3
    assert "not judged in that run" in shown(here, kept())
    assert "ecorded" not in shown(here)


def test_the_real_edition_that_is_not_kept_is_not_shown_twice(here):
    assert [row[1] for row in Table(shown(here, kept(here, kept=False))).rows[1:]] == [
        "this run, simulated listeners"
    ] * 3


def test_a_test_that_could_not_be_made_says_why(here):
    test = here.tests["new-listeners"]
    bare = Judgement(
        "not testable", test.treatment, test.baseline, test.metric, "higher", 0.01, why="no <plays>"
    )
    found = replace(here, verdict="inconclusive", tests={**here.tests, "new-listeners": bare})
    page = shown(found)
    assert Table(page).rows[-1][2:] == ["–", "–", "–", "–", "not testable: no <plays>"]
    assert "<plays>" not in page


def test_worlds_are_named(here):
    said = shown(replace(here, worlds="worlds 0 to 2, heard share 0.2 to 0.8"))
    assert "supported (in worlds 0 to 2, heard share 0.2 to 0.8)" in said


def test_it_is_read_without_colour_and_by_machines(here, there):
    page = shown(here, kept(there))
    assert "color" not in page, "nothing is said by colour"
    assert "<caption" in page and page.count('<th scope="col"') == 7 and "Download CSV" in page
    assert re.findall(r'id="([^"]*)"', page) == [f"table-verdict-{CLAIM}"]


def test_in_a_plain_program_it_is_one_line(here, there):
    assert repr(display.verdict(here, kept(there))) == (
        f"<verdict on {CLAIM}; this run: supported; recorded: not supported, decided by new-listeners>"
    )
