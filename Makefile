# Two commands matter: `make up` shows the platform, `make test` holds it to its promises. `make help` lists the rest.

PYTHON ?= python3
RUN := .venv/bin/python
BOOTSTRAP := $(PYTHON) tools/bootstrap.py
TESTS ?= tests
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help up test check bench crash faults long lock env bundle clean

help: ## list these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

up: ## serve the demonstration: environment, libraries, database, reference district, one port
	@$(BOOTSTRAP) run
	@.venv/bin/zhihai up --demonstration

test: ## the whole suite: rules of the house, types, tests, browser stories
	@$(BOOTSTRAP) dev browser
	@$(RUN) -m zhihai.site.vendor
	@$(MAKE) --no-print-directory check
	$(RUN) -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

check: ## what needs no database: format, lint, types, import contracts, rules of the house
	@$(BOOTSTRAP) dev
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy
	$(RUN) -m pytest -q tests/house

bench: ## measure against the bare store doing the same work; writes docs/reference/benchmarks.md
	@$(BOOTSTRAP) dev
	.venv/bin/zhihai bench --write docs/reference/benchmarks.md

long: ## the long runs, of which `make test` has short cuts
	@$(BOOTSTRAP) dev browser
	@$(RUN) -m zhihai.site.vendor
	$(RUN) -m pytest -n $(WORKERS) -m long $(TESTS)

crash: ## the crash laboratory: 200 runs under 64 writers; writes docs/reference/crash-runs.md
	@$(BOOTSTRAP) dev
	CRASH=1 $(RUN) -m pytest -n 0 tests/crash
	$(RUN) -m tools.crash --clock --runs 200 --write docs/reference/crash-runs.md

faults: ## bring about the ten faults of the runbook, see them and mend them; writes its table
	@$(BOOTSTRAP) dev
	@$(RUN) -m zhihai.site.vendor
	$(RUN) -m tools.faults --write

lock: ## pin every package anew, by version and hash, from pyproject.toml
	@$(BOOTSTRAP) lock

bundle: ## make one folder in dist/ that installs on a machine without any network
	@$(BOOTSTRAP) dev
	@$(RUN) -m zhihai.site.vendor
	@$(RUN) -m tools.bundle

env: ## only make the environment, with everything for development
	@$(BOOTSTRAP) dev

clean: ## remove what these commands have made in this folder
	rm -rf .venv .zhihai
