# The tasks of the project. `make` lists them; the workflows run nothing else.

.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# uv, from PATH or else from .tools, where it is put when it is missing.
UV := $(or $(shell command -v uv),.tools/bin/uv)
export UV_PYTHON_DOWNLOADS ?= manual

# What tasks take: make test PYTHON=3.10 ARGS="-k cookies"
PYTHON ?=
ARGS ?=
# The packages, or one of them: make dist NAME=responder-core
NAME ?=
BUMP ?=
DIST ?= dist
EXAMPLES ?= 2000

export UV
RUN = $(UV) run --quiet --all-packages $(if $(PYTHON),--python $(PYTHON))
PACKAGES = $(notdir $(wildcard packages/*))
# A folder for a task that needs one, gone when the task ends.
IN_TEMP = work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT;
need = $(if $($(1)),,$(error this needs $(1)=, as in: make $@ $(2)))

.PHONY: help
help: ## List the tasks
	@echo 'usage: make TASK [NAME=package] [PYTHON=3.13] [ARGS="more arguments"]'
	@echo
	@awk 'BEGIN { FS = ":[^#]*## " } /^[a-z][a-z0-9-]*:.*## / { printf "  %-14s %s\n", $$1, $$2 } \
	    /^## / { printf "\n%s\n", substr($$0, 4) }' $(MAKEFILE_LIST)

.tools/bin/uv:
	python3 -m venv .tools && .tools/bin/pip install --quiet uv

## While you work

.PHONY: setup
setup: $(UV) ## Make the environment, .venv, and have git run the quick checks at each commit
	$(UV) sync --quiet --all-packages $(if $(PYTHON),--python $(PYTHON))
	$(RUN) pre-commit install

.PHONY: test
test: $(UV) ## Run the tests: ARGS=packages/responder-core, ARGS="-k cookies", PYTHON=3.10
	$(RUN) pytest $(ARGS)

.PHONY: format
format: $(UV) ## Write the code as the project does, and correct what can be corrected
	$(RUN) ruff check --fix
	$(RUN) ruff format

.PHONY: lint
lint: $(UV) ## Check style
	$(RUN) ruff check
	$(RUN) ruff format --check

.PHONY: types
types: $(UV) ## Check types, by mypy and by pyright
	$(RUN) mypy
	$(RUN) pyright

.PHONY: docs
docs: $(UV) ## Build the pages of docs/ into build/docs
	$(RUN) sphinx-build -q -W -n --keep-going docs build/docs

.PHONY: benchmarks
benchmarks: $(UV) ## Measure every workload beside every other framework; takes half an hour
	$(RUN) --group peers python benchmarks/peers.py $(ARGS)

.PHONY: coverage
coverage: $(UV) ## Measure what each package's own tests cover, lines and branches: NAME=package
	$(foreach name,$(or $(NAME),$(PACKAGES)),\
	$(RUN) coverage erase && \
	$(RUN) coverage run --source $(subst -,_,$(name)) -m pytest -q packages/$(name) && \
	$(RUN) coverage combine --quiet && $(RUN) coverage report &&) true

.PHONY: check
check: ## Run all that must hold before a change lands; takes many minutes
	.ci/run

## What lies deeper

.PHONY: lock
lock: $(UV) ## Check that uv.lock is what the pyproject.toml files ask for
	$(UV) lock --check

.PHONY: wheels
wheels: $(UV) ## Test each package from its own wheel, in an empty environment
	$(IN_TEMP) $(RUN) python .ci/wheels.py "$$work"

.PHONY: pythons
pythons: $(UV) ## Run the tests on every Python from 3.10 to 3.14 that is here
	$(IN_TEMP) $(RUN) python .ci/pythons.py "$$work"

.PHONY: graphql33
graphql33: $(UV) ## Test responder-graphql with graphql-core 3.3
	$(IN_TEMP) $(RUN) python .ci/graphql33.py "$$work"

.PHONY: oldest-core
oldest-core: $(UV) ## Test packages with the oldest core that their bounds allow: NAME=package
	$(IN_TEMP) $(RUN) python scripts/cores.py oldest "$$work" $(NAME)

.PHONY: newest-core
newest-core: $(UV) ## Test packages with the core of this workspace, installed: NAME=package
	$(IN_TEMP) $(RUN) python scripts/cores.py newest "$$work" $(NAME)

.PHONY: public-types
public-types: $(UV) ## Tell which public names lack a type or a docstring
	$(IN_TEMP) $(RUN) python scripts/public_types.py "$$work"

.PHONY: fuzz
fuzz: $(UV) ## Give every parser much that nobody meant: EXAMPLES=10000, NAME=parser
	FUZZ_EXAMPLES=$(EXAMPLES) $(RUN) pytest -q -o faulthandler_timeout=3600 tests/quality \
	    $(if $(NAME),-k "$(NAME)")

.PHONY: mutation
mutation: $(UV) ## Change code, and see whether tests notice: NAME=table, ARGS="--sample 50"
	$(IN_TEMP) $(RUN) --group mutation python scripts/mutation.py "$$work" $(NAME) $(ARGS)

## Releases

.PHONY: release
release: $(UV) ## Release one package here: NAME=responder-core BUMP=minor ARGS=--dry-run
	$(call need,NAME,NAME=responder-core BUMP=minor)
	$(call need,BUMP,NAME=$(NAME) BUMP=minor)
	$(RUN) python scripts/release.py $(NAME) --bump $(BUMP) $(ARGS)

.PHONY: dist
dist: $(UV) ## Build what is published into DIST, twice, compare, check: NAME=package or a tag
	$(RUN) python scripts/dist.py $(DIST) $(NAME)

.PHONY: platform-wheels
platform-wheels: $(UV) ## Build wheels of the core with its speedups, for this platform, into DIST
	$(UV) tool run cibuildwheel@4.3.0 packages/responder-core --output-dir $(DIST)

.PHONY: trial
trial: $(UV) ## Test what DIST has, each in an empty environment
	$(IN_TEMP) $(RUN) python scripts/trial.py $(DIST) "$$work"
