# make listen   hear yourself read, from a fresh machine
# make test     everything that must hold, from a fresh machine

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)
APT := DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get

# What the system must have: package, and a command that succeeds once it is there.
AUDIO := libportaudio2
TEST_PACKAGES := libportaudio2 libasound2-plugins pulseaudio pulseaudio-utils chromium espeak-ng fonts-dejavu-core ffmpeg

.PHONY: help listen test lint test-corpora test-hostile bench recording screenshots clean

help:
	@sed -n '1,2p' Makefile; echo "# make test-corpora, test-hostile, bench, recording, screenshots, clean: for those who build it"

listen: $(VENV)/runtime.done
	@ldconfig -p | grep -q libportaudio || { echo "installing PortAudio"; $(APT) update -qq && $(APT) install -qq -y $(AUDIO); } \
		|| echo "PortAudio could not be installed: emostream will say how"
	@$(BIN)/emostream listen --or-demo || [ $$? -eq 130 ]  # Ctrl-C is how it ends

test: $(VENV)/system.done $(VENV)/dev.done lint
	$(BIN)/python -m pytest

lint: $(VENV)/dev.done
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test-corpora: $(VENV)/dev.done
	$(BIN)/python -m pytest -m corpora

test-hostile: $(VENV)/dev.done
	$(BIN)/python -m pytest tests/test_server_hostile.py --hypothesis-profile=long

bench: $(VENV)/bench.done
	$(BIN)/python -m bench

recording: $(VENV)/dev.done
	$(BIN)/python demo/make_recording.py

screenshots: $(VENV)/dev.done
	$(BIN)/emostream file demo/recording.flac --format jsonl > $(VENV)/recording.jsonl
	$(BIN)/python docs/make_dashboard_screenshot.py $(VENV)/recording.jsonl --until 34
	$(BIN)/python docs/make_widget_screenshot.py $(VENV)/recording.jsonl 34

$(BIN)/python:
	@$(PYTHON) -m ensurepip --version > /dev/null 2>&1 || { $(APT) update -qq && $(APT) install -qq -y python3-venv; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip

$(VENV)/runtime.done: $(BIN)/python pyproject.toml
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/dev.done: $(BIN)/python pyproject.toml
	$(BIN)/pip install --quiet --editable '.[train,dev]'
	@touch $@ $(VENV)/runtime.done

$(VENV)/bench.done: $(VENV)/dev.done
	$(BIN)/pip install --quiet --editable '.[train,dev,bench]'
	@touch $@

$(VENV)/system.done: $(BIN)/python Makefile
	@if dpkg-query --show $(TEST_PACKAGES) > /dev/null 2>&1; then :; else \
		$(APT) update -qq && $(APT) install -qq -y --no-install-recommends $(TEST_PACKAGES) > /dev/null; fi
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
