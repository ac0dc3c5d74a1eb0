"""The checks of the pages themselves: each finds a planted fault, and none complains of a sound page."""

import pytest

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width"><title>A page</title></head>
<body style="background: #fff; color: #222"><main>{}</main></body></html>"""
DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
LOOKS = ("brokenImages", "imagesWithoutText", "badFormulas", "tooWide", "illegible")
SOUND = f"""<h1>Sound</h1><p>Some text.</p><img src="{DOT}" alt="A dot">
<div style="overflow-x: auto"><table style="width: 900px"><tr><td>wide, in its box</td></tr></table></div>
<span class="math"><mjx-container>x</mjx-container></span>
<p style="color: #777; font-size: 30px">Large text may be paler.</p>"""


@pytest.fixture
def opened(view, serve, tmp_path):
    """A function that shows a page with the given body over http, on a telephone, and returns the view."""

    def show(body):
        (tmp_path / "page.html").write_text(PAGE.format(body), encoding="utf-8")
        address = serve(tmp_path)
        reader = view(address)
        reader.phone()
        reader.open(f"{address}/page.html")
        reader.page.wait_for_load_state("networkidle")
        return reader

    return show


def test_a_sound_page_has_no_fault(opened):
    reader = opened(SOUND)
    assert reader.complaints == []
    assert {name: reader.look(name) for name in LOOKS} == {name: [] for name in LOOKS}


@pytest.mark.parametrize(
    ("look", "fault"),
    [
        ("brokenImages", '<img src="nowhere.png" alt="A picture">'),
        ("imagesWithoutText", f'<img src="{DOT}">'),
        ("imagesWithoutText", f'<img src="{DOT}" alt=" ">'),
        ("badFormulas", r'<span class="math">\(x\)</span>'),
        (
            "badFormulas",
            '<span class="math"><mjx-container><mjx-merror>x</mjx-merror></mjx-container></span>',
        ),
        ("tooWide", '<table style="width: 900px"><tr><td>a wide table</td></tr></table>'),
        (
            "tooWide",
            '<div style="overflow: hidden"><p style="width: 900px">cut off where nobody can scroll</p></div>',
        ),
        ("illegible", '<p style="color: #999">pale on white</p>'),
        ("illegible", '<div style="background: #111"><p>dark on dark</p></div>'),
        ("illegible", '<p style="color: rgba(0, 0, 0, 0.4)">half transparent</p>'),
    ],
)
def test_a_planted_fault_is_found_and_by_that_check_alone(opened, look, fault):
    reader = opened(SOUND + fault)
    found = {name: reader.look(name) for name in LOOKS}
    assert [name for name in LOOKS if found[name]] == [look]


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ('<img src="http://192.0.2.1/a.png" alt="A picture">', "outside request: http://192.0.2.1/a.png"),
        ('<script src="//192.0.2.1/a.js"></script>', "outside request: http://192.0.2.1/a.js"),
        (
            "<script>fetch('http://192.0.2.1/a').catch(() => 0)</script>",
            "outside request: http://192.0.2.1/a",
        ),
        ('<img src="nowhere.png" alt="A picture">', "status 404"),
        ("<script>console.error('no good')</script>", "console error: no good"),
        ("<script>console.warn('hardly good')</script>", "console warning: hardly good"),
        ("<script>nobody.home()</script>", "script error: nobody is not defined"),
    ],
)
def test_a_planted_complaint_is_heard(opened, fault, complaint):
    assert any(complaint in heard for heard in opened(SOUND + fault).complaints)


def test_what_an_earlier_page_complained_of_is_forgotten(opened, view, tmp_path):
    reader = opened("<script>console.error('no good')</script>")
    address = reader.page.url
    (tmp_path / "page.html").write_text(PAGE.format(SOUND), encoding="utf-8")
    assert reader.open(f"{address}?again").complaints == []


def test_dark_mode_is_what_the_page_gets(opened):
    style = "<style>@media (prefers-color-scheme: dark) { body { background: #111 !important } }</style>"
    reader = opened(style + "<p>dark text</p>")
    assert reader.look("illegible") == []
    reader.dark()
    assert len(reader.look("illegible")) == 1
