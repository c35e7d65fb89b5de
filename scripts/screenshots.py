"""Make the pictures of the README and the docs, from the bundled sample: python scripts/screenshots.py

Needs Debian's chromium and chromium-driver, and selenium (`make test` installs it). No network is used.
"""

import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

import accessmap as am

IMAGES = Path(__file__).parents[1] / "docs" / "images"


def browser(width, height):
    """A headless Chromium that reaches no network."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    switches = ("headless", "no-sandbox", "disable-gpu", "hide-scrollbars", "host-resolver-rules=MAP * ~NOTFOUND")
    for switch in switches:
        options.add_argument(f"--{switch}")
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    return driver


def shoot(page, image, *, width, height, part=None):
    """Open a file and save what is seen, or one part of it."""
    driver = browser(width, height)
    try:
        address, _, place = (part or "").partition("@")
        driver.get(page.as_uri() + (f"#{place}" if place else ""))
        driver.implicitly_wait(1)
        if address:
            # The council table is made when one comes near, and pushes what is below it.
            shown = driver.find_element("css selector", address)
            driver.execute_script("arguments[0].scrollIntoView()", shown)
            time.sleep(3)
            shown.screenshot(str(IMAGES / image))
        else:
            driver.save_screenshot(str(IMAGES / image))
    finally:
        driver.quit()


def main():
    """Make every picture."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    study = am.load_sample()
    sites = study.sites("france_services")
    minutes = am.by_commune(am.nearest(study.minutes(sites))["minutes"], study.residents)
    plan = am.Scenario("France services à Coucy").open("france_services", commune="02217")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "map.html"
        title = "Minutes en voiture jusqu’à la France services la plus proche"
        am.access_map(study.communes, minutes, sites, title=title, provenance=study.credit).save(page)
        shoot(page, "carte.png", width=1280, height=760)
        dossier = am.Dossier.of(study, plan).save(Path(folder) / "dossier.html")
        shoot(dossier, "dossier.png", width=1280, height=1500)
        shoot(dossier, "dossier-telephone.png", width=390, height=1500)
        shoot(dossier, "services.png", width=1280, height=1500, part="#services")
        shoot(dossier, "fiche.png", width=1280, height=900, part="#fiche-02217@fiche-02217")


if __name__ == "__main__":
    main()
