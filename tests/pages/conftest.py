"""A browser, and a view of a page in it that says what is wrong."""

from __future__ import annotations

import functools
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

HERE = ("file:", "data:", "blob:", "about:")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# A page hears of another width or colour scheme before it draws its next frame, and then may move.
SETTLED = """async () => {
  for (let k = 0; k < 2; k++) await new Promise(requestAnimationFrame);
  await Promise.allSettled(document.getAnimations().map((moving) => moving.finished));
}"""
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
SCRIPT = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")


class View:
    """A page in a browser window of its own."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self._origin = origin
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("requestfailed", self._failed)

    def open(self, url: str) -> View:
        """Go to a page and wait until its formulas are set; what it complains of is collected anew."""
        self.complaints.clear()
        self.page.goto(url)
        self.page.evaluate("window.MathJax?.startup?.promise")
        self.settle()
        self.page.evaluate(SCRIPT)
        return self

    def look(self, name: str) -> list[str]:
        """Ask one of the functions in look.js for what is wrong."""
        return self.page.evaluate(f"look.{name}()")

    def dark(self, on: bool = True) -> None:
        """As on a system set to dark mode."""
        self.page.emulate_media(color_scheme="dark" if on else "light")
        self.settle()

    def unfold(self) -> None:
        """Open every box, so that what it holds can be looked at."""
        self.page.evaluate("document.querySelectorAll('article details').forEach(box => { box.open = true })")

    def settle(self) -> None:
        """Wait until nothing moves or changes its colour any more."""
        self.page.evaluate(SETTLED)

    def close(self) -> None:
        """Close the window."""
        self.page.context.close()

    def phone(self, on: bool = True) -> None:
        """As wide as a telephone."""
        self.page.set_viewport_size(PHONE if on else DESKTOP)
        self.settle()

    def _console(self, message) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console {message.type}: {message.text}")

    def _request(self, request) -> None:
        if not request.url.startswith((*HERE, self._origin)):
            self.complaints.append(f"outside request: {request.url}")

    def _failed(self, request) -> None:
        if request.failure != "net::ERR_ABORTED":  # that is what going on to the next page does
            self.complaints.append(f"failed request: {request.url}")

    def _response(self, response) -> None:
        if response.status >= 400:
            self.complaints.append(f"status {response.status}: {response.url}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def window(browser: Browser) -> Callable[[str], View]:
    """A function that opens a view on the pages of one origin; whoever calls it closes the view."""

    def new(origin: str) -> View:
        context = browser.new_context(viewport=DESKTOP, color_scheme="light", accept_downloads=True)
        # Nothing outside is ever reached, on no machine: what asks for it fails, and is complained of.
        context.route(lambda url: not url.startswith((*HERE, origin)), lambda route: route.abort())
        return View(context.new_page(), origin)

    return new


@pytest.fixture
def view(window: Callable[[str], View]) -> Iterator[Callable[[str], View]]:
    """A function that opens a view on the pages of one origin, such as "http://127.0.0.1:8000"."""
    views = []

    def new(origin: str) -> View:
        views.append(window(origin))
        return views[-1]

    yield new
    for each in views:
        each.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """A function that serves a folder on this machine alone, and returns its address."""
    servers = []

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    def start(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=folder))
        # Asks every 10 ms whether to stop: there is a server for each test, and all are stopped at the end.
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
