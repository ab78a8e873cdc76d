# tierdesk: what a contributor types. `make help` lists it.
# Needs only Python 3.11 or newer, make and git; everything else goes into .venv.

VENV    ?= .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.tierdesk-installed
# Processes that run the tests at once: `make test WORKERS=4`. 0 = one process, output as it comes.
WORKERS ?= 2
# More for pytest: `make test ARGS="tests/desk -k claim"`.
ARGS    ?=

.DEFAULT_GOAL := help
.PHONY: help venv test check lint format types layers docs-current docs constraints demo soak mutants bench dist clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

venv: $(STAMP) ## set up .venv with exact versions (done once, and again when they change)

$(STAMP): pyproject.toml constraints.txt
	@.ci/make-venv $(VENV)
	@touch $@

test: venv ## run all tests (WORKERS=n for several processes, ARGS=... for pytest)
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: lint types layers docs-current ## lint, format, types, import directions, docs current

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: venv
	$(BIN)/mypy

layers: venv
	$(BIN)/lint-imports

docs-current: venv
	$(BIN)/python -m pytest -q --durations=0 -m docs

format: venv ## put code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: venv ## write the pages that are made from code
	$(BIN)/python -m app.settings_reference > docs/settings.md.new && mv docs/settings.md.new docs/settings.md
	$(BIN)/python -m tui.actions > docs/keys.md.new && mv docs/keys.md.new docs/keys.md

constraints: venv ## write constraints.txt from what is installed
	@{ sed -n '/^#/p' constraints.txt; $(BIN)/pip freeze --exclude-editable | LC_ALL=C sort -f; } > constraints.txt.new
	@mv constraints.txt.new constraints.txt

demo: venv ## a desk with believable customers, to try at once
	@$(BIN)/tierdesk demo

soak: venv ## an hour: kills, cuts of the power, failing writes, SOAK_SECONDS=1800 of mixed load
	$(BIN)/python -m pytest -m soak -rP $(ARGS)

mutants: venv ## put faults in, one at a time, and see that the tests notice (ARGS="lease" for some)
	$(BIN)/python tests/mutants.py $(ARGS)

bench: venv ## measure against the budgets
	$(BIN)/python -m bench $(ARGS)

dist: venv ## build the wheel and the source archive into dist/
	$(BIN)/hatchling build

clean: ## remove .venv, caches and what was built
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
