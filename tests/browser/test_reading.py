"""The pages in a real Chromium, served by the real server: what a reader does, and that nothing strange happens meanwhile."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium (Debian: apt install chromium): pages are not tried in a browser", allow_module_level=True)

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
ARTICLES = [
    {"id": "1", "title": "Bridge inquiry opens", "body": "The bridge fell.\n\nAn inquiry began at the bridge.",
     "date": "2022-06-24", "source": "The Ridge", "section": "Local", "author": "Ada Nong"},
    {"id": "2", "title": "Bridge reopens", "body": "A new bridge.", "date": "2024-09-02", "source": "The Ridge",
     "section": "State"},
    {"id": "3", "title": f"Bridge {HOSTILE}", "body": HOSTILE, "date": "2023-01-01", "source": HOSTILE,
     "section": "\"'><img src=y>x", "url": "javascript:document.title='owned'"},
    {"id": "4", "title": "पुल की जाँच", "body": "पुल पर काम जारी है। " * 20, "lang": "hi", "date": "2023-01-02", "source": "प्रभात"},
    {"id": "5", "title": "A" * 300, "body": "bridge " + "w" * 500, "source": "The Ridge"},
]  # fmt: skip
PAGES = ["/", "/search?q=bridge", "/search?q=bridge+zeppelin", "/search?q=%22open+foo%3Abar", "/articles/the-ridge:1?q=bridge",
         "/help", "/days/2022-06-24", "/about", "/nowhere", "/search?q=" + "x" * 600]  # fmt: skip
FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served archive; its address."""
    root = tmp_path_factory.mktemp("site")
    (root / "articles.jsonl").write_text("".join(json.dumps(values) + "\n" for values in ARTICLES))
    searchapp = [sys.executable, "-m", "searchapp", "--index", str(root / "index")]
    subprocess.run([*searchapp, "index", str(root / "articles.jsonl")], check=True, capture_output=True, cwd=root, timeout=120)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*searchapp, "serve", "--bind", f"127.0.0.1:{port}", "--workers", "1"],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _ready(f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait(timeout=30)


def _ready(address: str) -> str:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/readyz", timeout=5)
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return address
    raise AssertionError("the server did not come up in 30 seconds")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_quiet_and_fit(browser: Browser, site: str, width: int, scheme: str) -> None:
    """No console message but the status of an error page, no request to anywhere else, nothing wider than the window."""
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES:
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.title() != "owned"
    assert [text for text in said if "Failed to load resource: the server responded with a status of 4" not in text] == []
    assert {address for address in asked if not address.startswith(site)} == set()
    context.close()


def test_searching_narrowing_and_reading(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("searchbox").fill("bridge")
    page.get_by_role("button", name="Search").click()
    assert page.locator("mark").count() >= 4
    page.get_by_role("link", name="Local").first.click()
    assert page.locator("main h3 a, main h2 a").count() == 1
    page.get_by_role("link", name="Bridge inquiry opens").click()
    assert page.locator("article mark").all_text_contents()[0].lower() == "bridge"
    assert "Ada Nong" in page.content()


def test_pages_work_without_javascript(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/search?q=bridge")
    page.get_by_role("link", name="oldest").click()
    assert page.locator("main h3 a, main h2 a").first.inner_text() == "Bridge inquiry opens"
    context.close()


def test_the_keyboard_reaches_the_content_first(page: Page, site: str) -> None:
    page.goto(f"{site}/search?q=bridge")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.getAttribute('href')")
    assert focused.startswith("#")
    assert page.locator(focused).count() == 1


def test_nothing_in_an_article_runs(page: Page, site: str) -> None:
    violations: list[str] = []
    page.on("console", lambda message: violations.append(message.text))
    for path in ("/search?q=bridge+date:2023-01-01", "/days/2023-01-01", f"/search?q={HOSTILE.replace(' ', '+')}"):
        page.goto(site + path)
        assert page.title() != "owned"
        assert page.locator("main script, main img").count() == 0
    assert page.locator("a[href^='javascript:']").count() == 0
    assert violations == []


def test_an_inline_script_would_be_blocked(page: Page, site: str) -> None:
    """The policy holds even if an escape were forgotten one day."""
    page.goto(site)
    page.evaluate("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)")
    assert page.evaluate("window.ran") is None
