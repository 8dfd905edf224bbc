# Everything a newcomer needs is python3 (3.11 or newer) and make. `make help` explains the targets.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test lint format types imports bench chaos storm lock ci

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: .venv/runtime.stamp ## Serve the product with demo data on PORT (8000) until Ctrl-C; data stays in DATA_DIR (.data)
	@$(BIN)/python manage.py serve --demo

test: .venv/development.stamp ## Run all tests on the embedded PostgreSQL, or on DATABASE_URL and REDIS_URL where they are set
	@$(BIN)/pytest -n 2 --dist loadgroup $(ARGS)

lint: .venv/development.stamp ## Check style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: .venv/development.stamp ## Put format and simple style right
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

types: .venv/development.stamp ## Check types (mypy strict)
	@$(BIN)/mypy .

imports: .venv/development.stamp ## Check that imports go down only
	@$(BIN)/lint-imports

bench: .venv/development.stamp ## Measure the speed goals: a table, and bench.json
	@$(BIN)/python -m tests.bench $(ARGS)

chaos: .venv/development.stamp ## Kill workers and crash the database while a million customers are delivered to (CUSTOMERS, SECONDS)
	@$(BIN)/python -m tests.faults.chaos

storm: .venv/development.stamp ## Everybody at once over HTTP for SECONDS (60), then the data is checked
	@$(BIN)/python -m tests.storm

lock: ## Pin pyproject.toml's requirements with hashes (needs uv): uv.lock and requirements/
	@env -u UV_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS \
		uv lock --no-config --default-index https://pypi.org/simple
	@for set in runtime:--no-dev development:--all-groups; do \
		uv export --no-config --frozen --quiet --no-header --no-emit-project $${set#*:} \
			--output-file requirements/$${set%%:*}.txt || exit 1; \
	done
	@! grep -nE 'file:|://' requirements/*.txt || { echo "error: requirements must not name places" >&2; exit 1; }
	@! grep -nE '://' uv.lock | grep -vE 'https://(pypi|files\.pythonhosted)\.org/' \
		|| { echo "error: uv.lock must name pypi.org only" >&2; exit 1; }

ci: ## Run everything that must pass before a change is taken
	@.ci/run

# The tests start a hundred Pythons, each of which would compile everything anew.
test: export PYTHONDONTWRITEBYTECODE :=

# The tests' server is not the one of `make run`, so that both can run at the same time.
ifndef DATABASE_URL
test: export DATA_DIR := $(CURDIR)/.data/test
endif

.venv/%.stamp: requirements/%.txt | .venv/made
	@echo "Installing $< ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

.venv/made:
	@command -v $(PYTHON) >/dev/null \
		|| { echo "error: $(PYTHON) is missing; Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: Python 3.11 or newer is needed, $(PYTHON) is older (make PYTHON=... names another)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "error: $(PYTHON) lacks its venv module (Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@echo "Making .venv ..."
	@$(PYTHON) -m venv --clear .venv
	@touch $@
