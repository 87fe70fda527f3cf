"""Scratch."""

from typing import Any
from collections.abc import Callable
from tests.browser.gateway import *
from tests.browser.test_reading import in_languages
from tests.support.live_jobs import align, cut_job
from tests.support.gateway_jobs import begin, fail, finish, upload


def test_shot(
    new_page: Any, gateway: Any, made_recording: Callable[..., Any], complaints: Any
) -> None:
    made = made_recording("team-a/Interview with the mayor.wav", words=2400, speakers=3)
    complaints.expect(".*")
    page = new_page()
    page.set_default_timeout(20000)
    page.goto(made.address)
    page.wait_for_selector(".word")
    page.locator(".word").nth(20).click()
    page.get_by_label("Doubtful words").check()
    page.wait_for_timeout(300)
    page.screenshot(path="/tmp/wt/rd/a_desk.png")
    page.mouse.move(600, 400)
    page.mouse.wheel(0, 2500)
    page.wait_for_timeout(400)
    page.keyboard.press("/")
    page.keyboard.type("bridge")
    page.wait_for_timeout(300)
    page.screenshot(path="/tmp/wt/rd/b_find.png")
    narrow = new_page(viewport={"width": 360, "height": 740}, color_scheme="dark")
    narrow.set_default_timeout(20000)
    narrow.goto(made.address)
    narrow.wait_for_selector(".word")
    narrow.screenshot(path="/tmp/wt/rd/c_narrow.png")
    narrow.locator(".word").nth(20).click()
    narrow.mouse.wheel(0, 2500)
    narrow.wait_for_timeout(600)
    narrow.screenshot(path="/tmp/wt/rd/d_narrow.png")
    narrow.keyboard.press("/")
    narrow.keyboard.type("bridge")
    narrow.wait_for_timeout(300)
    narrow.screenshot(path="/tmp/wt/rd/e_narrow.png")
    three = in_languages(gateway, ("en", "ar", "ja"))
    page.goto(three.address)
    page.wait_for_selector(".word")
    page.screenshot(path="/tmp/wt/rd/f_lang.png")
    source = upload(gateway.stores, "notes.wav")
    begin(gateway.stores, source)
    fail(gateway.stores, source)
    page.goto(f"/?job={source.job_id}")
    page.wait_for_selector(".message")
    page.screenshot(path="/tmp/wt/rd/g_failed.png")
    source = cut_job(gateway.stores, 2, "Call.wav")
    align(
        gateway.stores,
        source,
        0,
        "The council has decided to build a new bridge over the river, because the old one was closed last spring.",
    )
    page.goto(f"/?job={source.job_id}")
    page.wait_for_selector(".word")
    page.screenshot(path="/tmp/wt/rd/h_live.png")
    wide = new_page(viewport={"width": 1600, "height": 1000}, color_scheme="dark")
    wide.set_default_timeout(20000)
    wide.goto(made.address)
    wide.wait_for_selector(".word")
    wide.screenshot(path="/tmp/wt/rd/i_wide.png")
    wide.get_by_role("button", name="Keys").click()
    wide.wait_for_timeout(200)
    wide.screenshot(path="/tmp/wt/rd/j_keys.png")
