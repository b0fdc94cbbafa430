"""Every page at both widths: nothing serious for axe, nothing wider than the screen."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import NARROW, ROOT, WIDE, OpenPage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]

AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
PAGES: dict[str | None, list[str]] = {
    None: ["/", "/sign-in", "/nowhere", "/my"],
    "alice": ["/my", "/my?view=past", "/account", "/devices"],
    "bob": ["/devices", "/devices/tensile-01", "/lab", "/alarms", "/quarantine"],
    "oscar": ["/due", "/audit", "/reviews"],
}


def find_faults(page: Page) -> list[str]:
    """What axe holds to be critical or serious."""
    page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document)).violations")
    return [
        f"{one['impact']} {one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in {"critical", "serious"}
        for node in one["nodes"]
    ]


def check(page: Page) -> list[str]:
    """Look at the page as it stands, at both widths."""
    faults = []
    for width, height in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        expect(page.locator("h1, h2").first).to_be_visible()
        expect(page.locator(".ant-skeleton")).to_have_count(0)
        faults += [f"{page.url} at {width}: {fault}" for fault in find_faults(page)]
        widest = page.evaluate("document.documentElement.scrollWidth")
        if widest > width:
            faults.append(f"{page.url} is {widest} wide on a screen of {width}")
    return faults


@pytest.mark.parametrize(
    "login",
    [
        pytest.param(None, id="stranger", marks=pytest.mark.full),
        "alice",
        pytest.param("bob", marks=pytest.mark.full),
        pytest.param("oscar", marks=pytest.mark.full),
    ],
)
def test_no_page_has_a_serious_fault(open_page: OpenPage, login: str | None) -> None:
    page = open_page(PAGES[login][0], login=login)
    faults = check(page)
    for path in PAGES[login][1:]:
        page.goto(path)
        faults += check(page)
    assert faults == []


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.full)])
def test_an_instrument_with_a_slot_chosen_has_no_serious_fault(
    open_page: OpenPage, language: str
) -> None:
    page = open_page("/")
    if language == "en":
        page.locator("[data-switch-language]").click()
    page.locator("[data-instrument] h3 a").first.click()
    page.locator(".slot").last.click()
    expect(page.locator("[data-estimate]")).to_be_visible()
    assert check(page) == []


def test_the_sign_in_dialog_has_no_serious_fault(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert check(page) == []
