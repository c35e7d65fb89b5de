"""The council table as a council uses it: a file without a network whose numbers are those of the library."""

import numpy as np
import pandas as pd
import pytest
from test_accessibility import axe, grave  # noqa: F401 - a fixture

import accessmap as am
from accessmap.dossier.council import council_table
from accessmap.dossier.results import main_sites, weighted_quantile
from accessmap.words import words as labels
from accessmap.words.words import Words

pytestmark = pytest.mark.browser

FS = "france_services"
READ = """const done = arguments[arguments.length - 1], root = document.querySelector('.ct');
const text = node => node.textContent;
const read = () => ({
  sentence: text(root.querySelector('.ct-sentence')),
  cards: Object.fromEntries([...root.querySelectorAll('.ct-cards > div')].map(box => [text(box.querySelector('dt')),
    box.hidden ? null : [text(box.querySelector('strong')), text(box.querySelector('span'))]])),
  communes: [...root.querySelectorAll('.ct-table tbody tr')].map(row => [...row.cells].map(text)),
  price: [...root.querySelectorAll('.ct-price p')].map(text),
  told: text(root.querySelector('.ct-told')),
});"""
FOLLOW = (
    READ
    + """
if (location.hash === arguments[0]) { done(read()); }
else {
  addEventListener('hashchange', () => done(read()), {once: true});
  location.hash = arguments[0];
}"""
)


def opened(browser, path, **size):
    browser.open(path, **size)
    browser.wait(lambda: browser.js("return document.querySelector('.ct-started') !== null"))


def quiet(browser, path):
    assert {address.split("#")[0] for address in browser.requests()} == {path.as_uri()}
    assert browser.complaints() == []


class Plan:
    """A plan as the page's address has it, and as a scenario of the library."""

    def __init__(self, table, name, *, closed=(), moved=(), opened=()):
        steps = [am.Scenario(name).close(site).steps[0] for site in closed]
        places = table.places["step"]
        for site, place in moved:
            to = {key: value for key, value in places[place].items() if key in ("commune", "lon", "lat")}
            steps.append(am.Scenario(name).move(site, **to).steps[0])
        steps += [am.Scenario(name).open(**places[place]).steps[0] for place in opened]
        self.scenario = am.Scenario(name, tuple(steps))
        parts = [("c", closed), ("m", [f"{site}:{place}" for site, place in moved]), ("o", opened)]
        told = [f"{kind}:{','.join(ids)}" for kind, ids in parts if ids]
        self.hash = "#plan=" + ";".join([f"n:{name}", *told])


def random_plans(table, count, seed):
    rng = np.random.default_rng(seed)
    today, free = table.places.index[table.places["today"]], table.places.index[~table.places["today"]]
    plans = []
    for number in range(count):
        sites, places = list(rng.permutation(today)), list(rng.permutation(free))
        closed = [sites.pop() for _ in range(rng.integers(0, 4 if number % 5 else len(today)))]
        moved = [(sites.pop(), places.pop()) for _ in range(min(len(sites), rng.integers(0, 3)))]
        opened = [places.pop() for _ in range(rng.integers(0, 5))]
        if not (closed or moved or opened):
            closed = [sites[0]]
        plans.append(Plan(table, f"p{number}", closed=closed, moved=moved, opened=opened))
    return plans


def expected(table, plans):
    """What the library says of these plans, each as the page writes it: the cards and a row a commune."""
    study, words = table.study, Words(table.lang)
    inside, people = study.inside, study.people
    residents = study.residents[inside]
    minutes = am.compare([plan.scenario for plan in plans], study, category=table.category)[inside]
    shares = am.coverage(minutes, people, study.thresholds)
    sums = am.winners_and_losers(minutes, residents)
    communes = study.counted[study.communes["in_territory"]]
    level = {name: am.by_commune(minutes[name], residents)["value"].reindex(communes.index) for name in minutes}
    counted = residents["population"] > 0

    def whole(name):
        reached = minutes[name].notna()
        mean = (minutes[name][reached] * people[reached]).sum() / people[reached].sum() if reached.any() else np.nan
        worst = minutes[name][counted].max()
        return float(mean), float(worst), float(weighted_quantile(minutes[name], people, 0.9))

    def beside(before, after):
        change = words.change_shown(before, after)
        return f"{words.minutes(before)} aujourd’hui" + (f"\u00a0: {change}" if change else "")

    before = whole("baseline")
    for number, plan in enumerate(plans):
        name = plan.scenario.name
        after = whole(name)
        found = pd.DataFrame(sums.xs(name, level="scenario"))
        cards = {
            title: [words.minutes(b), beside(a, b)]
            for title, a, b in zip(
                ("Trajet moyen", "Trajet le plus long", "9 habitants sur 10 mettent au plus"),
                before,
                after,
                strict=True,
            )
        }
        for cutoff in study.thresholds:
            was, is_ = shares["baseline"][cutoff], shares[name][cutoff]
            more = round((is_ - was) * people.sum())
            told = f"{labels.percent(was, digits=1)} aujourd’hui"
            told += f"\u00a0: {labels.people_change(more)}" if more else ""
            cards[f"À {words.cutoff(cutoff)} ou moins"] = [labels.percent(is_, digits=1), told]
        titles = {
            "gain": "Gagnent au moins 1\u00a0minute",
            "lose": "Perdent au moins 1\u00a0minute",
            "newly_reached": "Nouvellement atteints",
            "no_longer_reached": "Plus atteints",
        }
        for key, title in titles.items():
            total = found[key].sum()
            cards[title] = [words.people(total), ""] if total or key in ("gain", "lose") else None
        lost = [float(people[minutes[each].isna()].sum()) for each in ("baseline", name)]
        cards["N’atteignent aucun site"] = (
            [words.people(lost[1]), f"{words.people(lost[0])} aujourd’hui"] if any(lost) else None
        )
        shown = nearest_names(table, plan, residents) if number % 4 == 0 else None
        rows = {}
        for code, commune in communes.iterrows():
            was, is_ = level["baseline"][code], level[name][code]
            gain, lose = (found[side].get(code, 0) for side in ("gain", "lose"))
            rows[commune["name"]] = [
                words.count(commune["population"]), words.minutes(was), words.minutes(is_),
                "" if np.isnan(is_) or np.isnan(was) else words.change_shown(was, is_),
                None if shown is None else shown.get(code, "non atteint"),
                words.count(gain) if gain else "", words.count(lose) if lose else "",
            ]  # fmt: skip
        yield cards, rows


def nearest_names(table, plan, residents):
    """Name of the site that is the nearest of most people, by commune, under a plan."""
    study, places = table.study, table.places
    applied = plan.scenario.apply(study).knowing([table.category])
    sites = applied.sites(table.category)
    if not len(sites):
        return {}
    main = main_sites(am.nearest(applied.minutes(sites)[study.inside])["service_id"], residents)
    opened = sites.index.difference(study.services.index)
    names = sites["name"].to_dict() | {
        site: places["step"][site].get("name") or study.communes["name"][places["commune"][site]] for site in opened
    }
    return {code: names[site] for code, site in main.dropna().items()}


def check(browser, table, plans):
    for plan, (cards, rows) in zip(plans, expected(table, plans), strict=True):
        page = browser.driver.execute_async_script(FOLLOW, plan.hash)
        assert page["told"].startswith("Plan repris"), plan.hash
        assert {title: page["cards"][title] for title in cards} == cards, plan.hash
        read = {name: cells for name, *cells in page["communes"]}
        read = {name: [None if w is None else c for c, w in zip(read[name], rows[name], strict=True)] for name in rows}
        assert len(page["communes"]) == len(rows)
        assert read == rows, plan.hash


@pytest.fixture(scope="module")
def table(sample_study):
    # Without the mairies of the neighbours, which only make each scenario slower.
    services = sample_study.services
    inside = services["commune"].map(sample_study.communes["in_territory"]).astype(bool)
    return council_table(sample_study.with_services(services[inside | (services["category"] == FS)]), FS)


@pytest.fixture(scope="module")
def page(table, tmp_path_factory):
    return table.save(tmp_path_factory.mktemp("council") / "table.html")


def test_every_digit_of_random_plans_is_that_of_compare(browser, table, page):
    opened(browser, page)
    check(browser, table, random_plans(table, 25, seed=15))
    quiet(browser, page)


@pytest.mark.slow
def test_every_digit_of_200_random_plans_is_that_of_compare(browser, table, page):
    opened(browser, page)
    check(browser, table, random_plans(table, 200, seed=2026))
