# Every target works on a fresh machine that has Python 3.11 or later with venv and pip, and make.
# It makes .venv, installs once (again when pyproject.toml changes), and runs.

SHELL := /bin/sh
OUT ?= runs
JOBS ?= 2
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
  "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install

SCENARIOS := scenarios/do-nothing.yaml scenarios/hubs-and-grants.yaml scenarios/accelerator.yaml scenarios/wellbeing-hubs.yaml
# Futures: replicates of the central values, then draws of the values (24 and 100 in all).
DEMO_FUTURES ?= --replicates 8 --draws 16
BOARD_FUTURES ?= --replicates 34 --draws 66

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: docs calibrate help demo board test test-all bench lint

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target what; do \
	  printf '%-14s %s\n' "$$target" "$$what"; done

demo: $(VENV)/installed ## compare four scenarios of one county in 24 futures
	$(BIN)/nbhdsim compare $(SCENARIOS) $(DEMO_FUTURES) --out $(OUT)

board: $(VENV)/installed ## the same in 100 futures, enough for "in x of 100 futures"
	$(BIN)/nbhdsim compare $(SCENARIOS) $(BOARD_FUTURES) --out $(OUT)

test: $(VENV)/installed-dev ## the tests, without the slow ones
	$(BIN)/python -m pytest -q -n $(JOBS) -m "not slow"

test-all: $(VENV)/installed-dev ## every test
	$(BIN)/python -m pytest -q -n $(JOBS)

bench: $(VENV)/installed ## resident-months a second, beside other tools (makes a venv of its own for them)
	$(BIN)/python -m benchmarks

calibrate: $(VENV)/installed ## fit how admissions cluster in people (some minutes)
	$(BIN)/python calibration/admissions.py --write

docs: $(VENV)/installed ## write docs/reference from the program
	$(BIN)/python docs/generate.py

lint: $(VENV)/installed-dev ## style and types
	$(BIN)/ruff check .
	$(BIN)/mypy

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
	  echo "nbhdsim needs Python 3.11 or later, and none was found; install it, or name one: make PYTHON=/path/to/python" >&2; \
	  exit 1; fi
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "nbhdsim needs Python 3.11 or later; $(PYTHON) is older or does not run" >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$(PYTHON) cannot make a virtual environment; on Debian: apt install python3-venv" >&2; exit 1; }

$(VENV)/installed: pyproject.toml | $(BIN)/python
	@echo "installing nbhdsim into $(VENV)" >&2
	@$(PIP) --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/python
	@echo "installing nbhdsim and its development tools into $(VENV)" >&2
	@$(PIP) --editable '.[dev,browser]'
	@touch $@ $(VENV)/installed
