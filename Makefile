# What a person does here; `make` alone lists it. What `up` and its siblings do stands in stacks/prefetch/demo.
SHELL := /bin/sh
.DEFAULT_GOAL := help

# The first Python that is new enough; name another with `make PYTHON=...`.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
# Each command and each test starts processes, which would all compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
DEMO := $(BIN)/python -m stacks.prefetch.demo
# More workers than cores: tests of the whole path wait for their processes, and these for each other.
PYTEST := $(BIN)/python -m pytest -n 4 --dist worksteal

.PHONY: help
help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1#/p' $(MAKEFILE_LIST) | awk -F'#' '{ printf "%-16s %s\n", $$1, $$2 }'

.PHONY: venv dev
venv: ## make .venv with the package in it
	@$(PYTHON) .ci/environment.py
dev: ## the same, with the tools for development
	@$(PYTHON) .ci/environment.py dev

.PHONY: up preview refresh down clean env
up: venv ## start a local ESA and apply the stack `demo`
preview: venv ## show what `make up` would do
refresh: venv ## read the actual plans into the state
down: venv ## destroy the stack, stop the local ESA
clean: venv ## stop the local ESA and forget the stack
env: venv ## print the demo's variables, for a shell to eval
up preview refresh down clean env:
	@$(DEMO) $@

# The composed stack: on the plugin of alicloud where it is installed, else on the tests' stand-in.
SITE := EMULATOR_PORT=$$SITE_EMULATOR_PORT $(BIN)/python -m stacks.site.demo
.PHONY: site-up site-preview site-down
site-up: dev ## the same for stacks/site: from a site to running plans, with pulumi_alicloud
site-preview: dev ## show what `make site-up` would do
site-down: dev ## destroy that stack, stop its local ESA
site-up site-preview site-down:
	@$(SITE) $(@:site-%=%)

.PHONY: check fix test test-ci test-all soak kill fleet fuzz bench
check: dev ## ruff, mypy, import directions
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
fix: dev ## format, and mend what ruff can mend
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix
test: dev ## each behaviour, and the whole path once
	@$(PYTEST) -m 'not slow and not thorough'
test-ci: dev ## the same, the whole path in all its variants, and the coverage
	@$(PYTEST) -m 'not slow' --cov
test-all: dev ## all tests, the long ones too
	@$(PYTEST) -n 6
soak: dev ## a thousand plans in an ESA that fails one call in five
	@$(BIN)/python -m tests.lifecycle.soak
kill: dev ## kill -9 at two hundred random moments, each mended by one up
	@$(BIN)/python -m tests.lifecycle.kill
fleet: dev ## four stacks of PLANS (1200) plans at once, on one account's quota
	@$(BIN)/python -m tests.lifecycle.fleet $(if $(PLANS),--plans=$(PLANS))
fuzz: ## each parser for SECONDS (20) under a fuzzer that looks for new paths
	@$(PYTHON) .ci/environment.py fuzz
	@$(BIN)/python -m tests.fuzz $(SECONDS)
bench: ## goals of speed: PLANS, ROUNDS, ONLY="rows", JSON=file, BASELINE=write
	@$(PYTHON) .ci/environment.py bench
	@$(BIN)/python -m tests.benchmarks $(if $(PLANS),--plans=$(PLANS)) $(if $(ROUNDS),--rounds=$(ROUNDS)) \
		$(if $(ONLY),--only="$(ONLY)") $(if $(JSON),--json=$(JSON)) $(if $(BASELINE),--baseline=$(BASELINE))
