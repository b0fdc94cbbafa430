"""Around a lease, in the browser: waitlist, kiosk, label, calendar feeds, appeals of a ban."""

import json
from contextlib import closing
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import OpenPage, RunningApp
from tests.web.leases import (
    choose,
    coming_quarter,
    expect_state,
    find_instrument,
    free_slot,
    give_reason,
    open_slot,
    press_and_confirm,
    reserve,
    set_terms,
)
from tests.web.test_everyone_can_use_it import check

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]

PIN, WRONG_PIN = "380417", "380418"


def test_who_waits_is_offered_what_becomes_free_and_takes_it(open_page: OpenPage) -> None:
    waiting, other = open_page("/my", login="lin"), open_page("/my", login="alice")
    instrument = find_instrument(waiting.request, "差示扫描量热仪")
    slot = free_slot(waiting.request, instrument, days=6)
    open_slot(waiting, instrument, slot)
    theirs = reserve(other.request, instrument, slot)
    waiting.locator("[data-reserve]").click()
    expect(waiting.get_by_role("alert").first).to_contain_text("预约")
    waiting.locator("[data-join]").click()
    dialog = waiting.get_by_role("dialog")
    assert check(waiting) == []
    dialog.get_by_role("button", name="加入候补").click()
    dialog.get_by_role("link", name="查看我的候补").click()
    expect(waiting.locator("[data-wait=waiting]")).to_contain_text("差示扫描量热仪")

    assert other.request.post(f"/api/v1/reservations/{theirs}/cancel", data={}).ok
    offer = waiting.locator("[data-wait=offered]").first
    expect(offer.locator("[data-countdown]")).to_be_visible(timeout=60_000)
    assert check(waiting) == []
    offer.get_by_role("button", name="接受", exact=True).click()
    expect_state(waiting, "reserved")


def press(page: Page, pin: str) -> None:
    pad = page.get_by_role("group", name="数字键盘")
    for digit in pin:
        pad.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="确定").click()


def test_who_set_a_pin_checks_in_at_the_kiosk_extends_by_label_and_leaves(
    open_page: OpenPage,
) -> None:
    lab, client = open_page("/lab", login="mei"), open_page("/account", login="alice")
    instrument = find_instrument(client.request, "显微硬度计")
    set_terms(lab.request, instrument, grid_s=900, notice_min_s=0)
    label = lab.request.post(f"/api/v1/instruments/{instrument['id']}/label").json()
    starts_at = coming_quarter()
    slot = (starts_at, starts_at + timedelta(hours=1))
    reservation = reserve(client.request, instrument, slot)
    client.get_by_label("新的 PIN").fill(PIN)
    client.get_by_role("button", name="设置 PIN").click()
    expect(client.get_by_text("PIN 已设置")).to_be_visible()

    kiosk = open_page(f"/kiosk/{label['code']}")
    expect(kiosk.locator("[data-turn=reserved]").first).to_be_visible()
    assert check(kiosk) == []
    kiosk.get_by_role("button", name="签到").click()
    kiosk.get_by_label("账号").fill("alice")
    press(kiosk, WRONG_PIN)
    expect(kiosk.get_by_role("alert")).to_be_visible()
    assert check(kiosk) == []
    press(kiosk, PIN)
    expect(kiosk.locator("[data-done=check-in]")).to_be_visible()
    kiosk.get_by_role("button", name="返回").click()
    expect(kiosk.locator("[data-now=checked_in]")).to_be_visible()

    # What the QR code on the instrument opens on a phone.
    client.goto(f"/i/{label['code']}")
    expect(client.get_by_role("heading", name="显微硬度计")).to_be_visible()
    mine = client.locator(f"[data-reservation='{reservation}']")
    expect(mine).to_have_attribute("data-state", "checked_in")
    assert check(client) == []
    mine.get_by_role("button", name="延长").click()
    dialog = client.get_by_role("dialog")
    choose(client, "延长至", "+15 分")
    expect(dialog.locator("[data-difference]")).to_contain_text("多")
    assert check(client) == []
    dialog.get_by_role("button", name="延长").click()
    expect(dialog).to_be_hidden()

    kiosk.get_by_role("button", name="结束使用").click()
    kiosk.get_by_label("账号").fill("alice")
    press(kiosk, PIN)
    expect(kiosk.locator("[data-done=end]")).to_be_visible()
    client.goto(f"/reservations/{reservation}")
    expect(client.locator("[data-history] [data-kind=extended]")).to_be_visible()
    expect(client.locator("[data-history] [data-kind=ended]")).to_be_visible()


def test_a_calendar_feed_is_read_until_it_is_revoked(open_page: OpenPage) -> None:
    page = open_page("/my/feeds", login="alice")
    page.locator("form").get_by_role("button", name="新建订阅").click()
    address = page.locator("[data-url]").inner_text()
    answer = page.request.get(address)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.text().startswith("BEGIN:VCALENDAR\r\n")
    assert check(page) == []

    page.reload()
    expect(page.locator("[data-url]")).to_have_count(0)  # shown once
    kept = page.locator("[data-feed-kept=person]")
    expect(kept.first).to_be_visible()
    for _ in range(kept.count()):
        press_and_confirm(page, "撤销")
        expect(page.get_by_text("已撤销").last).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="日历订阅")).to_be_visible()
    assert page.request.get(address).status == 404


def give_notice(app: RunningApp, reservation: str) -> None:
    """Put the notice of a ban where three breaches would have put it a day later."""
    noted = json.loads((app.data / "secrets/environment.json").read_text(encoding="utf-8"))
    with (
        closing(psycopg.connect(noted["YIXIANG_DATABASE_URL"])) as database,
        database.transaction(),
    ):
        database.execute(
            """
            INSERT INTO penalties (id, person_id, institution_id, reservation_id, reason_zh,
                reason_en, state, noticed_at, starts_at, ends_at)
            SELECT %s, holder_id, institution_id, id, '90 天内违约 3 次。',
                '3 breaches within 90 days.', 'noticed', now(), now() + interval '1 day',
                now() + interval '31 days'
            FROM reservations WHERE id = %s
            """,
            (uuid4(), reservation),
        )


def test_a_ban_is_appealed_by_whom_it_is_about_and_lifted_by_the_manager(
    open_page: OpenPage, running_app: RunningApp
) -> None:
    page, lab = open_page("/my", login="alice"), open_page("/lab", login="mei")
    instrument = find_instrument(page.request, "数字压力校准器")
    slot = free_slot(page.request, instrument, days=9)
    give_notice(running_app, reserve(page.request, instrument, slot))

    page.goto("/my/penalties")
    ban = page.locator("[data-penalty]").first
    expect(ban).to_have_attribute("data-penalty", "noticed")
    expect(ban.locator("[data-countdown]")).to_be_visible()
    ban.get_by_role("button", name="申诉").click()
    assert check(page) == []
    page.get_by_label("申诉理由").fill("当天门禁故障，无法进入实验室")
    page.get_by_role("button", name="提交申诉").click()
    expect(ban).to_have_attribute("data-penalty", "appealed")

    lab.goto("/lab/penalties")
    waiting = lab.locator("[data-penalty=appealed]").first
    expect(waiting).to_contain_text("门禁故障")
    assert check(lab) == []
    give_reason(lab, "撤销违约", "门禁记录属实")
    expect(lab.get_by_text("门禁记录属实")).to_be_visible()
    page.reload()
    expect(ban).to_have_attribute("data-penalty", "lifted")
    expect(ban).to_contain_text("门禁记录属实")
