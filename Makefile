# Every target is a line or two over the project's own virtual environment.
VENV    := .venv
BIN     := $(VENV)/bin
FORWARD ?= localhost:8000
SOAK    ?= 5m
INPUTS  ?= 22000
# Two for each of two cores: half of a test's time is waiting for processes and sockets.
WORKERS ?= 4
STAMP   := $(VENV)/.ready
# Where it is set, each of the many processes of a test would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run demo docs screenshots grammars check fmt fmt-check lint types imports test test-slow soak bench bench-hostile bench-ui bench-store bench-cluster clean
.DEFAULT_GOAL := help

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(STAMP): pyproject.toml constraints.txt
	sh scripts/venv.sh $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@# Once, and not by each of the first processes that start at the same time.
	@$(BIN)/python -m compileall -q src relay_server
	@touch $@

setup: $(STAMP)  ## Create .venv with everything in it

run: $(STAMP)  ## Receive webhooks and forward them: make run FORWARD=localhost:8000
	$(BIN)/hookcli listen --forward $(FORWARD)

demo: $(STAMP)  ## Show the whole loop: relay, listener, program, webhook, answer, replay
	$(BIN)/python -m benchmarks.demo

docs: $(STAMP)  ## Write the pages that are made from the code
	$(BIN)/python scripts/docs.py

screenshots: $(STAMP)  ## Draw the pictures of docs/tui.md, by the program itself
	$(BIN)/python -m tests.hookcli.tui.pictures docs/pictures

grammars: $(STAMP)  ## The same pictures where the grammars of textual[syntax] are installed
	sh scripts/venv.sh build/grammars
	build/grammars/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' 'textual[syntax]'
	build/grammars/bin/python -m tests.hookcli.tui.pictures build/grammars/pictures
	diff -r docs/pictures build/grammars/pictures

check: fmt-check lint types imports test  ## Everything that must be green at every commit

fmt: $(STAMP)  ## Format and fix
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

fmt-check: $(STAMP)
	$(BIN)/ruff format --check .

lint: $(STAMP)
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

test: $(STAMP)  ## The default tests, about two minutes
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

test-slow: $(STAMP)  ## The long journeys: kills, cuts, soaks
	$(BIN)/pytest -m slow

soak: $(STAMP)  ## The whole road with faults all the time, for as long as told: make soak SOAK=8h
	$(BIN)/python -m benchmarks.soak $(SOAK)

bench: $(STAMP)  ## Speed, as ratios to sending straight to the program
	$(BIN)/python -m benchmarks.run

bench-hostile: $(STAMP)  ## What strangers cost a customer: make bench-hostile INPUTS=100000
	$(BIN)/python -m benchmarks.hostile --inputs $(INPUTS)

bench-ui: $(STAMP)  ## The screen: keys, large lists and bodies, traffic, idling
	$(BIN)/python -m benchmarks.ui

bench-store: $(STAMP)  ## Commands on a store of 100,000 captures, 2 GB
	$(BIN)/python -m benchmarks.store

bench-cluster: $(STAMP)  ## Relays on NATS: what an event costs as endpoints, listeners and relays grow
	$(BIN)/python -m benchmarks.cluster

clean:  ## Remove everything that was made here
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
