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

# What the tests need of a Debian system: a sound server and its microphone, a browser and its driver's libatomic,
# a terminal, a voice, converters of sound files, a tracer of system calls, what checks units of systemd and alert rules,
# an MQTT broker, shells that complete.
TEST_PACKAGES := libportaudio2 libasound2-plugins pulseaudio pulseaudio-utils chromium libatomic1 fonts-dejavu-core \
	tmux espeak-ng ffmpeg sox strace systemd prometheus mosquitto zsh fish

.PHONY: help listen portaudio test check docs lint test-corpora test-hostile bench recording screenshots training-screenshot clean

help:
	@sed -n '1,2p' Makefile; echo "# make check, docs, test-corpora, test-hostile, bench, recording, screenshots, training-screenshot, clean: for those who build it"

listen: $(VENV)/runtime.done
	@$(BIN)/python -c "import sounddevice" 2> /dev/null || $(MAKE) --no-print-directory portaudio
	@$(BIN)/emostream listen --or-demo || [ $$? -eq 130 ]  # Ctrl-C is how it ends

# PortAudio records; without it the bundled recording is played.
portaudio:
	@if command -v apt-get > /dev/null; then \
		echo "installing PortAudio"; $(APT) update -qq && $(APT) install -qq -y libportaudio2; \
	elif command -v brew > /dev/null; then echo "installing PortAudio"; brew install --quiet portaudio; \
	else false; fi \
		|| echo "PortAudio is not here and could not be installed: install it with your system's packages" \
			"(portaudio for Homebrew, Fedora and Arch) to record"

# A file of tests stays in one process: what its tests share is made once.
test: $(VENV)/system.done $(VENV)/dev.done lint docs
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

# While one works: lint, types, import contracts and the fast tests, in about two minutes.
check: $(VENV)/dev.done lint
	$(BIN)/python -m pytest -q -m "not slow and not corpora" --numprocesses auto --maxprocesses 4

docs: $(VENV)/dev.done
	$(BIN)/mkdocs build --strict --quiet

lint: $(VENV)/dev.done
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test-corpora: $(VENV)/dev.done
	$(BIN)/python -m pytest -m corpora

test-hostile: $(VENV)/dev.done
	$(BIN)/python -m pytest tests/emostream/server/test_hostile.py --hypothesis-profile=long

bench: $(VENV)/bench.done
	$(BIN)/python -m bench

recording: $(VENV)/dev.done
	$(BIN)/python demo/make_recording.py

screenshots: $(VENV)/dev.done
	$(BIN)/emostream file demo/recording.flac --format jsonl > $(VENV)/recording.jsonl
	$(BIN)/python docs/make_dashboard_screenshot.py $(VENV)/recording.jsonl --until 32
	$(BIN)/python docs/make_dashboard_captures.py $(VENV)/recording.jsonl
	$(BIN)/python docs/make_widget_screenshot.py $(VENV)/recording.jsonl 32
	$(BIN)/python docs/make_comparison_picture.py
	$(BIN)/python docs/make_diary_picture.py
	$(BIN)/python docs/make_timeline_pictures.py

# The terminal while a network is trained on a corpus: make training-screenshot CORPUS=~/RAVDESS
training-screenshot: $(VENV)/dev.done
	$(BIN)/python docs/make_training_screenshot.py --corpora $(CORPUS)

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
	@if ! command -v apt-get > /dev/null; then \
		echo "the tests need Debian's packages or their like: $(TEST_PACKAGES)"; \
	elif ! dpkg-query --show $(TEST_PACKAGES) > /dev/null 2>&1; then \
		$(APT) update -qq && $(APT) install -qq -y --no-install-recommends $(TEST_PACKAGES) > /dev/null; fi
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
