"""The report in a browser: no rule of WCAG 2.2 AA is broken, light and dark, wide and narrow (standards AX-1, AX-2)."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "unit"))
import reported

from nbhdsim.report import html

browsers = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[browser]'")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: pip install -e '.[browser]'")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (Debian: apt-get install chromium)"),
]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SPACED = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The address of a report on the disk."""
    names = ("do nothing", 'a hub for <script>alert("x")</script> & everyone', "team")
    return html.make_report(reported.folder(tmp_path_factory.mktemp("browser") / "run", names=names)).as_uri()


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium."""
    with browsers.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def opened(chromium, file, *, scheme="light", width=1280, scripts=True):
    """The report in a page of its own, and every address it asked for."""
    page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts)
    asked = []
    page.route("**/*", lambda route: (asked.append(route.request.url), route.continue_())[1])
    page.goto(file)
    return page, asked


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_no_rule_is_broken_and_nothing_is_asked_for(chromium, file, scheme, width):
    page, asked = opened(chromium, file, scheme=scheme, width=width)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = axe.Axe().run(page, options={"runOnly": RULES})
    told = [f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:160]}" for v in found.response["violations"]]
    assert not told, "\n".join(told)
    assert asked == [file]
    assert page.evaluate("document.documentElement.scrollWidth") <= width           # 1.4.10
    page.close()


def test_it_opens_without_scripts(chromium, file):
    page, asked = opened(chromium, file, scripts=False)
    assert page.locator("h1").count() == 1 and page.locator("svg[role=img]").count() >= 8 and asked == [file]
    page.close()


def test_it_bears_wider_text_spacing(chromium, file):                               # 1.4.12
    page, _ = opened(chromium, file, width=320)
    page.add_style_tag(content=SPACED)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()


def test_the_keyboard_reaches_and_shows_everything(chromium, file):                 # 2.1.1, 2.4.7
    page, _ = opened(chromium, file)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(30):
        page.keyboard.press("Tab")
        seen = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert seen == "solid"
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('details').open")
    page.close()


def test_it_prints_on_a4(chromium, file, tmp_path):
    page, _ = opened(chromium, file, scheme="dark")
    page.emulate_media(media="print")
    pdf = page.pdf(path=tmp_path / "report.pdf", format="A4", prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF") and page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.close()
