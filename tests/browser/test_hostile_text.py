"""Hostile text in a real browser: nothing in an article or a query runs, is fetched, or changes a page.

Every text is put into everything of an article that is shown (headline, body, byline, place, section, source, tags, address,
language, furniture, file name) and everything a reader may send (query, facet value, path). Quick: a few; `make torture`: all.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium (Debian: apt install chromium): hostile text is not tried in a browser", allow_module_level=True)

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from served import Served, serving  # noqa: E402

from searchapp.article import Article, Finding, Provenance  # noqa: E402
from searchapp.engines.whoosh.engine import WhooshEngine  # noqa: E402

RUN = "window.ran=1;alert(1)"
TEXTS = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"\"><script>{RUN}</script>",
    f"'><script>{RUN}</script>",
    f"\" onmouseover=\"{RUN}\" autofocus onfocus=\"{RUN}\" x=\"",
    f"' onmouseover='{RUN}' autofocus onfocus='{RUN}' x='",
    f" autofocus onfocus={RUN} tabindex=1 ",
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}//",
    f"java\tscript:{RUN}",
    f"\x01javascript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"vbscript:{RUN}",
    f"//evil.example/<script>{RUN}</script>",
    "https://evil.example/track.gif",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"--><script>{RUN}</script><!--",
    f"]]><script>{RUN}</script>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    "<iframe src=https://evil.example/></iframe>",
    f"<iframe src=javascript:{RUN}>",
    "<object data=https://evil.example/></object>",
    "<embed src=https://evil.example/>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import url(https://evil.example/x.css);*{background:url(https://evil.example/y)}</style>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    f"<form action=https://evil.example/><button id=x>go</button></form><math><mtext><script>{RUN}</script>",
    f"<details open ontoggle={RUN}><summary>x</summary></details>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<body onload={RUN}>",
    f"<marquee onstart={RUN}>x</marquee>",
    f"<a href=\"javascript:{RUN}\">click</a>",
    f"<svg><a xlink:href=\"javascript:{RUN}\"><text>x</text></a></svg>",
    f"<math><mi xlink:href=\"javascript:{RUN}\">x</mi></math>",
    f"<noscript><p title=\"</noscript><img src=x onerror={RUN}>\">",
    f"<template><script>{RUN}</script></template>",
    f"<svg><style><img src=x onerror={RUN}></style></svg>",
    f"<table background=javascript:{RUN}><tr><td>x",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&#60;script&#62;{RUN}&#60;/script&#62;",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"%3Cscript%3E{RUN}%3C/script%3E",
    f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-",
    f"＜script＞{RUN}＜/script＞",
    f"<scr\x00ipt>{RUN}</scr\x00ipt>",
    f"<script\u2028>{RUN}</script>",
    f"\u202e<script>{RUN}</script>\u202c",
    f"<mark>bridge</mark><script>{RUN}</script>",
    "{{7*7}}{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "${7*7}#{7*7}<%= 7*7 %>",
    "=cmd|' /C calc'!A0",
    "\r\nSet-Cookie: hostile=1\r\n\r\n<script>alert(1)</script>",
    "../../../../etc/passwd",
    f"x\u0000\u0008\ufffe\U0010ffff<script>{RUN}</script>",
    f"bridge <b onclick={RUN}>inquiry</b>",
)  # fmt: skip
PATHS = (
    "/search?q=zebra{n}", "/search?q={text}", "/search?section={text}&q={text}", "/articles/t:{n}?q={text}",
    "/search?not.tag={text}", "/articles/{text}",
)  # fmt: skip
FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]  # fmt: skip


def hostile(number: int, text: str) -> Article:
    """An article that has the text wherever one may have a text."""
    return Article(
        id=f"t:{number}",
        title=f"zebra{number} {text}",
        body=f"zebra{number} {text}\n\n{text} zebra{number}",
        published="2025-02-06",
        published_precision="day",
        byline=(text,),
        agency=(text,),
        places=(text,),
        section=text,
        source=text,
        language=text,
        tags=(text, "plain"),
        url=text,
        page=text,
        rights=text,
        furniture=f"{text} zebra{number}",
        findings=(Finding("section", text, text, 1.0),),
        provenance=Provenance(file=f"{text}.txt", format="text_save", sha256="0" * 64),
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    index = tmp_path_factory.mktemp("hostile") / "index"
    engine = WhooshEngine(index)
    with engine.begin_build(full=True) as build:
        for number, text in enumerate(TEXTS):
            build.add(hostile(number, text))
        build.publish(journal=0)
    engine.close()
    with serving(index, workers=1) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation',
    event => window.violations.push(event.violatedDirective + ' ' + event.blockedURI));
"""


class Visit:
    """One page, watched for everything that must not happen."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self._context = browser.new_context()
        self._origin = origin
        self.wrong: list[str] = []
        self.page: Page = self._context.new_page()
        self.page.add_init_script(WATCH)
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.on("console", lambda message: self._said(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(f"script error: {error}"))
        self.page.on("download", lambda download: self.wrong.append(f"download: {download.url}"))

    def _dialog(self, dialog: object) -> None:
        self.wrong.append("a dialog")
        dialog.dismiss()  # type: ignore[attr-defined]

    def _request(self, request: object) -> None:
        if not request.url.startswith(self._origin + "/"):  # type: ignore[attr-defined]
            self.wrong.append(f"a request to {request.url}")  # type: ignore[attr-defined]

    def _said(self, text: str) -> None:
        if "the server responded with a status of 4" not in text:
            self.wrong.append(f"console: {text}")

    def load(self, path: str) -> None:
        self.page.goto(self._origin + path)
        self.page.mouse.move(200, 200)
        found = self.page.evaluate(
            """() => ({ran: window.ran, violations: window.violations, frames: window.length, base: document.baseURI,
            odd: document.querySelectorAll('script,iframe,object,embed,svg,math,base,style,video,audio,details details,marquee,' +
                 'meta[http-equiv],[onload],[onerror],[onfocus],[onmouseover],[ontoggle],[onclick]').length,
            hrefs: [...document.querySelectorAll('[href],[src],[action],[formaction]')].map(node =>
                 node.href || node.src || node.action).filter(address => !/^https?:/.test(String(address)))})"""
        )
        if found["ran"] or found["violations"] or found["frames"] or found["odd"] or found["hrefs"]:
            self.wrong.append(f"{found}")
        if not found["base"].startswith(self._origin):
            self.wrong.append(f"based at {found['base']}")
        self.wrong = [text if "@" in text else f"{text} @ {path}" for text in self.wrong]

    def close(self) -> None:
        if [cookie for cookie in self._context.cookies() if "hostile" in str(cookie)]:
            self.wrong.append("a cookie was set")
        self._context.close()


def visited(browser: Browser, site: Served, texts: range) -> int:
    visit, loads = Visit(browser, f"http://127.0.0.1:{site.port}"), 0
    for number in texts:
        for path in PATHS:
            visit.load(path.format(n=number, text=quote(TEXTS[number].replace("\r\n", "\n"), safe="")))
            loads += 1
    for path in ("/", "/days/2025-02-06", "/about", "/help", "/search?facet_size=100&size=100"):
        visit.load(path)
        loads += 1
    visit.close()
    assert visit.wrong == []
    return loads


def test_a_few_texts(browser: Browser, site: Served) -> None:
    assert visited(browser, site, range(3)) >= 20


@pytest.mark.torture
def test_all_texts_everywhere(browser: Browser, site: Served, tally: Callable[[str, int, str], None]) -> None:
    loads = visited(browser, site, range(len(TEXTS)))
    assert loads >= 300
    tally(
        "hostile text in a real browser", loads, "no dialog, no foreign request, no violation of our own policy, nothing injected"
    )


@pytest.mark.parametrize("path", ["/", "/search?q=zebra1", "/articles/t:1", "/nowhere", "/search?q=%22" + "x" * 600])
def test_the_watch_works_and_an_inline_script_is_blocked(browser: Browser, site: Served, path: str) -> None:
    """On a page of ours, a script that got in somehow doesn't run, a picture from elsewhere isn't fetched; both are noticed."""
    visit = Visit(browser, f"http://127.0.0.1:{site.port}")
    visit.load(path)
    assert visit.wrong == []
    visit.page.evaluate(
        """() => {
        const script = document.createElement('script'); script.textContent = 'window.ran = 1'; document.body.append(script);
        const picture = document.createElement('img'); picture.src = 'https://evil.example/x.gif'; document.body.append(picture);
        document.body.insertAdjacentHTML('beforeend', '<p id="p" onclick="window.ran = 2">x</p>');
        document.getElementById('p').click();
        }"""
    )
    visit.page.wait_for_function("window.violations.length >= 2")
    assert visit.page.evaluate("window.ran") is None
    assert any("script" in text for text in visit.page.evaluate("window.violations"))
    visit.close()
