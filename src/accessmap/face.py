"""How the public names of accessmap are found: when they are first used, and an old one by its new name."""

import csv
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any


@cache
def names_of_0_1() -> dict[str, str]:
    """Return every public name of version 0.1 with the one that took its place, both without the leading "am.".

    >>> names_of_0_1()["two_step_fca"]
    'supply.two_step_fca'
    """
    with (files("accessmap") / "presets" / "renamed.csv").open(encoding="utf-8") as stream:
        return {row["old"]: row["new"] for row in csv.DictReader(stream)}


def no_name(name: str, namespace: str = "") -> AttributeError:
    """Return the error of a name that is not there, with the one that took its place where it is one of 0.1.

    >>> str(no_name("two_step_fca"))
    "accessmap has no 'two_step_fca' any more: since 0.2 it is am.supply.two_step_fca."
    """
    whole = f"{namespace}.{name}" if namespace else name
    new = names_of_0_1().get(whole, whole)
    if new != whole:
        return AttributeError(f"accessmap has no {whole!r} any more: since 0.2 it is am.{new}.")
    module = f"accessmap.{namespace}" if namespace else "accessmap"
    return AttributeError(f"module {module!r} has no attribute {name!r}")


def renamed(namespace: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a namespace whose other names are simply there."""
    return found_in({}, namespace)


def found_in(homes: Mapping[str, str], namespace: str = "") -> Callable[[str], Any]:
    """Return the `__getattr__` of a namespace: each name is looked for in its module when it is first used.

    Parameters
    ----------
    homes
        Name to module, without the leading "accessmap."; a name that ends in "." is the module itself.
    namespace
        Whose names they are; "" for `accessmap` itself.
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise no_name(name, namespace)
        home = import_module(f"accessmap.{homes[name].removesuffix('.')}")
        return home if homes[name].endswith(".") else getattr(home, name)

    return find
