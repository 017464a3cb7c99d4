# What people and CI run. Needs make, bash and Python 3.11+; everything else goes into .venv.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

BIN := .venv/bin
BASE := .venv/.saqshy-base
DEV := .venv/.saqshy-dev
MADE_FROM := requirements.lock pyproject.toml deploy/dev/install.sh deploy/dev/environment.sh
PATHS := pipeline connectors dashboards tests
ARGS ?=
SEED ?= $(shell date +%s)
ROUNDS ?= 32

.PHONY: help run cluster test check format compile bench proof chaos goldens lock clean

help: ## print this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

run: $(BASE) ## start the system, play the bundled story, print the addresses (ONCE=1: end after the story)
	@$(BIN)/saqshy demo $(if $(ONCE),--once) $(ARGS)

cluster: $(DEV) ## start Kafka, Elasticsearch and a cluster's processes, play the bundled story (ONCE=1: end after the story)
	@$(BIN)/saqshy cluster demo $(if $(ONCE),--once) $(ARGS)

test: $(DEV) ## run every test that CI runs (ARGS="tests/match -x" for some of them)
	@$(BIN)/python -m pytest $(ARGS)

check: $(DEV) ## format, lint and types
	@$(BIN)/ruff format --check --quiet $(PATHS) && echo "ruff format: clean"
	@$(BIN)/ruff check --quiet $(PATHS) && echo "ruff check: clean"
	@$(BIN)/mypy

format: $(DEV) ## rewrite the code in the house's format
	@$(BIN)/ruff check --fix --quiet $(PATHS) || true
	@$(BIN)/ruff format $(PATHS)

compile: $(DEV) ## compile the hot modules of reading and matching, where a C compiler is there
	@deploy/dev/compile.sh

bench: $(DEV) ## measure the pipeline with every SigmaHQ rule on 40,000 real events (ARGS="--json")
	@deploy/dev/bench.sh $(ARGS)

proof: $(DEV) ## the long tests: hours; writes a dated report with its seeds into tests/proof/
	@SAQSHY_PROOF=1 $(BIN)/python -m pytest -m proof --proof-report tests/proof \
		--randomly-seed=$(SEED) --hypothesis-seed=$(SEED) $(ARGS)

chaos: $(DEV) ## kill, stop, starve and cut off a cluster's real processes by chance (ROUNDS=64); a dated report
	@SAQSHY_CHAOS_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest -m proof tests/chaos \
		--proof-report tests/proof --randomly-seed=$(SEED) $(ARGS)

goldens: $(DEV) ## rewrite the golden files; review the difference before you commit it
	@$(BIN)/python -m pytest -q --update-goldens $(ARGS)
	@git --no-pager diff --stat -- tests/golden || true

lock: $(DEV) ## resolve the dependencies into the hash-pinned lock files (ARGS=--upgrade)
	@deploy/dev/lock.sh $(ARGS)

clean: ## remove the environment, caches and the local data folder
	@rm -rf .venv pipeline/*/compiled .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist var

$(BASE): $(MADE_FROM)
	@deploy/dev/install.sh requirements.lock
	@touch $@

$(DEV): requirements-dev.lock $(MADE_FROM)
	@deploy/dev/install.sh requirements-dev.lock
	@deploy/dev/compile.sh
	@touch $(BASE) $@
