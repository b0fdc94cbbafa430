"""Signing in by another platform as a person does: there, back, linked, and out again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cli.embedded.postgres import find_free_port
from directory.roles.rules import Role
from foundation.database import make_engine, make_session_factory
from tests import make
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, running
from tests.serving import serving
from tests.web.conftest import WIDE, is_complaint
from tests.web.test_everyone_can_use_it import check

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]

LOGIN = "li.xiaoyu"
NAME = "浙江质量在线"


@dataclass
class Place:
    """Where the application is, and the provider in front of it."""

    url: str
    provider: IdentityProvider


@pytest.fixture
def place(empty_database_url: str, tmp_path: Path) -> Iterator[Place]:
    engine = make_engine(empty_database_url, application_name="yixiang tests")
    with make_session_factory(engine).begin() as session:
        person = make.person(session, Role.MEMBER, login=LOGIN, enterprise=make.enterprise(session))
        person.display_name = "李小雨"
    engine.dispose()
    port = find_free_port()
    url = f"http://127.0.0.1:{port}"
    with running() as provider:
        provider.client.redirect_uri = f"{url}/sign-in/return"
        settings = {
            "YIXIANG_PUBLIC_URL": url,
            "YIXIANG_OIDC_ISSUER": provider.issuer,
            "YIXIANG_OIDC_CLIENT_ID": CLIENT_ID,
            "YIXIANG_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "YIXIANG_OIDC_NAME_ZH": NAME,
        }
        with serving(empty_database_url, tmp_path, port=port, **settings):
            yield Place(url, provider)


@pytest.fixture
def page(browser: Browser, place: Place) -> Iterator[Page]:
    context = browser.new_context(
        base_url=place.url,
        viewport={"width": WIDE[0], "height": WIDE[1]},
        locale="zh-CN",
        reduced_motion="reduce",
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda it: complaints.append(it.text) if is_complaint(it) else None)
    yield page
    context.close()
    assert not complaints


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="账户: 李小雨").click()
    page.get_by_role("menuitem", name="退出登录").click()


def look(page: Page, folder: Path, name: str) -> None:
    """Judge the page at both widths, and keep pictures of it with the test's other files."""
    assert check(page) == []
    page.screenshot(path=folder / f"{name}-390.png", full_page=True)
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.screenshot(path=folder / f"{name}-1400.png", full_page=True)


def test_account_is_linked_and_signed_in_to_and_out_of_by_another_platform(
    page: Page, place: Place, tmp_path: Path
) -> None:
    page.goto("/sign-in?to=/account")
    expect(page.get_by_role("button", name=f"使用{NAME}登录")).to_be_visible()
    look(page, tmp_path, "sign-in")
    page.get_by_label("账号").fill(LOGIN)
    page.get_by_label("密码").fill(make.PASSWORD)
    page.get_by_role("button", name="登录", exact=True).last.click()
    page.get_by_role("button", name=f"绑定{NAME}").click()
    page.get_by_role("dialog").get_by_label("当前密码").fill(make.PASSWORD)
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_text(f"已绑定{NAME}")).to_be_visible()
    expect(page.locator("#single-sign-on")).to_contain_text(place.provider.issuer)
    expect(page).to_have_url(f"{place.url}/account")
    look(page, tmp_path, "account")
    sign_out(page)

    page.goto("/sign-in?to=/my")
    page.get_by_role("button", name=f"使用{NAME}登录").click()
    expect(page).to_have_url(f"{place.url}/my")
    expect(page.get_by_role("button", name="账户: 李小雨")).to_be_visible()
    page.go_back()
    expect(page).not_to_have_url(f"{place.url}/sign-in/return")
    page.goto("/my")
    sign_out(page)

    leave = page.get_by_role("link", name=f"同时退出{NAME}")
    expect(leave).to_have_attribute("href", f"{place.provider.issuer}/leave?from=app"
        f"&client_id={CLIENT_ID}&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1"
        f"%3A{place.url.rpartition(':')[2]}%2F")  # fmt: skip
    look(page, tmp_path, "signed-out")


def test_who_is_unknown_or_refused_is_told_what_to_do(
    page: Page, place: Place, tmp_path: Path
) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name=f"使用{NAME}登录").click()
    expect(page.get_by_role("heading", name="该身份尚未绑定账号")).to_be_visible()
    assert "code=" not in page.url
    look(page, tmp_path, "unknown")

    place.provider.forge = lambda header, claims: place.provider.sign(header, claims | {"aud": "x"})
    page.goto("/sign-in")
    page.get_by_role("button", name=f"使用{NAME}登录").click()
    expect(page.get_by_text("应答未通过校验")).to_be_visible()
    expect(page.get_by_text("签发给其他应用")).to_be_visible()
    look(page, tmp_path, "refused")
