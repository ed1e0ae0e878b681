"""The page as a person opens it: a file in a browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from decloak.evaluation.reporting.html_report import write_html
from tests.evaluation.reporting.extreme_reports import hostile_report
from tests.evaluation.reporting.fake_report import full_report
from tests.spaces.demo.test_browser import FLAGS, executable, requested_hosts

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = executable("chromium", "chromium-browser", "google-chrome")
    for flag in (*FLAGS.split(), f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable("chromedriver")))
    yield driver
    driver.quit()


def open_page(browser: webdriver.Chrome, report: dict[str, Any], folder: Path) -> None:
    write_html(report, folder / "report.html")
    browser.get((folder / "report.html").as_uri())


def column(browser: webdriver.Chrome, table: str, index: int) -> list[str]:
    shown = "[...document.querySelectorAll(arguments[0])].filter(row => !row.hidden)"
    script = f"return {shown}.map(row => row.cells[arguments[1]].innerText)"
    return browser.execute_script(script, f"{table} tbody tr", index)


def click(browser: webdriver.Chrome, selector: str) -> None:
    """Click where the element is once the page has stopped scrolling to it."""
    element = browser.find_element(By.CSS_SELECTOR, selector)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
    element.click()


def test_a_person_reads_sorts_and_filters_a_report(browser: webdriver.Chrome, tmp_path: Path) -> None:
    open_page(browser, full_report(), tmp_path)
    headings = browser.find_elements(By.CSS_SELECTOR, "section > h2")
    assert len(headings) == 13
    assert all(heading.is_displayed() for heading in headings)
    plots = browser.find_elements(By.CSS_SELECTOR, "svg.plot")
    assert len(plots) > 12
    assert all(plot.size["height"] > 40 for plot in plots)

    table = "#groups .block:last-child table"
    click(browser, f"{table} th:nth-child(2) button")
    texts = [int(text.replace(",", "")) for text in column(browser, table, 1)]
    assert texts == sorted(texts)
    click(browser, f"{table} th:nth-child(2) button")
    assert [int(text.replace(",", "")) for text in column(browser, table, 1)] == texts[::-1]

    browser.find_element(By.CSS_SELECTOR, "#groups .block:last-child input").send_keys("移民")
    assert column(browser, table, 0) == ["移民"]

    fold = browser.find_element(By.CSS_SELECTOR, "details.sensitive")
    assert not fold.find_element(By.CSS_SELECTOR, "td.text").is_displayed()
    click(browser, "details.sensitive summary")
    assert fold.find_element(By.CSS_SELECTOR, "td.text").text == "invented harmless text 0"

    assert requested_hosts(browser) <= {""}
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []


def test_a_hostile_report_fits_a_phone_and_runs_nothing(browser: webdriver.Chrome, tmp_path: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    open_page(browser, hostile_report(), tmp_path)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE["width"]
    assert browser.find_element(By.CSS_SELECTOR, "#method code").text.startswith("<script>alert(1)</script>")
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []


def test_a_page_without_scripts_is_whole(browser: webdriver.Chrome, tmp_path: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    open_page(browser, full_report(), tmp_path)
    assert len(browser.find_elements(By.CSS_SELECTOR, "#groups tbody tr")) > 60
    assert browser.find_elements(By.CSS_SELECTOR, "input, button") == []
