# The verbs of this project. "make" or "make help" lists them.
#
# Settings: PYTHON=python3.12 names the Python to set up with, SETUP_INSTALLER=pip goes without uv, WORKERS=4 runs the
# tests in more processes, ARGS="..." is handed on to the program that the target runs. ONLY and ROUNDS are for torture.

PYTHON ?= python3
WORKERS ?= 3
ARGS ?=
ONLY ?=
ROUNDS ?=

BIN = .venv/bin
SET_UP = python="$$(sh tools/find_python.sh "$(PYTHON)")" && "$$python" -m tools.setup
TEMPLATES = booking/templates
IN_PARALLEL = -n $(WORKERS) --dist loadscope --no-loadscope-reorder

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
# Checks print one after the other, and coverage is judged after the tests.
.NOTPARALLEL:
.PHONY: help setup setup-dev assets assets-all schema run test check bench bench-full torture fmt sizes lock audit sbom clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv with what the program needs
	@$(SET_UP)

setup-dev: ## make .venv with what checks and tests need, too
	@$(SET_UP) --dev

assets: setup ## fetch and build the front-end files of others
	@$(BIN)/python -m tools.assets

schema: setup-dev ## fetch the official JSON schema of FHIR R4 that tests hold our files against
	@$(BIN)/python -m tools.r4_schema

run: setup assets ## set up and serve the demo clinic at http://localhost:8000 (PORT=... for another port)
	@exec $(BIN)/flask --app wsgi demo $(ARGS)

test: setup-dev assets schema ## set up and run all tests on SQLite and PostgreSQL, in a browser where one is found
	@$(BIN)/pytest $(IN_PARALLEL) $(ARGS)

CHECKS = check-format check-lint check-types check-imports check-templates check-sizes check-drift check-tests check-coverage

check: setup-dev assets schema $(CHECKS) ## everything that has to pass before a change is taken in

.PHONY: $(CHECKS)

check-format: setup-dev ## is the Python code formatted?
	@$(BIN)/ruff format --check .

check-lint: setup-dev ## does ruff find mistakes?
	@$(BIN)/ruff check .

check-types: setup-dev ## do the types fit (mypy, strict)?
	@$(BIN)/mypy

check-imports: setup-dev ## do imports point inwards?
	@$(BIN)/lint-imports --no-logo

check-templates: setup-dev ## does djLint find mistakes in the templates?
	@$(BIN)/djlint $(TEMPLATES) --lint --quiet

check-sizes: setup-dev ## is every file and function of a readable size?
	@$(BIN)/python tools/sizes.py --check

check-drift: setup-dev ## do the migrations build what the models say, on both databases?
	@$(BIN)/python -m tests.drift

check-tests: setup-dev ## run all tests with coverage; a missing browser is a failure
	@$(BIN)/coverage erase
	@REQUIRE_BROWSER=1 REQUIRE_SCHEMA=1 $(BIN)/pytest --cov --cov-report= $(IN_PARALLEL) $(ARGS)

check-coverage: setup-dev ## did the last check-tests reach enough of the program?
	@mkdir -p htmlcov && $(BIN)/coverage json --quiet -o htmlcov/coverage.json
	@$(BIN)/python tools/coverage_gate.py htmlcov/coverage.json

torture: setup-dev assets ## the long races and crashes (ONLY=booking_race runs one, ROUNDS=10 makes it short)
	@TORTURE=long TORTURE_ROUNDS=$(ROUNDS) $(BIN)/pytest -n0 -s -q -m torture \
		$(if $(ONLY),tests/torture/test_$(ONLY).py,tests/torture) $(ARGS)

bench: setup-dev assets ## print the benchmark table and write benchmarks/latest.json
	@$(BIN)/python -m benchmarks $(ARGS)

bench-full: setup-dev assets ## the same with the long measurements
	@$(BIN)/python -m benchmarks --full $(ARGS)

fmt: setup-dev ## format code and templates, repair what ruff can
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .
	@$(BIN)/djlint $(TEMPLATES) --reformat --quiet || true

sizes: setup-dev ## list the longest files and functions
	@$(BIN)/python tools/sizes.py

lock: setup-dev ## pin all requirements anew, with hashes (ARGS="--upgrade" raises versions)
	@$(BIN)/python tools/lock.py $(ARGS)

audit: setup-dev assets ## ask for known security holes in the pinned packages
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements.txt
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm audit --package-lock-only

sbom: setup-dev ## write what the program is made of (CycloneDX) to sbom.cdx.json
	@$(BIN)/python -m tools.sbom

clean: ## remove what set-up and tests made, but no data (var/)
	@rm -rf .venv node_modules booking/static/vendor .mypy_cache .pytest_cache .ruff_cache .import_linter_cache \
		.hypothesis .coverage .coverage.* htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
