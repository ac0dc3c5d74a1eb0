"""Cards say what is known, play what there is, and let no catalogue write HTML."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicrec import data, display
from musicrec.audio.library import AudioLibrary
from musicrec.errors import InvalidArgument, InvalidData, UnknownName

SOUND = np.sin(np.arange(22050) / 9)
EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


class Seen(HTMLParser):
    """Elements and text of a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += [data.strip()] if data.strip() else []

    def all(self, tag):
        return [attributes for found, attributes in self.elements if found == tag]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the clips go."""
    monkeypatch.setenv("MUSICREC_CLIPS", str(tmp_path / "clips"))
    return tmp_path / "clips"


def seen(shown):
    return Seen(shown.bundle["text/html"])


@pytest.fixture(scope="module")
def ds():
    """Six pieces; the catalogue has gaps, one piece has no sound, one sound is broken."""
    labels = pd.Index([f"p{code}" for code in range(6)], name="item")
    missing = [float("nan"), None, pd.NA]
    items = pd.DataFrame(
        {
            "title": ["Ada's Reel", "Sonata", EVIL, *missing],
            "artist": ["Ada", missing[0], "Bob", "Bob", missing[1], missing[2]],
            "style": ["reel", "sonata", EVIL, missing[0], missing[1], missing[2]],
        },
        index=labels,
    )

    def source(label):
        if label == "p4":
            raise InvalidData("no notes")
        return SOUND.astype(np.float32) * (1 + labels.get_loc(label))

    x = data.Interactions.from_frame(pd.DataFrame({"user": ["u"], "item": ["p0"]}), items=labels)
    library = AudioLibrary(labels[:5], source, key="toy", seconds=1.0)
    return data.Dataset("toy", "Toy", "simulated", x, items, pd.DataFrame(index=x.users), audio=library)


def test_a_card_says_what_is_known_and_plays(folder):
    card = display.player(SOUND, 22050, title="Ada's Reel", composer="Ada", style="reel", note="played")
    found = Seen(card._repr_mimebundle_()["text/html"])
    (audio,) = found.all("audio")
    assert audio["preload"] == "none" and "controls" in audio and "autoplay" not in audio
    assert audio["aria-label"] == "Play Ada's Reel, Ada (reel)"
    assert (folder / audio["src"].removeprefix("_static/clips/")).is_file()
    assert found.text == [
        "Ada's Reel",
        "Ada · reel",
        "played",
        "No sound? Run this notebook: that makes the clips.",
    ]
    assert found.all("svg")[0]["aria-hidden"] == "true"
    assert card._repr_mimebundle_()["text/plain"] == "<player: Ada's Reel, Ada (reel)>"


@pytest.mark.parametrize("gap", [None, float("nan"), pd.NA, "", " "])
def test_what_a_catalogue_does_not_know_is_left_out(gap):
    card = display.player(SOUND, 22050, title="Reel", composer=gap, style=gap, note=gap)
    assert Seen(card.html()).text == ["Reel"]
    assert str(card) == "Reel"


@settings(max_examples=40)
@given(st.text(min_size=1).filter(str.strip))
def test_no_text_becomes_html(text):
    card = display.Card(title=text, composer=text, style=text, note=text, clip="_static/clips/a.mp3")
    found = Seen(card.html())
    assert {tag for tag, _ in found.elements} == {"li", "strong", "div", "audio"}
    assert not {name for _, attributes in found.elements for name in attributes if name.startswith("on")}


def test_a_malicious_title_stays_text():
    row = display.players([display.player(SOUND, 22050, title=EVIL, note=EVIL)], name="evil", alt=EVIL)
    found = seen(row)
    assert not found.all("script") and not found.all("img")
    assert found.text[0] == EVIL and found.all("ul")[0]["aria-label"] == EVIL


def test_a_card_with_its_drawing_stays_small():
    noise = np.random.default_rng(0).normal(size=22050)
    assert len(display.player(noise, 22050, title="Noise").html()) < 1500


def test_a_row_has_its_name_its_words_and_its_titles():
    cards = [display.player(SOUND * k, 22050, title=f"Tone {k}") for k in (1, 2)]
    row = display.players(iter(cards), name="two-tones", alt="Two tones")
    (ul,) = seen(row).all("ul")
    assert (ul["id"], ul["aria-label"], ul["role"]) == ("players-two-tones", "Two tones", "list")
    assert len(seen(row).all("li")) == 2
    assert repr(row) == "<players two-tones: Two tones: Tone 1; Tone 2>"


@pytest.mark.parametrize("title", ["", "  ", None, float("nan"), 3])
def test_a_player_without_a_title_is_an_error(title):
    with pytest.raises(InvalidArgument, match="needs a title"):
        display.player(SOUND, 22050, title=title)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cards": []}, "found nothing"),
        ({"cards": [SOUND]}, "found ndarray"),
        ({"cards": ["a", 1]}, "found int, str"),
        ({"name": "Two Tones"}, "cannot name"),
        ({"alt": " "}, "say in words"),
    ],
)
def test_a_row_of_something_else_is_an_error(given, message):
    good = {"cards": [display.Card("a")], "name": "a", "alt": "A card"}
    with pytest.raises(InvalidArgument, match=message):
        display.players(**(good | given))


def test_recommendations_are_numbered_cards_in_their_order(ds):
    row = display.recommendations(
        ds, np.array([1, 0, -1]), why=["close to Ada", float("nan"), "none left"], name="best"
    )
    found = seen(row)
    assert len(found.all("ol")) == 1 and len(found.all("audio")) == 2
    assert found.text[:4] == ["Sonata", "sonata", "close to Ada", "Ada's Reel"]
    assert found.all("ol")[0]["aria-label"] == "2 recommendations, the best first"
    assert len({audio["src"] for audio in found.all("audio")}) == 1, "the two differ in loudness alone"


def test_a_list_is_cut_at_k(ds):
    assert len(seen(display.recommendations(ds, [0, 1, 2, 3], k=2, name="best")).all("li")) == 2
    assert len(seen(display.recommendations(ds, [0, 1, 2, 3], name="best")).all("li")) == 4


def test_gaps_in_the_catalogue_and_the_library_leave_a_card(ds):
    found = seen(display.recommendations(ds, [3, 4, 5], name="best"))
    assert found.text[:5] == ["untitled (p3)", "Bob", "untitled (p4)", "(no sound)", "untitled (p5)"]
    assert len(found.all("audio")) == 1, "p4 is broken and p5 was never recorded"


def test_a_catalogue_writes_no_html(ds):
    found = seen(display.recommendations(ds, [2], name="best"))
    assert not found.all("script") and not found.all("img") and found.text[0] == EVIL


def test_a_dataset_without_sound_has_the_same_cards_without_players(ds):
    names = pd.DataFrame({"title": ["Ada"], "artist": ["Ada"]}, index=pd.Index(["p0"], name="item"))
    x = data.Interactions.from_frame(pd.DataFrame({"user": ["u"], "item": ["p0"]}))
    mute = data.Dataset("mute", "Mute", "real", x, names, pd.DataFrame(index=x.users))
    found = seen(display.recommendations(mute, [0], name="best"))
    assert found.text == ["Ada"] and not found.all("audio")
    assert found.all("li") == [{"class": "musicrec-card"}]


@pytest.mark.parametrize(
    ("codes", "options", "error", "message"),
    [
        ([[0, 1]], {}, InvalidArgument, r"shape \(1, 2\).*recommend\(\[user\]\)\[0\]"),
        (["p0"], {}, InvalidArgument, "one row of item codes"),
        ([0.0], {}, InvalidArgument, "found float64"),
        ([6], {}, UnknownName, "code 6; toy has items 0 to 5"),
        ([-2], {}, UnknownName, "code -2"),
        ([-1, -1], {}, InvalidArgument, "nothing was left to recommend"),
        (np.array([], dtype=int), {}, InvalidArgument, "nothing was left to recommend"),
        ([0, 1], {"why": ["x"]}, InvalidArgument, "2 codes and 1 reasons .why.. Give one a code"),
        ([0], {"k": 0}, InvalidArgument, "k is 0"),
        ([0], {"name": "My List"}, InvalidArgument, "cannot name"),
    ],
)
def test_what_is_no_list_of_codes_is_said(ds, codes, options, error, message):
    with pytest.raises(error, match=message):
        display.recommendations(ds, codes, **({"name": "best"} | options))


@pytest.mark.parametrize("label", ["p9", 0, ["p0"], None])
def test_an_item_that_is_not_there_is_said(ds, label):
    with pytest.raises(UnknownName, match=r"toy has no item .*'p0'.*ds\.items\.index"):
        display.item_card(ds, label)
