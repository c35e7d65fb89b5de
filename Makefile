PYTHON ?= python3
BIN := .venv/bin
.PHONY: demo test test-all test-lowest check docs clean

# One stamp for each set of packages: installed once, again only when pyproject.toml changes.
.venv/installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet -e .
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet --group test --group check
	# The newest axe-core where npm is; without it the tests take the older one of a wheel.
	if command -v npm >/dev/null; then npm install --silent --no-save --no-package-lock axe-core@4.14.1 || true; fi
	touch $@

demo: .venv/installed
	$(BIN)/accessmap demo

# Two processes, a file at a time: most files share a study or a page that is dear to make.
test: .venv/installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

# All there is: what takes too long for each commit is here, ten times as many damaged files among it.
test-all: test
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m slow
	FUZZ_TIMES=10 $(BIN)/python -m pytest tests/robust/test_fuzz.py

# The lowest versions that pyproject.toml declares, which only uv resolves; without browsers and notebooks.
.venv-lowest/installed: pyproject.toml
	test -x .venv-lowest/bin/python || $(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --upgrade "pip>=25.1" "uv>=0.9"
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct -e . --group test
	touch $@

LOWEST := tests/tables tests/read tests/roads tests/measures tests/study tests/siting tests/house/test_sample.py
test-lowest: .venv-lowest/installed
	# Old versions warn of what newer ones have settled.
	.venv-lowest/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not browser and not slow" -W ignore::DeprecationWarning $(LOWEST)

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

docs: .venv/installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

clean:
	rm -rf .venv .venv-lowest out dist build node_modules
