# Needs Python 3.11 or newer and make; brings everything else itself, into .venv. A second run is quick.
.PHONY: help demo test gateway-test adapters lint bench bench-agentdojo bench-discovery bench-metrics bench-telemetry bench-console load-console test-spark sign-in-test pictures bank-assistant proof chaos docs lock clean core dev gateway
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?=
DEMO_HOME ?= .goldenthread/demo
ARGS ?=
# The programs of a PostgreSQL to run tests or chaos on; none: the embedded one.
POSTGRES ?=
PROCESSES ?= 2
ADAPTERS ?= agent-framework claude-agent-sdk crewai google-adk langchain openai-agents pydantic-ai smolagents

BIN := .venv/bin
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
OWN := $(INSTALL) --no-deps --no-build-isolation --editable .

# Tests start hundreds of processes, so bytecode is kept whatever the shell says, and kept out of the sources.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/bytecode

help:
	@echo "make demo    the whole idea on this machine's own packages, in a minute or two"
	@echo "make test    all tests, in two processes; ARGS='-k inbox' chooses, PROCESSES=0 keeps them in one"
	@echo "make gateway-test    the MCP gateway, with servers that others wrote, in an environment of its own"
	@echo "make sign-in-test    signing in by an OpenID Connect provider that others wrote, in a process of its own"
	@echo "make test-spark    the standard metrics on Spark, in an environment of its own; needs Java 17 or 21"
	@echo "make adapters  each agent framework's adapter, in an environment of its own; ADAPTERS='langchain' chooses"
	@echo "make lint    style, types and the direction of imports"
	@echo "make bench   our speed beside the peers'"
	@echo "make bench-agentdojo   AgentDojo's attacks behind the guard, without a model (minutes); ARGS='--quick'"
	@echo "make bench-discovery   the report of an event log beside pm4py (minutes); ARGS='--events 100000 --large 0'"
	@echo "make bench-metrics     the standard metrics of ten million runs (minutes); ARGS='--runs 100000'"
	@echo "make bench-console     every page over ten million runs (half an hour, 25 GB); ARGS='--runs 100000'"
	@echo "make load-console      200 people and 50 approvals a minute, for ten minutes; ARGS='--minutes 1'"
	@echo "make bench-telemetry   spans taken in beside MLflow and Phoenix (minutes); ARGS='--seconds 10'"
	@echo "make pictures    every page of the console, light and dark, desktop and telephone, into build/pictures"
	@echo "make bank-assistant    two runs in AgentDojo's bank: one honest, one wholly hijacked"
	@echo "make proof   every figure that is claimed beside ours (minutes); ARGS='--quick promotion' chooses"
	@echo "make chaos   two minutes of killed processes, cut lines and wrong clocks; ARGS='--runs 1000' for all of it"
	@echo "make docs    write the pages that are made from code"
	@echo "make lock    choose the dependencies' versions again"
	@echo "make clean   remove what these commands made; never a ledger (.goldenthread stays)"

# The demo never touches an installation of your own: its home is its own, and so is its database.
demo: .venv/demo.stamp
	@env -u GOLDENTHREAD_DATABASE_URL GOLDENTHREAD_HOME="$(DEMO_HOME)" \
		$(BIN)/python -m goldenthread.products.open_source_intake demo $(ARGS)

test: .venv/dev.stamp
	$(if $(POSTGRES),GOLDENTHREAD_TEST_POSTGRES=$(POSTGRES) )$(BIN)/python -m pytest --numprocesses $(PROCESSES) --dist worksteal $(ARGS)

# Several at a time with -j: each has its own environment and database.
adapters: $(ADAPTERS:%=adapter-%)

adapter-%: .venv/tools.stamp
	@requirements/test-adapter $(BIN)/uv $(BIN)/python .venv/adapters/$* $* $(ARGS)

# The extra `mcp` and two third-party servers; apart, because agent frameworks and their tools do not install side by side.
GATEWAY := .venv/gateway
AGENTDOJO := .venv/agentdojo
gateway-test: $(GATEWAY).stamp
	$(GATEWAY)/bin/python -m pytest tests/surfaces/gateway $(ARGS)

# Spark brings half a gigabyte, so it has an environment of its own; Java is the machine's (Debian: openjdk-17-jre-headless).
# py4j leaves its sockets to the collector, which pytest would report as errors of ours.
SPARK := .venv/spark
test-spark: $(SPARK).stamp
	@java -version > /dev/null 2>&1 || { echo "Spark needs Java 17 or 21, and there is no 'java'. Debian: apt install openjdk-17-jre-headless"; exit 1; }
	$(SPARK)/bin/python -m pytest tests/record/metrics/test_metrics_conformance.py -k spark \
		-W ignore::pytest.PytestUnraisableExceptionWarning -W ignore::ResourceWarning $(ARGS)

# A provider that others wrote is a process of its own, in an environment of its own.
SIGNIN := .venv/sign-in
sign-in-test: .venv/dev.stamp $(SIGNIN).stamp
	GOLDENTHREAD_TEST_OIDC=$(SIGNIN)/bin/oidc-provider-mock $(BIN)/python -m pytest \
		tests/surfaces/console/test_console_real_provider.py $(ARGS)

proof: .venv/dev.stamp
	$(BIN)/python -m proof $(ARGS)

# A scene of its own in a temporary folder, with its own database; nothing of it is left.
chaos: .venv/dev.stamp
	@env -u GOLDENTHREAD_DATABASE_URL -u GOLDENTHREAD_HOME $(BIN)/python -m chaos $(if $(POSTGRES),--postgres $(POSTGRES)) $(ARGS)

lint: .venv/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev.stamp
	$(BIN)/python -m bench $(ARGS)

# AgentDojo brings ninety packages, so it has an environment of its own.
bench-agentdojo: $(AGENTDOJO).stamp
	@$(AGENTDOJO)/bin/python -m bench.agentdojo $(ARGS)

# pm4py is under the AGPL: a program of its own, in an environment of its own, which nothing of ours imports.
PM4PY := .venv/bench-pm4py
bench-discovery: .venv/dev.stamp $(PM4PY).stamp
	@$(BIN)/python -m bench.discovery --pm4py $(PM4PY)/bin/python $(ARGS)

$(PM4PY).stamp: .venv/tools.stamp
	@echo "Installing pm4py"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(PM4PY)
	@$(BIN)/uv pip install --quiet --python $(PM4PY)/bin/python pm4py pyarrow
	@touch $@

# A year of made-up runs, in a temporary folder of which nothing is left.
bench-metrics: .venv/dev.stamp
	@$(BIN)/python -m bench.metrics $(ARGS)

# Made-up chains with hashes that hold, in a database of its own in /var/tmp, of which nothing is left.
bench-console: .venv/dev.stamp
	@env -u GOLDENTHREAD_DATABASE_URL -u GOLDENTHREAD_HOME $(BIN)/python -m bench.console $(ARGS)

load-console: .venv/dev.stamp
	@env -u GOLDENTHREAD_DATABASE_URL -u GOLDENTHREAD_HOME $(BIN)/python -m bench.console.load $(ARGS)

# Peers bring a hundred packages each, so each has an environment of its own.
bench-telemetry: .venv/dev.stamp .venv/bench-mlflow.stamp .venv/bench-arize-phoenix.stamp
	@env -u GOLDENTHREAD_DATABASE_URL $(BIN)/python -m bench.telemetry --mlflow .venv/bench-mlflow/bin/mlflow \
		--phoenix .venv/bench-arize-phoenix/bin/phoenix $(ARGS)

.venv/bench-%.stamp: .venv/tools.stamp
	@echo "Installing $*"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/bench-$*
	@$(BIN)/uv pip install --quiet --python .venv/bench-$*/bin/python $*
	@touch $@

# On the demo's data; the same tests that look at every page and go through each person's day.
pictures: .venv/dev.stamp
	PICTURES="$(CURDIR)/build/pictures" $(BIN)/python -m pytest tests/browser/test_every_page.py tests/browser/test_days.py $(ARGS)

bank-assistant: $(AGENTDOJO).stamp
	@env -u GOLDENTHREAD_DATABASE_URL $(AGENTDOJO)/bin/python -m goldenthread.products.bank_assistant

docs: .venv/dev.stamp
	$(BIN)/python tests/docs/cli_reference.py docs/reference/cli.md
	PYTHONPATH=tests $(BIN)/python tests/docs/events_reference.py docs/reference/events.md
	PYTHONPATH=tests $(BIN)/python tests/docs/metrics_reference.py docs/reference/metrics.md

core: .venv/core.stamp
dev: .venv/dev.stamp
gateway: $(GATEWAY).stamp

.venv/tools.stamp: requirements/tools.txt requirements/make-venv
	@PYTHON="$(PYTHON)" requirements/make-venv .venv
	@touch $@

.venv/core.stamp: .venv/tools.stamp requirements/core.txt pyproject.toml
	@echo "Installing what goldenthread needs"
	@$(INSTALL) --require-hashes --requirement requirements/core.txt
	@$(OWN)
	@touch $@

# What the console and its charts need beside the core.
.venv/demo.stamp: .venv/core.stamp requirements/demo.txt
	@echo "Installing what the demo shows"
	@$(INSTALL) --require-hashes --requirement requirements/demo.txt
	@touch $@

.venv/dev.stamp: .venv/core.stamp requirements/dev.txt
	@echo "Installing what its tests need"
	@$(INSTALL) --require-hashes --requirement requirements/dev.txt
	@touch $@

$(AGENTDOJO).stamp: .venv/tools.stamp requirements/agentdojo.txt pyproject.toml
	@echo "Installing AgentDojo"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(AGENTDOJO)
	@$(BIN)/uv pip install --quiet --python $(AGENTDOJO)/bin/python --require-hashes --requirement requirements/agentdojo.txt
	@$(BIN)/uv pip install --quiet --python $(AGENTDOJO)/bin/python --no-deps --editable .
	@touch $@

$(GATEWAY).stamp: .venv/tools.stamp requirements/gateway.txt pyproject.toml
	@echo "Installing what the gateway's tests need"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(GATEWAY)
	@$(BIN)/uv pip install --quiet --python $(GATEWAY)/bin/python --require-hashes --requirement requirements/gateway.txt
	@$(BIN)/uv pip install --quiet --python $(GATEWAY)/bin/python --no-deps --editable .
	@touch $@

$(SIGNIN).stamp: .venv/tools.stamp requirements/sign-in.txt
	@echo "Installing an identity provider"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(SIGNIN)
	@$(BIN)/uv pip install --quiet --python $(SIGNIN)/bin/python --require-hashes --requirement requirements/sign-in.txt
	@touch $@

$(SPARK).stamp: .venv/tools.stamp requirements/spark.txt pyproject.toml
	@echo "Installing Spark"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(SPARK)
	@$(BIN)/uv pip install --quiet --python $(SPARK)/bin/python --require-hashes --requirement requirements/spark.txt
	@$(BIN)/uv pip install --quiet --python $(SPARK)/bin/python --no-deps --editable .
	@touch $@

# Versions and hashes only; where packages come from is each machine's own setting.
lock: .venv/tools.stamp
	requirements/lock $(BIN)/uv

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench proof chaos -name __pycache__ -type d -prune -exec rm -rf {} +
