# The menu: `make help`. A fresh machine needs Python 3.11 or later and make, nothing else.

VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
# Checks use the services of the tests, so that they never touch the demo's.
CHECK := CLG_SERVICES=test $(MANAGE)
TESTS := CLG_SERVICES=test $(BIN)/python -m pytest -n logical -m "not nightly"
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
	matrix fuzz races kill security invariants nightly \
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

matrix: $(STAMP) ## Who may do what at every address: role matrix, leaks, fields
	@$(TESTS) tests/security/test_matrix.py tests/clg/admin/test_rights.py tests/accounts/test_permissions.py \
		tests/accounts/test_privacy.py $(ARGS)

fuzz: $(STAMP) ## Every documented operation with drawn input (FUZZ_CASES=, SEED=)
	@$(TESTS) tests/security/test_fuzz.py $(ARGS)

races: $(STAMP) ## Rivals in every gap; every task twice and eight times at once
	@$(TESTS) -k "race or races or parallel or at_once or twice" tests $(ARGS)

kill: $(STAMP) ## Workers die and stall anywhere: nothing lost, nothing doubled
	@$(TESTS) tests/kill $(ARGS)

security: $(STAMP) ## Production settings, login, tokens, limits, headers, redirects, logs, audit trail
	@$(TESTS) tests/clg/test_production_settings.py tests/accounts/test_login.py tests/accounts/test_login_limits.py \
		tests/clg/test_secrets.py tests/clg/test_audit_trail.py tests/clg/test_logs.py tests/test_threat_model.py \
		tests/accounts/api/test_authentication.py tests/security --ignore tests/security/test_fuzz.py $(ARGS)

invariants: $(STAMP) ## What must always hold, on the demo's data, all of it
	@CLG_SERVICES=demo $(MANAGE) check_invariants --deep

nightly: test-nightly invariants ## What is too long for every push, and the invariants of the demo

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
