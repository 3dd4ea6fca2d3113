"""The console in a real Chromium: keyboard, forms, narrow screens. `apt-get install chromium` brings it."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.api.conftest import _create
from tests.api.live import Live, live

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
REMEDY = "install Debian's browser: apt-get update && apt-get install -y --no-install-recommends chromium"


@pytest.fixture(scope="module")
def browsed(postgres_url: str, company_url: str) -> Iterator[Live]:
    with live(asyncio.run(_create(postgres_url, "api_browsed", "api_company"))) as found:
        yield found


@pytest.fixture(scope="module")
def page(browsed: Live) -> Iterator[Page]:
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"There is no Chromium here; {REMEDY}")
        pytest.skip(f"no Chromium; {REMEDY}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        opened.set_default_timeout(20_000)
        opened.goto(browsed.url + browsed.link)
        yield opened
        browser.close()


def test_a_csm_goes_through_the_morning_by_keyboard(page: Page, browsed: Live) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(browsed.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("j")
    assert "Zoë" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/102")
    page.locator(".tasks summary").first.click()
    before = page.locator(".tasks > li").count()
    page.locator(".tasks textarea").first.fill("They call back on Friday")
    page.locator(".tasks button.primary").first.click()
    page.wait_for_url("**/accounts/102#tasks")
    assert page.locator(".tasks > li").count() == before - 1
    assert [told.is_visible() for told in page.get_by_text("They call back on Friday").all()].count(True) == 1
    page.keyboard.press("?")
    assert page.locator("dialog.help").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("umbrella")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=umbrella")
    assert page.locator(".accounts .name").all_text_contents() == ["Umbrella Research"]
    assert complaints == []


@pytest.mark.parametrize("width", [1280, 768, 390, 320])
def test_no_page_is_wider_than_its_screen(width: int, page: Page, browsed: Live) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in ("/", "/accounts/102", "/accounts/103", "/accounts/110"):
        page.goto(browsed.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
