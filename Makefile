# `make run` and `make test` do everything. The other targets are parts of them, or take long.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# One more than the cores of a small machine: tests that run a gateway as a process wait for it.
JOBS ?= 3
# Tests make hundreds of databases: in memory, where there is room, they do not wait for the disk. Nothing is switched off.
SPACE_KB := $(shell df -k --output=avail /dev/shm 2>/dev/null | tail -n 1)
TESTS_TMP ?= $(shell [ -w /dev/shm ] && [ $(or $(SPACE_KB),0) -gt 4000000 ] && echo /dev/shm || echo $${TMPDIR:-/tmp})
# Tests start hundreds of processes: they find the gateway compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test setup demo check lint types layers unit bench conformance docs pictures messages lock clean system soak

run: setup
	$(BIN)/python -m gateway demo --serve

demo: setup
	$(BIN)/python -m gateway demo

test: setup system check unit

setup: $(READY)

$(READY): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# What the tests need besides PyPI, such as PostgreSQL. Without it those tests are skipped.
system:
	@deploy/test-system.sh

check: lint types layers

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

layers: setup
	$(BIN)/lint-imports

unit: setup
	TMPDIR=$(TESTS_TMP) $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

# Faults in large numbers, for hours: kill -9 at named steps and at random, power loss, and steady load. KILLS=60 is
# half an hour, MINUTES=15 a quarter. Before them some minutes of random billing histories.
HISTORIES ?= 2000
KILLS ?= 1000
MINUTES ?= 1440

soak: setup system
	$(BIN)/python -m tests.unit.billing --histories $(HISTORIES)
	$(BIN)/python -m tests.faults --kills $(KILLS)
	$(BIN)/python -m tests.faults.soak --minutes $(MINUTES)

bench: setup
	$(BIN)/python -m tests.bench

conformance: setup
	$(BIN)/python -m tests.conformance
	$(BIN)/python -m tests.conformance.api

# The examples of rules, the generated pages, and the documentation as a site with search in var/site:
# `python -m http.server -d var/site`.
docs: setup
	$(BIN)/python -m tests.rules.examples
	$(BIN)/python -m gateway.docs
	$(BIN)/python -m deploy.dashboard
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# The pictures of docs/reference/portal.md, after a page was changed.
pictures: setup system
	$(BIN)/python -m tests.pictures

# Add new texts to the Dutch catalogue and remove those that no code uses; names those without a translation.
messages: setup
	$(BIN)/python -m gateway.locale

# The exact versions and hashes of what the container and the systemd unit install.
lock: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	echo 'setuptools>=77' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --extra postgresql --extra tracing --custom-compile-command 'make lock' --output-file deploy/requirements.txt pyproject.toml -

clean:
	rm -rf var build dist *.egg-info .mypy_cache .ruff_cache
