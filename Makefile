# Every target sets up what it needs: a virtual environment in .venv, for people with nothing but Python and make.
# make PYTHON=python3.12 (a name, or a path) has one of its own beside it, in build/venv, and leaves .venv as it is.
# Stamps record what is installed, so that a second run asks nobody. They go stale with pyproject.toml and the version.

# Bytecode is kept, whatever the environment says: the tests start hundreds of processes, and each would compile it all.
unexport PYTHONDONTWRITEBYTECODE

# Where rustup puts cargo, also for shells that were not told.
export PATH := $(PATH):$(HOME)/.cargo/bin

PORT ?=
ARGS ?=
PYTHON ?=
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11

ifeq ($(PYTHON),)
ENV := .venv
else
CHOSEN := $(shell sh .ci/python '$(PYTHON)')
ifeq ($(CHOSEN),)
$(error PYTHON=$(PYTHON) will not do)
endif
NAME := import sys; print(sys.implementation.name + "-%d.%d.%d" % sys.version_info[:3] + sys.abiflags)
ENV := build/venv/$(shell '$(CHOSEN)' -c '$(NAME)')
endif

BIN := $(ENV)/bin
# Of what is installed little is imported, and is compiled then, which takes half of the time.
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-compile
VENV := $(ENV)/venv.stamp
RUNTIME := $(ENV)/runtime.stamp
DEV := $(ENV)/dev.stamp
TRIAL := $(ENV)/trial.stamp
RIVALS := build/bench/rivals.stamp
LIBRARIES := contracts/clients/libraries

.PHONY: help npm serve docs from-wheel test coverage fuzz kill-matrix mutation trial picture pictures edition format lint type check bench benchmarks soak build clean
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20
	@echo 'Variables: PORT=8080 (serve), ARGS="..." (serve, from-wheel, test, coverage, fuzz, kill-matrix, mutation, trial), PYTHON=python3.12'

serve: $(RUNTIME) ## a fake ARES on port 3000, or the next free one
	@exec $(BIN)/mock-ares serve $(if $(PORT),--port $(PORT)) $(ARGS)

docs: $(DEV) ## make the book, and check each of its links: build/docs/html
	@$(BIN)/python -m tests.book

from-wheel: $(DEV) ## run the pages' examples with nothing but the wheel: ARGS="--python python3.12 --python python3.13"
	@$(BIN)/python -m tests.book.from_wheel $(ARGS)

test: $(DEV) ## run the tests
	@PYTHONHASHSEED=0 $(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

# Every process that a test starts writes what it has run, but for those that are killed. It takes three times as long as
# make test, and is no part of it.
coverage: $(DEV) ## which branches the tests take: build/coverage/html
	@rm -rf build/coverage && mkdir -p build/coverage
	@PYTHONHASHSEED=0 $(BIN)/coverage run -m pytest --numprocesses auto --dist worksteal $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage html --quiet --fail-under 0
	@$(BIN)/coverage report

fuzz: $(DEV) ## the property tests with fresh seeds, for five minutes: ARGS="--minutes 30"
	@$(BIN)/python -m tests.fuzz $(ARGS)

kill-matrix: $(DEV) ## show which check fails which broken client
	@$(BIN)/python -m tests.mutants.matrix $(ARGS)

mutation: $(DEV) ## put all first-order mutants of the corrected clients to the contract: ARGS="--every 10"
	@$(BIN)/python -m tests.mutation $(ARGS)

# Exit status 1 says that there are failures, which the samples are there for; the corrected clients must have none.
trial: $(TRIAL) ## put samples, corrected clients and libraries to the contract: trial.html
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/mock-ares check --grid contracts/trial.toml --examples 5 --report trial.html --report trial.json $(ARGS) || test $$? = 1
	@$(BIN)/python -m tests.clients.versions > trial.versions.json
	@$(BIN)/python -m tests.clients.trial trial.json

picture: $(DEV) ## draw the grid of the last trial for the README: docs/trial-*.png
	@$(BIN)/python -m tests.clients.picture trial.html

pictures: $(DEV) ## take the pictures of docs/console.md anew
	@$(BIN)/python -m tests.console.pictures

edition: $(DEV) ## freeze the checks and fixed examples that there are: EDITION=2026.1
	@test -n '$(EDITION)' || { echo 'Which? make edition EDITION=2026.1' >&2; exit 2; }
	@mkdir -p contracts/editions
	@$(BIN)/python -c 'from mock_ares.harness.checks.editions import written; print(written(), end="")' > contracts/editions/$(EDITION).json

format: $(DEV) ## put the source into its form
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

lint: $(DEV) ## look for mistakes and wrong form
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

type: $(DEV) ## check types
	@$(BIN)/mypy

check: lint type ## all that needs no run

bench: $(RIVALS) ## measure everything beside the rivals: ARGS="--only throughput --rounds 3"
	@$(BIN)/python -m tests.bench $(ARGS)

benchmarks: bench ## measure, and write docs/benchmarks.md
	@$(BIN)/python -m tests.bench.page

soak: $(DEV) ## thousands of streams, resets, slow readers, an hour's work: what leaks, what is wrong
	@$(BIN)/python -m pytest --quiet -m slow tests/book tests/server tests/harness tests/clients tests/pasted tests/plugin tests/ci tests/npm tests/recorder tests/mutants/test_parsers.py
	@$(BIN)/python -m tests.book.from_wheel
	@$(BIN)/python -m tests.bench.soak $(ARGS)

npm: build/npm/stamp ## make the npm package: build/npm/mock-ares-*.tgz

build: $(DEV) ## make wheel and source archive in dist/
	@$(BIN)/python -m build

clean: ## remove all that make has made
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .mock-ares $(LIBRARIES)/node_modules
	@rm -rf contracts/*/rust/target contracts/*/rust/Cargo.lock tests/recorder/axum/Cargo.lock
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV):
	@python=$$(sh .ci/python $(if $(CHOSEN),'$(CHOSEN)',$(CANDIDATES))) && \
	echo "Setting up $(ENV) with $$python (once)" && \
	"$$python" -m venv $(ENV)
	@touch $@

$(RUNTIME): $(VENV) pyproject.toml mock_ares/_version.py
	@$(INSTALL) --editable '.[fast,tls]'
	@touch $@

$(DEV): $(RUNTIME) pyproject.toml
	@echo 'Installing the development tools'
	@$(INSTALL) 'pip>=25.1'
	@$(INSTALL) --group dev
	@touch $@

$(TRIAL): $(DEV) pyproject.toml $(LIBRARIES)/package-lock.json $(wildcard contracts/clients/go/*/*.go contracts/*/java/*.java contracts/clients/rust/*)
	@for tool in npm go javac cargo curl; do command -v $$tool >/dev/null || { echo "make trial needs $$tool" >&2; exit 1; }; done
	@echo 'Installing the libraries on trial'
	@$(INSTALL) --group trial
	@cd $(LIBRARIES) && npm ci --silent --no-audit --no-fund --ignore-scripts
	@mkdir -p build/trial
	@cd contracts/clients/go && go build -o ../../../build/trial/ ./sample ./fixed
	@javac -d build/trial/java contracts/clients/java/*.java contracts/drivers/java/*.java
	@cd contracts/clients/rust && cargo build --quiet --target-dir ../../../build/rust
	@touch $@

# Beside the sources, so that neither what npm installs nor what is generated lies in the tree.
build/npm/stamp: $(wildcard contracts/npm/* contracts/npm/src/*) contracts/control.openapi.yaml contracts/scenario.schema.json contracts/drivers/node/drive.mjs
	@for tool in npm node; do command -v $$tool >/dev/null || { echo "make npm needs $$tool; both come with Node: apt install nodejs npm, brew install node" >&2; exit 1; }; done
	@echo 'Building the npm package'
	@mkdir -p build/npm && rm -rf build/npm/src build/npm/*.tgz && cp -R contracts/npm/. build/npm/
	@cd build/npm && npm ci --silent --no-audit --no-fund --ignore-scripts && node build.mjs ../../contracts && npm pack --silent >/dev/null
	@touch $@

# Versions are bounded, so that two runs compare the same. llmock has a pytest plugin: it gets an environment of its own.
$(RIVALS): $(DEV) pyproject.toml tests/bench/package.json
	@for tool in npm node; do command -v $$tool >/dev/null || { echo "make bench needs $$tool" >&2; exit 1; }; done
	@echo 'Installing the rivals'
	@$(BIN)/python -m venv build/bench/venv
	@build/bench/venv/bin/python -m pip --disable-pip-version-check --quiet install 'pip>=25.1'
	@build/bench/venv/bin/python -m pip --disable-pip-version-check --quiet install --group rivals
	@mkdir -p build/bench/node
	@cp tests/bench/package.json build/bench/node/
	@cd build/bench/node && npm install --silent --no-audit --no-fund --ignore-scripts --no-package-lock
	@touch $@
