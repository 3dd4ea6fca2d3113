# Bare `make` prints this help.
.DEFAULT_GOAL := help
PYTHON ?= python3
export UV_SYSTEM_CERTS := 1
BIN := .venv/bin
READY := .venv/.ready

help:  ## show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(READY): pyproject.toml requirements.lock
	@echo "Making .venv with every dependency pinned by hash"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps -e .
	@touch $(READY)

setup: $(READY)  ## make .venv from the lock file

demo: $(READY)  ## a living sample company: database, broker, services and console in one process
	@exec $(BIN)/steward demo

test: $(READY)  ## the whole suite: real PostgreSQL always, real Kafka where Java and Maven are
	@$(BIN)/python -m pytest -m "not soak" -n auto --maxprocesses 4 --dist loadfile

soak: $(READY)  ## the long tests, twenty minutes: rounds of faults (STEWARD_SOAK_ROUNDS, _SEED), schedules (_SCHEDULES), the demo
	@$(BIN)/python -m pytest -n 0 -m soak
	@STEWARD_SOAK_SCHEDULES=$${STEWARD_SOAK_SCHEDULES:-300} $(BIN)/python -m pytest -n 0 tests/runner/test_faults.py

lint: $(READY)  ## ruff, mypy strict, import walls
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(READY)  ## the pipeline against its floor, on real Kafka and PostgreSQL
	@$(BIN)/steward bench pipeline

kafka: $(READY)  ## start one real Apache Kafka broker on loopback (Java 17 and Maven)
	@exec $(BIN)/python deploy/kafka/run.py

lock:  ## pin every dependency again
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --group dev pyproject.toml -o requirements.lock

.PHONY: help setup demo test soak lint bench kafka lock
