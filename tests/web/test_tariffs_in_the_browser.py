"""A manager tries a price, counts a past month back, and announces it; nothing is ever edited."""

import re

import pytest
from playwright.sync_api import expect

from tests.web.conftest import NARROW, OpenPage
from tests.web.leases import find_instrument
from tests.web.test_everyone_can_use_it import check

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]

GLOVE = "高压蒸汽灭菌器"


def test_a_new_price_is_tried_counted_back_and_announced(open_page: OpenPage) -> None:
    page = open_page("/lab/tariffs", login="mei")
    instrument = find_instrument(page.request, GLOVE)
    page.goto(f"/lab/tariffs?instrument={instrument['id']}")
    versions = page.get_by_role("region", name="历次版本").first
    expect(versions.get_by_text("现行", exact=True)).to_have_count(1)
    before = versions.get_by_role("row").count()

    draft = page.locator("[data-draft]")
    draft.get_by_label("单价（每小时）").fill("300")
    draft.get_by_label("最短计费时长").fill("60")
    draft.get_by_label("计费单位").fill("30")
    # Two hours at 300 yuan, unless the evening costs more.
    expect(page.locator("[data-trial-amount]")).to_have_text(re.compile(r"¥[6-9]\d\d\.\d\d"))
    draft.get_by_label("最低收费").fill("2000")
    expect(page.locator("[data-trial-amount]")).to_have_text("¥2,000.00")
    expect(page.locator("[data-rehearsal]")).to_contain_text("没有出账的使用")
    faults = check(page)

    draft.get_by_role("button", name="公布新价").click()
    asked = page.locator(".ant-popover:visible")
    expect(asked).to_contain_text("每小时 ¥300.00")
    asked.get_by_role("button", name="公布新价").click()
    expect(versions.get_by_text("待生效", exact=True)).to_be_visible()
    expect(versions.get_by_role("row")).to_have_count(before + 1)

    # The one just announced begins at the same instant: a second one is refused in words.
    draft.get_by_role("button", name="公布新价").click()
    page.locator(".ant-popover:visible").get_by_role("button", name="公布新价").click()
    expect(draft.get_by_role("alert")).to_contain_text("上一版本")
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert faults + check(page) == []


def test_prices_are_for_those_who_answer_for_them(open_page: OpenPage) -> None:
    page = open_page("/lab/tariffs", login="bob")
    expect(page.get_by_text("没有权限")).to_be_visible()
