"""What `import accessmap` gives, how quickly, and what an installed wheel can do."""

import os
import sys
import venv
from pathlib import Path
from types import ModuleType

import processes

import accessmap

ROOT = Path(__file__).parents[2]
HEAVY = ["folium", "geopandas", "numba", "networkx", "osmium", "osmnx", "pandas", "scipy", "shapely"]


def run(*command, cwd):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return processes.run(*command, cwd=cwd, env=environment, check=True).stdout


def test_import_loads_no_heavy_library(tmp_path):
    code = f"import sys, accessmap; print([name for name in {HEAVY} if name in sys.modules])"
    assert run(sys.executable, "-c", code, cwd=tmp_path).strip() == "[]"


def test_routing_a_small_study_loads_neither_numba_nor_maps(tmp_path):
    code = (
        "import sys, accessmap as am; s = am.load_sample(); s.minutes(s.sites('hospital'));"
        "print([name for name in ['folium', 'numba', 'networkx', 'osmnx', 'osmium'] if name in sys.modules])"
    )
    assert run(sys.executable, "-c", code, cwd=tmp_path).strip() == "[]"


def test_every_public_name_is_there_and_documented():
    for name in accessmap.__all__:
        value = getattr(accessmap, name)
        assert name == "__version__" or value.__doc__, name
    assert set(accessmap.__all__) <= set(dir(accessmap))


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(accessmap, "no_such_name")


def test_the_sample_is_in_the_wheel_and_loads_from_outside_the_repository(tmp_path):
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = tmp_path.glob("accessmap-*.whl")
    home = tmp_path / "venv"
    # The libraries come from the environment of the tests, accessmap itself from the wheel alone.
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    run(sys.executable, "-m", "zipfile", "-e", wheel, packages, cwd=tmp_path)
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    code = (
        f"import sys; sys.path += {libraries}; import accessmap as am; s = am.load_sample();"
        "print(am.__file__, len(s.communes), int(s.communes.population[s.communes.in_territory].sum()))"
    )
    where, communes, people = run(python, "-c", code, cwd=tmp_path).split()
    assert Path(where).is_relative_to(home)
    assert (communes, people) == ("1288", "70550")


def test_no_public_function_hides_behind_a_module_of_its_name():
    # Python sets a submodule on the package when it is first imported, over any function of the same name.
    modules = {path.stem for path in Path(accessmap.__file__).parent.iterdir()}
    functions = {name for name in accessmap.__all__ if not isinstance(getattr(accessmap, name), ModuleType)}
    assert functions & modules == set()
