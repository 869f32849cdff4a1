# make setup | run | test | check | bench | clean. Everything installs itself; nothing is done twice.
SHELL := /bin/bash
PYTHON ?= python3
DEMO ?= 1
RASA := nlu/rasa/.venv
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export RASA_TELEMETRY_ENABLED = false

.PHONY: setup setup-test run test fast check bench audit lock model clean

setup: .venv/.run $(RASA)/.done

.venv/bin/python:
	$(PYTHON) tests/make_venv.py .venv

.venv/.run: requirements.lock | .venv/bin/python
	@if [ ! -e .venv/.test ] || [ requirements.lock -nt .venv/.test ]; then \
	  .venv/bin/python -m pip install -q --require-hashes -r requirements.lock; fi
	@touch $@

.venv/.test: requirements-dev.lock | .venv/bin/python
	.venv/bin/python -m pip install -q --require-hashes -r requirements-dev.lock
	@touch $@ .venv/.run

$(RASA)/bin/python:
	$(PYTHON) tests/make_venv.py $(RASA)

# Rasa 3.6.21 declares Python < 3.11 and runs on 3.11 with these pins: docs/decisions/0001
$(RASA)/.done: nlu/rasa/requirements.lock | $(RASA)/bin/python
	$(RASA)/bin/python -m pip install -q --no-deps --ignore-requires-python --require-hashes -r nlu/rasa/requirements.lock
	@touch $@

model: setup
	.venv/bin/python -m nlu train --if-needed

run: setup
	@NIANGJIA_DEMO__ENABLED=$(if $(filter 0 false no,$(DEMO)),false,true) exec .venv/bin/python -m bot serve

setup-test: .venv/.test $(RASA)/.done
	bash tests/system_packages.sh

check: .venv/.test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# Both databases, no Rasa, no browser; two workers, each with a PostgreSQL of its own.
FAST := not slow and not rasa and not browser and not emulator and not chaos
SLOW := slow or rasa or browser or emulator or chaos

fast: .venv/.test
	.venv/bin/python -m pytest -q -n 2 -m "$(FAST)"

test: setup-test check
	.venv/bin/python -m nlu train --if-needed
	.venv/bin/python -m pytest -q -n 2 --durations=8 -m "$(FAST)"
	.venv/bin/python -m tests.vectors
	.venv/bin/python -m pytest -q --durations=12 -m "$(SLOW)"

bench: setup-test
	.venv/bin/python -m nlu train --if-needed
	.venv/bin/python -m tests.bench

audit: .venv/.test
	.venv/bin/pip-audit --strict --require-hashes -r requirements.lock

# Maintainers only: new pins. Versions and hashes, never an address.
lock:
	uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q requirements.in -o requirements.lock
	uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q requirements-dev.in -c requirements.lock -o requirements-dev.lock
	uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q requirements-ocr.in -c requirements.lock -o requirements-ocr.lock

clean:
	rm -rf .venv $(RASA) .pytest_cache .mypy_cache .ruff_cache .hypothesis
