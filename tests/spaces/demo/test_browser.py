"""The demonstration as a person meets it: in a browser, served as a Space serves it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).parents[3]
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1280,900"
)
PATIENCE = 120  # seconds; the machine may be busy with other tests
ATTACK = "<img src=/stolen onerror=alert(1)> ${1+1} {{2+2}} 天"


def executable(*names: str) -> str:
    """Find a program of the browser, or fail: this test is not to be skipped in silence."""
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        pytest.fail(
            f"The browser test needs {' or '.join(names)} on the PATH. Fix: apt-get install chromium chromium-driver "
            "(Debian), or `make browser`."
        )
    return found


@pytest.fixture(scope="module")
def address(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running Space, started as Hugging Face starts it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = os.environ | {
        "DECLOAK_MODEL": str(model_folder),
        "GRADIO_SERVER_PORT": str(port),
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "127.0.0.1,localhost",
    }
    environment.pop("GRADIO_SERVER_NAME", None)
    log = tmp_path_factory.mktemp("space") / "log.txt"
    with log.open("wb") as output:
        command = [sys.executable, str(ROOT / "spaces/demo/app.py")]
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=log.parent)
    try:
        wait_for(server, f"http://127.0.0.1:{port}/", log)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(address, timeout=10):  # noqa: S310  loopback
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"The Space does not answer. Its output:\n{log.read_text(encoding='utf-8', errors='replace')}")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A new Chromium with a profile of its own, which logs its requests and its console."""
    options = webdriver.ChromeOptions()
    options.binary_location = executable("chromium", "chromium-browser", "google-chrome")
    for flag in (*FLAGS.split(), f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable("chromedriver")))
    driver.set_page_load_timeout(PATIENCE)
    yield driver
    driver.quit()


def wait(browser: webdriver.Chrome, condition: Callable[[webdriver.Chrome], Any], problem: str) -> Any:
    """Wait until something holds, and return it; what is redrawn meanwhile is looked up again."""
    stale = (StaleElementReferenceException,)
    return WebDriverWait(browser, PATIENCE, ignored_exceptions=stale).until(condition, problem)


def find(browser: webdriver.Chrome, selector: str) -> WebElement:
    """Wait for an element that can be seen."""

    def shown(driver: webdriver.Chrome) -> WebElement | None:
        return next((item for item in driver.find_elements(By.CSS_SELECTOR, selector) if item.is_displayed()), None)

    return wait(browser, shown, f"nothing to see at {selector}")


def texts(browser: webdriver.Chrome, selector: str, attribute: str = "innerText") -> list[str]:
    """Read many elements at one moment."""
    script = "return [...document.querySelectorAll(arguments[0])].map(item => item[arguments[1]].trim())"
    return browser.execute_script(script, selector, attribute)


def choose(browser: webdriver.Chrome, dropdown: str, option: str) -> None:
    """Choose from a dropdown."""
    find(browser, f"{dropdown} input").click()
    find(browser, f"[role=option][aria-label='{option}']").click()


def classify(browser: webdriver.Chrome, text: str) -> None:
    """Replace the text and press the button."""
    field = find(browser, "#text textarea")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(Keys.DELETE)
    field.send_keys(text)
    find(browser, "#classify").click()


def requested_hosts(browser: webdriver.Chrome) -> set[str]:
    """List the hosts that anything was asked of, WebSockets included."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    opened = [message["params"] for message in messages if message["method"] == "Network.webSocketCreated"]
    addresses = [part["request"]["url"] for part in sent] + [part["url"] for part in opened]
    # The new browser's own first tab is made of chrome:// files.
    parts = [urlsplit(address) for address in addresses]
    return {part.hostname or "" for part in parts if part.scheme not in ("data", "blob", "chrome", "about")}


def test_a_person_classifies_texts(browser: webdriver.Chrome, address: str) -> None:
    browser.get(address)
    assert "Type a text" in find(browser, "#verdict .dc-empty").text

    classify(browser, "你好x坏人")
    assert find(browser, "#verdict .dc-label").text in ("hateful", "not hateful")
    assert texts(browser, ".dc-scores dt") == ["not hateful", "hateful"]
    assert texts(browser, ".dc-facts .dc-tag") == ["text", "vision"]
    find(browser, "#glyphs .dc-glyphs")
    find(browser, "#tokens .dc-tokens")
    assert len(browser.find_elements(By.CSS_SELECTOR, "#glyphs li.dc-known")) == 4
    assert len(browser.find_elements(By.CSS_SELECTOR, "#glyphs li.dc-unknown")) == 1
    assert texts(browser, "#layers tbody th") == ["1", "2"]
    weights = [float(text) for text in texts(browser, "#layers td")]
    assert [sum(weights[row : row + 3]) for row in (0, 3)] == pytest.approx([1, 1], abs=0.02)
    assert texts(browser, "#tokens .dc-word") == ["[CLS]", *"你好x坏人", "[SEP]"]

    before = texts(browser, "#tokens .dc-cell")
    choose(browser, "#layer", "layer 2")
    wait(browser, lambda driver: texts(driver, "#tokens .dc-cell") not in ([], before), "the layer was not changed")

    classify(browser, ATTACK)
    wait(browser, lambda driver: "天" in texts(driver, "#tokens .dc-word"), "the second text was not answered")
    seen = "".join(title[0] for title in texts(browser, "#glyphs li", "title"))
    assert seen == ATTACK.replace(" ", "")
    assert browser.find_elements(By.CSS_SELECTOR, "[onerror], #glyphs img:not([src^='data:image/png'])") == []

    classify(browser, " ")
    assert "no text to classify" in find(browser, "#verdict .dc-message[role=alert]").text
    assert texts(browser, "#glyphs li") == []

    assert requested_hosts(browser) == {"127.0.0.1"}
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []


def test_the_page_fits_a_phone(browser: webdriver.Chrome, address: str) -> None:
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    browser.get(address)
    classify(browser, "今天气很好人" * 30)
    find(browser, "#tokens .dc-tokens")
    find(browser, "#window")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= phone["width"]
    assert "overlapping windows" in find(browser, ".dc-facts").text
