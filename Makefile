.PHONY: install serve test check format bench clean
PYTHON ?= python3
BIN := .venv/bin

# One command from a fresh clone: makes .venv and installs with video support.
install: .venv/installed

.venv/installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --only-binary :all: "setuptools>=68" wheel
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-build-isolation -e ".[video]"
	@# Compiled once here, so that the first start does not wait for it.
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -c "from imgproxy_py.workers import template; template.prepare()"
	@touch $@

.venv/dev: .venv/installed
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-build-isolation -e ".[video,dev]"
	@touch $@

serve: install
	@$(BIN)/imgproxy-py serve

test: .venv/dev check
	@# Two at once, a file to each: much of the time one waits for a server, a child or a deadline.
	$(BIN)/python -m pytest -m "not serial" -n 2 --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m pytest -m serial

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache
