# Everything here needs Python 3.11 or newer and make; the rest is installed into .venv.
# PYTHON=/path/to/python3 takes that one; otherwise tools/venv.sh looks for one.
BIN := .venv/bin
RUN := $(BIN)/python -m
# Node.js is there, too, and a machine's own is not needed.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run running install test test-world check format lint audit unit campaign bench bench-growth bench-options bench-workers contract-diff docs answers example fuzz release lock clean help
.DEFAULT_GOAL := help

run: running ## serve on http://localhost:8000 with an embedded PostgreSQL; Ctrl-C stops both
	@$(RUN) todo_api serve

running:
	@PYTHON="$(PYTHON)" sh tools/venv.sh running

install: ## prepare .venv from the hash-checked lock, with all that tests and tools need
	@PYTHON="$(PYTHON)" sh tools/venv.sh all

example: install examples/better-auth/node_modules/.installed ## Better Auth, a page and the API; Ctrl-C stops all
	@npm run --silent build --prefix examples/better-auth
	@$(BIN)/python examples/better-auth/start.py

FRONTEND := $(patsubst %,%/node_modules/.installed,tests/frontend tests/frontend/generators examples/better-auth)

$(FRONTEND): %/node_modules/.installed: %/package-lock.json tests/frontend/install.sh | install
	@sh tests/frontend/install.sh $*
	@touch $@

# Each process has servers of its own. On two cores more of them gain nothing: what takes the time is
# the start of some 300 servers, which is their imports.
PROCESSES ?= 1
AT_ONCE := $(if $(filter-out 1,$(PROCESSES)),--numprocesses $(PROCESSES) --dist worksteal)

test: lint contract-diff ## what a change of the code or the contract can break, with coverage; PROCESSES
	@$(RUN) coverage erase
	@$(RUN) coverage run -m pytest -m "not world" $(AT_ONCE)
	@$(RUN) coverage combine --quiet
	@$(RUN) coverage report

test-world: install $(FRONTEND) ## what needs the world: browsers, generators, proxies, failover, Debian's packages
	@$(RUN) pytest -m world

unit: install tests/frontend/node_modules/.installed ## the tests without servers, for quick edits
	@$(RUN) pytest -m "not world" --ignore=tests/live $(AT_ONCE)

check: format audit test test-world ## format, look for known vulnerabilities, then all that CI runs

format: install ## format the code
	@$(RUN) ruff format .
	@$(RUN) ruff check --quiet --fix-only .

lint: install tests/frontend/node_modules/.installed ## check format, lint, types, imports, the contract
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy
	@$(BIN)/lint-imports
	@$(RUN) yamllint --strict openapi
	@$(RUN) openapi_spec_validator openapi/todo.yaml
	@REDOCLY_SUPPRESS_UPDATE_NOTICE=true tests/frontend/node_modules/.bin/redocly lint openapi/todo.yaml
	@tests/frontend/node_modules/.bin/spectral lint openapi/todo.yaml --fail-severity hint

contract-diff: install ## breaking changes of the contract since the last release, or since BASE
	@$(RUN) tools.contract_diff $(BASE)

audit: install ## audit locked dependencies (needs network)
	@report=$$($(RUN) pip_audit --requirement requirements.lock --require-hashes --disable-pip \
		--progress-spinner off 2>&1); status=$$?; \
	case "$$report" in \
	*"Found "*" known vulnerabilit"*) echo "$$report"; exit 1 ;; \
	*"could not be audited"*) echo "Not audited: the list of vulnerabilities can't be reached." ;; \
	*) echo "$$report" | tail -n 1; test $$status -eq 0 || echo "Not audited: see above." ;; \
	esac

campaign: export CAMPAIGN_COPIES = 50
campaign: export CAMPAIGN_CUTS = 20000
campaign: export CAMPAIGN_DEADLINES = 1
campaign: export CAMPAIGN_FAILOVERS = 10
campaign: export CAMPAIGN_INCREMENTS = 20
campaign: export CAMPAIGN_KILLS = 200
campaign: export CAMPAIGN_RECORD = docs/campaign
campaign: export CAMPAIGN_RESTARTS = 20
campaign: export CAMPAIGN_ROLLS = 10
campaign: export CAMPAIGN_ROWS = 10000000
campaign: export CAMPAIGN_SECONDS = 10
campaign: export CAMPAIGN_SOAK = 3600
campaign: export CAMPAIGN_STREAMS = 20000
campaign: install bench/.venv/.installed tests/frontend/node_modules/.installed ## what docs/promises.md promises, in full counts, with the figures at the end
	@$(RUN) pytest tests/live tests/deploy/test_rolling_restart.py tests/deploy/test_patroni.py tests/docs/copies \
		tests/db/test_migrations.py
	@bench/.venv/bin/python -m bench.soak docs/campaign/soak.json docs/campaign/soak.png

bench: install bench/.venv/.installed ## benchmark against seven others, also through PgBouncer; ROUNDS and SECONDS
	@$(RUN) bench.check
	@$(RUN) bench.run

bench-growth: install bench/.venv/.installed ## how cost grows with tasks, users and connections; SCALE
	@$(RUN) bench.growth

bench-options: install bench/.venv/.installed ## what metrics and other options cost; ROUNDS and SECONDS
	@$(RUN) bench.options

docs: install tests/frontend/node_modules/.installed ## the documentation, as HTML in docs/_build/html
	@$(RUN) sphinx -W --keep-going -n -q -b html docs docs/_build/html
	@echo docs/_build/html/index.html

answers: install tests/frontend/node_modules/.installed ## record again the answers that the documentation shows
	@RECORD_ANSWERS=1 $(RUN) pytest -q tests/docs/test_examples.py

bench-workers: install bench/.venv/.installed ## WORKERS=2 beside WORKERS=1, load and PostgreSQL on other cores; ROUNDS, SECONDS
	@$(RUN) bench.workers

bench/.venv/.installed: bench/install.sh bench/requirements.lock bench/peers/fastify/package-lock.json \
		$(wildcard bench/peers/go/*.go) | install
	sh bench/install.sh $(CURDIR)/$(BIN)/python
	@touch $@

URL ?= http://localhost:8000

fuzz: install ## Schemathesis against URL, as two users with the tokens ALICE and BOB
	@ALICE="$${ALICE:-$$($(BIN)/todo-api token alice)}" BOB="$${BOB:-$$($(BIN)/todo-api token bob)}" \
	URL=$(URL) SCHEMATHESIS=$(BIN)/schemathesis sh examples/ci/fuzz.sh

SHIPPED := --quiet --universal --generate-hashes --constraints requirements.lock \
	--no-header --no-annotate --no-emit-index-url

release: install ## build, try and tag the version that is committed; nothing is pushed
	@$(RUN) tools.release

lock: install ## update every pinned dependency, by name, version and hash
	@$(RUN) uv pip compile pyproject.toml --quiet --upgrade --universal --generate-hashes \
		--extra embedded --extra redis --extra opentelemetry \
		--group test --group frontend --group docs --group lint --group build --group lock \
		--no-header --no-annotate --no-emit-index-url --output-file requirements.lock
	@$(RUN) uv pip compile pyproject.toml $(SHIPPED) --group build \
		--extra embedded --extra redis --extra opentelemetry --output-file requirements-run.lock
	@$(RUN) uv pip compile pyproject.toml $(SHIPPED) --extra redis --output-file deploy/requirements.lock
	@echo hatchling | $(RUN) uv pip compile - $(SHIPPED) --output-file deploy/build.lock
	@$(RUN) uv pip compile bench/requirements.in --quiet --upgrade --universal --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --output-file bench/requirements.lock

clean: ## remove everything that make created, but the data in .data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* dist docs/_build screenshots

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
