"""Every page of the book in a real browser: what a reader meets, over http and opened as a file."""

import io
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from workflow import site

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PAGES = site.toc_pages(ROOT)
CHAPTERS = [page for page in PAGES if re.match(r"\d\d_", page)]
DOWNLOADS = 8  # Chromium grants ten, then makes one page wait


@pytest.fixture(scope="module")
def address(built_site, serve):
    return serve(built_site)


@pytest.fixture
def reader(view, address):
    return view(address)


@pytest.fixture(scope="module")
def seen(window, address):
    """What is wrong with each page, by what was looked for: one visit shows it in every light."""
    reader = window(address)
    found = {}
    for page in PAGES:
        reader.dark(False)
        reader.phone(False)
        reader.open(f"{address}/{page}.html")
        theme = reader.page.locator("html")
        reader.unfold()
        themes = [theme.get_attribute("data-theme")]
        wrong = {"illegible in light": reader.look("illegible")}
        reader.dark()
        themes.append(theme.get_attribute("data-theme"))
        wrong["illegible in the dark"] = reader.look("illegible")
        reader.phone()
        wrong["tooWide"] = reader.look("tooWide")
        reader.page.wait_for_load_state("networkidle")
        wrong |= {name: reader.look(name) for name in ("brokenImages", "imagesWithoutText", "badFormulas")}
        found[page] = wrong | {"complaints": list(reader.complaints), "themes": themes}
    reader.close()
    return found


def of(seen, *names):
    """What was found of these, by page; pages without any left out."""
    found = {page: {name: wrong[name] for name in names if wrong[name]} for page, wrong in seen.items()}
    return {page: wrong for page, wrong in found.items() if wrong}


def test_no_page_complains_asks_outside_or_lacks_a_picture_or_formula(seen):
    assert of(seen, "complaints", "brokenImages", "imagesWithoutText", "badFormulas") == {}


def test_every_page_opens_from_a_file(built_site, view):
    reader = view("file:")
    found = {}
    reader.page.goto((built_site / "index.html").as_uri())
    reader.page.wait_for_url("**/intro.html")
    for page in PAGES:
        reader.open((built_site / f"{page}.html").as_uri())
        found[page] = [*reader.complaints, *reader.look("badFormulas")]
        assert reader.page.locator("article h1").count() == 1, page
    assert {page: wrong for page, wrong in found.items() if wrong} == {}


def test_formulas_are_set(reader, address):
    reader.open(f"{address}/notation.html")
    assert reader.page.locator("mjx-container").count() > 10


def test_every_page_is_legible_in_light_and_in_the_dark(seen):
    assert {page: wrong["themes"] for page, wrong in seen.items()} == {
        page: ["light", "dark"] for page in PAGES
    }
    assert of(seen, "illegible in light", "illegible in the dark") == {}


def test_no_page_is_wider_than_a_telephone(seen):
    assert of(seen, "tooWide") == {}


def test_search_answers_and_finds_nothing_where_there_is_nothing(reader, address):
    reader.open(f"{address}/intro.html")
    reader.page.keyboard.press("Control+k")
    reader.page.locator("dialog input[type=search], .search-button__search-container input").first.fill(
        "Lorenz"
    )
    reader.page.keyboard.press("Enter")
    hits = reader.page.locator("#search-results li a")
    hits.first.wait_for()
    assert "glossary.html" in " ".join(hit.get_attribute("href") or "" for hit in hits.all())
    reader.open(f"{address}/search.html?q=xyzzyplugh")
    reader.page.get_by_text("did not match any documents").wait_for()
    assert hits.count() == 0


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_quiz_and_solutions_are_closed_and_open(reader, address, chapter):
    reader.open(f"{address}/{chapter}.html")
    quiz = reader.page.locator("details.sd-dropdown").all()
    solutions = reader.page.locator("article details", has_text="Show the solution").all()
    assert len(quiz) >= 2 and len(solutions) >= 1
    for box in [*quiz, *solutions]:
        assert box.get_attribute("open") is None
        box.locator("summary").click()
        assert box.get_attribute("open") is not None
        assert len(box.inner_text().strip()) > len(box.locator("summary").inner_text().strip())


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_player_has_a_small_clip_and_plays(reader, address, chapter):
    reader.open(f"{address}/{chapter}.html")
    players = reader.page.locator("audio")
    assert players.count() >= 4
    for clip in {player.get_attribute("src") for player in players.all()}:
        answer = reader.page.request.get(f"{address}/{clip}")
        assert answer.status == 200, clip
        assert 10_000 < len(answer.body()) < 50_000, clip
    players.first.click(position={"x": 20, "y": 20})
    reader.page.wait_for_function("document.querySelector('audio').currentTime > 0.3")
    assert reader.complaints == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_results_table_is_its_csv(reader, address, chapter):
    reader.open(f"{address}/{chapter}.html")
    links = reader.page.locator("a[download$='.csv']")
    assert links.count() >= 1
    for number, link in enumerate(links.all(), start=1):
        if number % DOWNLOADS == 0:
            reader.open(f"{address}/{chapter}.html")
        with reader.page.expect_download() as download:
            link.click()
        name = download.value.suggested_filename.removesuffix(".csv")
        table = pd.read_csv(io.BytesIO(Path(download.value.path()).read_bytes()))
        shown = reader.page.locator(f"table#table-{name}")
        assert list(table.columns) == shown.locator("thead th").all_inner_texts()
        assert len(table) == shown.locator("tbody tr").count()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_notebook_can_be_downloaded(reader, address, chapter):
    reader.open(f"{address}/{chapter}.html")
    reader.page.locator(".dropdown-download-buttons > button").click()
    with reader.page.expect_download() as download:
        reader.page.locator(f"a.btn-download-source-button[href$='{chapter}.ipynb']").click()
    notebook = nbformat.read(download.value.path(), as_version=4)
    nbformat.validate(notebook)
    title = reader.page.locator("article h1").inner_text().rstrip("#").split(". ", 1)[-1].strip()
    assert title in notebook.cells[0].source


def test_the_page_says_its_licence_and_has_an_icon(reader, address):
    reader.open(f"{address}/intro.html")
    assert "CC BY 4.0" in reader.page.locator(".bd-footer-content").inner_text()
    icon = reader.page.locator("link[rel='icon']").get_attribute("href")
    assert reader.page.request.get(f"{address}/{icon}").ok
