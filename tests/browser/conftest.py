"""A headless Chromium that reaches no network, and remembers what it was asked to load and what it complained of."""

import base64
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    # No name resolves: a page that asks for anything fails, and the log says so.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
# Words of a text of its own, with their pixels: those of a picture are as large as it is drawn.
SMALL = """return [...document.querySelectorAll(`${arguments[0]} *`)].filter(part => part.checkVisibility()
    && [...part.childNodes].some(each => each.nodeType === 3 && each.textContent.trim()))
  .map(part => [part.textContent.trim().slice(0, 40),
    parseFloat(getComputedStyle(part).fontSize) * (part.getScreenCTM ? part.getScreenCTM().a : 1) * 0.75])
  .filter(([, points]) => points < 7.95)"""


class Browser:
    """Chromium on one page at a time."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, path: Path, *, width: int = 1280, height: int = 900) -> None:
        """Open a file, at a width, and wait until its maps have drawn."""
        self.run_cdp(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        self.driver.get(path.as_uri())
        self.wait(lambda: self.js("return document.readyState") == "complete")

    def js(self, code: str, *arguments: Any) -> Any:
        """Run JavaScript in the page."""
        return self.driver.execute_script(code, *arguments)

    def run_cdp(self, command: str, **parameters: Any) -> dict[str, Any]:
        """Run a command of the DevTools protocol."""
        return dict(self.driver.execute_cdp_cmd(command, parameters))

    def heard(self, selector: str) -> tuple[str, str]:
        """Name and description of an element as the browser tells them to a screen reader, with plain spaces."""
        root = self.run_cdp("DOM.getDocument", depth=0)["root"]["nodeId"]
        node = self.run_cdp("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        told = self.run_cdp("Accessibility.getPartialAXTree", nodeId=node, fetchRelatives=False)["nodes"][0]
        name, description = (" ".join(told.get(key, {}).get("value", "").split()) for key in ("name", "description"))
        return name, description

    def wait(self, holds: Callable[[], bool], *, seconds: float = 10) -> None:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "the page did not come to that in time"
            time.sleep(0.05)

    def pages(self) -> int:
        """Pages of paper that the page takes."""
        paper = base64.b64decode(self.run_cdp("Page.printToPDF", preferCSSPageSize=True)["data"])
        return paper.count(b"/Type /Page\n")

    def small_on_paper(self, selector: str) -> list[Any]:
        """Words within an element that paper has under 8 points, the page being as wide as that of an A4."""
        self.run_cdp("Emulation.setEmulatedMedia", media="print")
        try:
            return list(self.js(SMALL, selector))
        finally:
            self.run_cdp("Emulation.setEmulatedMedia", media="")

    def complaints(self) -> list[str]:
        """Everything on the console since the page was opened: errors, warnings, refused loads, policy violations."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Every address asked for since the page was opened."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [address for address in sent if not address.startswith("data:")]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser without network, or a skip that says what is missing."""
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("chromium or chromedriver is not installed: apt-get install chromium chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = CHROMIUM
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(120)  # axe looks at every node of a page, on a machine that does other things too
    yield Browser(driver)
    driver.quit()


@pytest.fixture(scope="session")
def axe() -> str:
    """Text of axe-core (Deque, MPL-2.0), or a skip that says where it was looked for.

    It is where AXE_CORE_JS says, else in node_modules beside pyproject.toml (`make test` puts the newest there where
    npm is), else in the wheel of axe-core-python, which is older.
    """
    wheel = find_spec("axe_core_python")
    places = [ROOT / "node_modules" / "axe-core"]
    if wheel is not None:
        places += map(Path, wheel.submodule_search_locations or ())
    named = os.environ.get("AXE_CORE_JS")
    files = [Path(named)] if named else [place / "axe.min.js" for place in places]
    path = next((path for path in files if path.is_file()), None)
    if path is None:
        pytest.skip(f"axe-core not found in {files}: npm install --no-save axe-core, or set AXE_CORE_JS")
    return path.read_text(encoding="utf-8")
