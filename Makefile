PORT ?= 8000
PROCESSES ?= 2
PYTHON ?= $(shell scripts/find-python)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# A file's tests stay together, and the browser tests come last in each process: see tests/conftest.py.
PARALLEL := -n logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder
export PORT PROCESSES

.DEFAULT_GOAL := help

.PHONY: help
help: ## Print these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

.PHONY: run
run: $(VENV)/.installed ## Serve the demo site on http://127.0.0.1:8000 (another port: make run PORT=9000)
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py demo_users
	@echo "Open http://127.0.0.1:$(PORT) (Ctrl+C stops the server)"
	@DEBUG=1 STRICT_CSP=1 $(BIN)/daphne --bind 127.0.0.1 --port $(PORT) --verbosity 0 project.asgi:application

.PHONY: run-cluster
run-cluster: $(VENV)/.installed-cluster ## Serve the demo site by several processes, with PostgreSQL and Redis (make run-cluster PROCESSES=4)
	@$(BIN)/python -m scripts.cluster

.PHONY: test
test: $(VENV)/.installed-dev chromium nginx ## Run the whole test suite (part of it: make test ARGS=tests/test_registry.py)
	$(BIN)/python -m pytest $(or $(ARGS),$(PARALLEL))

.PHONY: lint
lint: $(VENV)/.installed-dev ## Check style, types, templates, migrations and Django's system checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	git ls-files -z '*.html' | xargs -0 $(BIN)/djade --target-version 5.2 --check
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING

.PHONY: format
format: $(VENV)/.installed-dev ## Rewrite code and templates in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files -z '*.html' | xargs -0 $(BIN)/djade --target-version 5.2

.PHONY: matrix
matrix: $(VENV)/.installed-dev chromium ## Run the suite on every pair of Python and Django whose interpreter is installed
	PATH="$$(scripts/find-python 3.11 3.12 3.13 | xargs -n 1 dirname | paste -sd :):$$PATH" $(BIN)/tox run $(ARGS)

.PHONY: bench
bench: $(VENV)/.installed-dev chromium ## Measure the speed in a real browser and write it into benchmarks/
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: bench-peers
bench-peers: $(VENV)/.installed-dev chromium ## Measure five other projects beside this one, in the same way (takes an hour and a half)
	$(BIN)/python -m benchmarks.peers $(ARGS)

.PHONY: load
load: $(VENV)/.installed-dev ## Put a real server under load, with many visitors at once, and write it into benchmarks/
	$(BIN)/python -m benchmarks.load $(ARGS)

.PHONY: screenshots
screenshots: $(VENV)/.installed-dev chromium ## Take the README's pictures of the page
	$(BIN)/python -m scripts.screenshots $(ARGS)
	$(BIN)/python -m scripts.review_screenshots

.PHONY: nginx
nginx:
	@PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || scripts/apt-install nginx-light >/dev/null || test -z "$(CI)"

.PHONY: chromium
chromium:
	@scripts/find-chromium --install >/dev/null || test -z "$(CI)"

$(BIN)/python:
	scripts/make-venv "$(PYTHON)" $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-cluster: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[postgres,redis]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.installed
