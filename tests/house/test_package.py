"""What `import accessmap` gives, how quickly, and what an installed wheel can do."""

import csv
import importlib
import os
import pkgutil
import re
import sys
import venv
import zipfile
from inspect import getattr_static, isclass, isfunction
from pathlib import Path
from types import ModuleType

import processes
import pytest

import accessmap

ROOT = Path(__file__).parents[2]
HEAVY = ["folium", "geopandas", "numba", "networkx", "osmium", "osmnx", "pandas", "scipy", "shapely"]
NAMESPACES = [name for name in accessmap.__all__ if isinstance(getattr(accessmap, name), ModuleType)]


def run(*command, cwd, path=None):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    environment |= {"PYTHONPATH": str(path)} if path else {}
    return processes.run(*command, cwd=cwd, env=environment, check=True).stdout


def said(code, cwd):
    """What a fresh interpreter prints that has the accessmap of these tests."""
    return run(sys.executable, "-c", code, cwd=cwd, path=Path(accessmap.__file__).parents[1]).strip()


def test_import_loads_no_heavy_library(tmp_path):
    code = f"import sys, accessmap; print([name for name in {HEAVY} if name in sys.modules])"
    assert said(code, tmp_path) == "[]"


def test_import_takes_a_tenth_of_a_second_once_numpy_and_pandas_are_there(tmp_path):
    code = (
        "import numpy, pandas, time; start = time.perf_counter(); import accessmap; dir(accessmap);"
        "print(time.perf_counter() - start)"
    )
    assert min(float(said(code, tmp_path)) for _ in range(3)) < 0.1


def test_names_of_every_namespace_are_listed_without_folium_numba_or_osmnx(tmp_path):
    code = (
        f"import sys, accessmap as am; print([n for n in {NAMESPACES} if not dir(getattr(am, n))],"
        "[name for name in ['folium', 'numba', 'osmnx'] if name in sys.modules])"
    )
    assert said(code, tmp_path) == "[] []"


def test_routing_a_small_study_loads_neither_numba_nor_maps(tmp_path):
    code = (
        "import sys, accessmap as am; s = am.load_sample(); s.minutes(s.sites('hospital'));"
        "print([name for name in ['folium', 'numba', 'networkx', 'osmnx', 'osmium'] if name in sys.modules])"
    )
    assert said(code, tmp_path) == "[]"


def test_every_public_name_is_there_and_documented():
    for name in accessmap.__all__:
        value = getattr(accessmap, name)
        assert name == "__version__" or value.__doc__, name
    assert set(accessmap.__all__) <= set(dir(accessmap))


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_name_of_a_namespace_is_there_and_documented(namespace):
    module = getattr(accessmap, namespace)
    assert set(module.__all__) <= set(dir(module))
    for name in module.__all__:
        value = getattr(module, name)
        assert not (isfunction(value) or isclass(value)) or value.__doc__, f"{namespace}.{name}"


def test_about_25_names_stand_at_the_top():
    top = set(accessmap.__all__) - set(NAMESPACES) - {"__version__"}
    # Issues wrote them am.…: beyond the 25 (house/HOUSE.md).
    asked = {"compare_studies", "Timetable", "journey_times", "departure_share", "round_trips", "distances", "national"}
    asked |= {"OnDemand"}
    assert len(top - asked) <= 28
    assert {"load_sample", "Study", "nearest", "coverage", "access_map", "Dossier", "AccessmapError"} <= top


def test_every_public_name_is_the_same_before_and_after_every_module_is_imported(tmp_path):
    # Python sets a submodule on its package when it is first imported, over any function of the same name.
    code = f"""
import importlib, pkgutil
import accessmap as am
names = [("", name) for name in am.__all__]
names += [(space, name) for space in {NAMESPACES} for name in getattr(am, space).__all__]
def all_of_them():
    return [getattr(getattr(am, space) if space else am, name) for space, name in names]
first = all_of_them()
for module in pkgutil.walk_packages(am.__path__, "accessmap."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print([where for where, one, other in zip(names, first, all_of_them()) if one is not other])
"""
    assert said(code, tmp_path) == "[]"


def test_no_submodule_bears_the_name_of_a_public_function_of_its_package():
    packages = ["accessmap", *(m.name for m in pkgutil.walk_packages(accessmap.__path__, "accessmap.") if m.ispkg)]
    both = []
    for name in packages:
        package = importlib.import_module(name)
        modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
        public = {each: getattr(package, each) for each in getattr(package, "__all__", ())}
        both += [f"{name}.{each}" for each in modules & set(public) if not isinstance(public[each], ModuleType)]
    assert both == []


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(accessmap, "no_such_name")
    assert not hasattr(accessmap.imbalance, "no_such_name")


def renamed():
    """Every name of 0.1 with the one that took its place, as CHANGELOG has them: one table for those that changed."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    found = dict(re.findall(r"^\| `am\.([\w.]+)` \| `am\.([\w.]+)", text, re.MULTILINE))
    (kept,) = re.findall(r"^Unchanged: (.+?)\n\n", text, re.MULTILINE | re.DOTALL)
    return found | {name: name for name in re.findall(r"`am\.([\w.]+)`", kept)}


def test_the_changelog_lists_every_name_of_0_1():
    with (ROOT / "src" / "accessmap" / "presets" / "renamed.csv").open(encoding="utf-8") as stream:
        known = {row["old"]: row["new"] for row in csv.DictReader(stream)}
    assert renamed() == known
    assert len(known) == 201  # 81 at the top with its version, 120 in eight modules


@pytest.mark.parametrize(("old", "new"), renamed().items())
def test_every_new_name_of_the_changelog_is_there_and_the_old_one_names_it(old, new):
    value = accessmap
    for part in new.split("."):
        # a property of a class is there without an instance to ask
        value = getattr_static(value, part) if isinstance(value, type) else getattr(value, part)
    assert value is not None
    if old == new or old in NAMESPACES:  # `am.apl` is still there, and holds `apl`
        return
    owner, _, name = old.rpartition(".")
    with pytest.raises(AttributeError, match=re.escape(f"am.{new}")):
        getattr(getattr(accessmap, owner) if owner else accessmap, name)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("accessmap-*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """A Python with accessmap from the wheel alone, and the libraries from the environment of the tests."""
    home = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    run(sys.executable, "-m", "zipfile", "-e", wheel, packages, cwd=home)
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    Path(packages, "libraries.pth").write_text("\n".join(libraries), encoding="utf-8")
    return python


def test_the_wheel_holds_what_the_code_reads(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    source = ROOT / "src" / "accessmap"
    kept = [path for folder in ("words", "presets", "templates", "vendor") for path in (source / folder).rglob("*")]
    kept = [path.relative_to(source.parent) for path in kept if path.is_file() and "__pycache__" not in path.parts]
    sample = [f"accessmap/data/communes/{path.name}" for path in (ROOT / "data" / "communes").iterdir()]
    assert {path.as_posix() for path in kept} | set(sample) <= set(names)
    assert {Path(name).parts[2] for name in names if name.startswith("accessmap/words/")} >= {"texts", "words.py"}
    assert "accessmap/py.typed" in names or not (source / "py.typed").exists()


def test_the_sample_is_in_the_wheel_and_loads_from_outside_the_repository(python, tmp_path):
    code = (
        "import accessmap as am; s = am.load_sample();"
        "print(am.__file__, len(s.communes), int(s.communes.population[s.communes.in_territory].sum()))"
    )
    where, communes, people = run(python, "-c", code, cwd=tmp_path).split()
    assert Path(where).is_relative_to(python.parents[1])
    assert (communes, people) == ("1288", "70550")


def test_the_demo_runs_from_the_wheel_alone(python, tmp_path):
    told = run(python, "-m", "accessmap", "demo", "--out", "demo", cwd=tmp_path)
    assert "pays-chaunois.html" in told
    page = (tmp_path / "demo" / "pays-chaunois.html").read_text("utf-8")
    assert "Pays Chaunois" in page
    assert str(ROOT) not in page
    assert {"pays-chaunois-fiches.html", "pays-chaunois.gpkg"} <= {path.name for path in (tmp_path / "demo").iterdir()}
