"""The examples of the docstrings, run as tests, share one sample: a study is not changed by what is asked of it."""

from collections.abc import Iterator
from functools import cache

import pytest

import accessmap
from accessmap import sample

_shared = cache(sample.load_sample)


@pytest.fixture(scope="module", autouse=True)
def _one_sample() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample, "load_sample", _shared)
        patch.setattr(accessmap, "load_sample", _shared)
        yield
