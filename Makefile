# The menu: `make help`. A fresh machine needs Python 3.11 or later and make, nothing else.

VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
# Checks use the services of the tests, so that they never touch the demo's.
CHECK := CLG_SERVICES=test $(MANAGE)
STAMP := $(VENV)/.installed
# The first Python on the machine that is new enough; `make PYTHON=/path/to/python setup` chooses another.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
SEED ?=
SCALE ?=
ITEM ?=
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset run worker test test-services test-nightly check bench \
	lint format types migrations-check schema schema-check requirements

##@ Start here
help: ## This menu
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo

setup: $(STAMP) ## Make the environment in .venv, and nothing else

demo: $(STAMP) ## A made-up company on your screen: services, data, scores, credit, web (SEED=, SCALE=)
	@CLG_SERVICES=demo $(MANAGE) demo $(if $(SEED),--seed $(SEED)) $(if $(SCALE),--scale $(SCALE))

demo-reset: $(STAMP) ## Wipe the demo's data; the next `make demo` starts afresh
	@$(BIN)/python -m clg.embedded wipe .services/demo

##@ Work
run: $(STAMP) ## Migrate and serve your own data: web, worker, beat, sweeper (PORT=)
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) serve

worker: $(STAMP) ## Only the Celery worker
	@$(MANAGE) serve --only worker

format: $(STAMP) ## Let ruff put the code in shape
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

##@ Prove
test: $(STAMP) ## The whole suite on all cores, with its own services (ARGS="tests/clg -x")
	@CLG_SERVICES=test $(BIN)/python -m pytest -n logical -m "not nightly" $(ARGS)

test-services: $(STAMP) ## The same suite on real PostgreSQL, Redis and RabbitMQ (Debian's packages)
	@CLG_SERVICES=test $(BIN)/python -m tests.real_services $(ARGS)

test-nightly: $(STAMP) ## The tests that are too long for every push: long histories, wide sweeps
	@CLG_SERVICES=test FUZZ_CASES=40 $(BIN)/python -m pytest -n logical -m "nightly or sweep" $(ARGS)

check: lint types migrations-check schema-check ## Everything else that must hold before a merge
	@$(CHECK) check --fail-level WARNING

lint: $(STAMP) ## ruff and the floors of the house
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(STAMP) ## mypy with django-stubs
	@$(BIN)/mypy clg accounts advocacy referrals growth tests

migrations-check: $(STAMP) ## Models, triggers and migrations agree
	@$(CHECK) makemigrations --check --dry-run

schema: $(STAMP) ## Write the OpenAPI documents, 3.1 and 3.0, to docs/api; a warning fails
	@$(CHECK) write_schema

schema-check: $(STAMP) ## docs/api agrees with the code
	@$(CHECK) write_schema --check

bench: $(STAMP) ## Measure against floor and baseline (ITEM=, SCALE=)
	@$(BIN)/python -m benchmarks

##@ Rarely
requirements: $(STAMP) ## Compile requirements/*.in into hash-locked requirements/*.txt
	@for name in tools base dev; do \
		$(BIN)/python requirements/compile.py requirements/$$name.in requirements/$$name.txt || exit 1; done

$(STAMP): requirements/tools.txt requirements/dev.txt requirements/install.py
	@test -n "$(PYTHON)" || { echo "CLG needs Python 3.11 or later. Install it, or name it: make PYTHON=/path/to/python setup"; exit 1; }
	@$(PYTHON) requirements/install.py $(VENV)
