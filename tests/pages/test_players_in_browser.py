"""A player on a page: it is made by a run, and a reader can play it, by mouse and by keyboard."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = """---
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# Heard

```{code-cell} ipython3
:tags: [parameters]

edition = "songbook"
profile = "book"
device = "cpu"
seed = 0
```

```{code-cell} ipython3
import numpy as np

from musicrec import display

seconds = np.arange(4 * 22050) / 22050
cards = [display.player(np.sin(2 * np.pi * pitch * seconds), 22050, title=f"<b>A</b> tone of {pitch} hertz",
                        composer="Nobody & nobody", style="tone", note="a sine wave")
         for pitch in (220, 277, 330, 440, 554)]
display.players(cards, name="tones", alt="Five tones of a chord");
```
"""
PLAYED = "audio => audio.paused ? 0 : audio.currentTime"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages of a book of one chapter, made by the workflow: the folder with index.html."""
    root = tmp_path_factory.mktemp("heard") / "project"
    shutil.copytree(ROOT / "workflow", root / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("_config.yml", "CITATION.cff", "constraints.txt", "book/references.bib"):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
    (root / "book" / "intro.md").write_text("# A book\n", encoding="utf-8")
    (root / "chapters").mkdir()
    (root / "chapters" / "01_heard.md").write_text(CHAPTER, encoding="utf-8")
    contents = "format: jb-book\nroot: intro\nchapters: [{file: 01_heard}]\n"
    (root / "_toc.yml").write_text(contents, encoding="utf-8")
    command = [sys.executable, "-m", "workflow.run", "book"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "build" / "site" / "_build" / "html"


@pytest.fixture(params=["http", "file"])
def reader(request, pages, view, serve):
    """A view on the chapter, once over http and once opened as a file."""
    address = serve(pages) if request.param == "http" else pages.as_uri()
    return view(address if request.param == "http" else "file:").open(f"{address}/01_heard.html")


def test_a_click_plays_it(reader):
    audio = reader.page.locator("#players-tones audio").nth(1)
    assert audio.get_attribute("preload") == "none"
    audio.click(position={"x": 20, "y": 20})  # the button
    reader.page.wait_for_function(f"({PLAYED})(document.querySelectorAll('audio')[1]) > 0.3")
    assert 3.9 < audio.evaluate("audio => audio.duration") < 4.2
    assert reader.complaints == []


def test_the_keyboard_plays_and_stops_it(reader):
    audio = reader.page.get_by_label("Play <b>A</b> tone of 220 hertz, Nobody & nobody (tone)", exact=True)
    reader.page.locator("article h1").click()
    for _ in range(40):
        reader.page.keyboard.press("Tab")
        if audio.evaluate("audio => audio === document.activeElement"):
            break
    reader.page.keyboard.press("Space")
    reader.page.wait_for_function(f"({PLAYED})(document.querySelector('audio')) > 0.3")
    reader.page.keyboard.press("Space")
    assert audio.evaluate("audio => audio.paused")


@pytest.mark.parametrize("phone", [False, True])
def test_cards_stand_side_by_side_where_there_is_room_and_the_page_never_scrolls_aside(reader, phone):
    reader.phone(phone)
    boxes = [card.bounding_box() for card in reader.page.locator(".musicrec-card").all()]
    assert len(boxes) == 5
    assert len({box["x"] for box in boxes}) == (1 if phone else 3)
    assert reader.look("tooWide") == []


def test_it_is_legible_in_light_and_in_the_dark_and_so_is_its_drawing(reader):
    drawn = reader.page.locator(".musicrec-card svg path").first
    colours = []
    for dark in (False, True):
        reader.dark(dark)
        assert reader.look("illegible") == []
        colours.append(drawn.evaluate("path => getComputedStyle(path).stroke"))
    assert colours[0] != colours[1]


def test_the_page_does_not_ask_its_reader_to_run_anything(reader):
    assert reader.page.get_by_text("No sound?").count() == 1
    assert not reader.page.get_by_text("No sound?").is_visible()
