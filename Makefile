# Everything a developer or a build server does here. `make` alone lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# .venv: the tools and the newest ansible-core. .venv-oldest: the oldest supported ansible-core and Azure libraries.
NEWEST := .venv
OLDEST := .venv-oldest
VENVS := $(NEWEST)/.ready $(OLDEST)/.ready
# For the benchmark only: matplotlib, and the tools that BENCH_PEERS=1 compares with.
PLOT := .venv-bench
PEERS := .venv-bench-peers
AZ := .venv-bench-az
TREE := tests/tools/with_tree.sh

# The tools of the venv come first, and Ansible keeps its files out of the developer's home.
export PATH := $(CURDIR)/$(NEWEST)/bin:$(PATH)
export ANSIBLE_HOME := $(CURDIR)/build/ansible-home

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z0-9-]+):.*## /\1|/' \
	  | while IFS='|' read -r name text; do printf '  make %-15s %s\n' "$$name" "$$text"; done

.PHONY: venv
venv: $(VENVS) ## make or update the two virtual environments

$(NEWEST)/.ready: requirements.txt tests/requirements.txt tests/tools/make_venv.sh
	@tests/tools/make_venv.sh newest $(NEWEST) requirements.txt tests/requirements.txt
	@touch $@

$(OLDEST)/.ready: tests/requirements-oldest.txt tests/tools/make_venv.sh
	@tests/tools/make_venv.sh oldest $(OLDEST) tests/requirements-oldest.txt
	@touch $@

$(PLOT)/.ready: tests/requirements-bench.txt tests/tools/make_venv.sh
	@tests/tools/make_venv.sh newest $(PLOT) tests/requirements-bench.txt
	@touch $@

$(PEERS)/.ready: tests/requirements-bench-peers.txt tests/tools/make_venv.sh
	@tests/tools/make_venv.sh newest $(PEERS) tests/requirements-bench-peers.txt
	@tests/tools/make_venv.sh newest $(PEERS) \
	  $(PEERS)/lib/python3.*/site-packages/ansible_collections/azure/azcollection/requirements.txt
	@touch $@

$(AZ)/.ready: tests/requirements-bench-az.txt tests/tools/make_venv.sh
	@tests/tools/make_venv.sh newest $(AZ) tests/requirements-bench-az.txt
	@touch $@

.PHONY: demo
demo: $(NEWEST)/.ready ## see it work: the playbook, twice, on a local stand-in for Azure
	@python tests/tools/demo.py

.PHONY: demo-migrate
demo-migrate: $(NEWEST)/.ready ## see a cluster move to an identity of its own, without a gap in rotation
	@python tests/tools/demo_migrate.py

.PHONY: demo-report
demo-report: $(NEWEST)/.ready ## write a report on a fleet in which some things are wrong, to build/report/
	@python tests/tools/demo_report.py

.PHONY: build
build: $(NEWEST)/.ready ## build the collection's archive in build/
	@ansible-galaxy collection build --force --output-path build

.PHONY: test
test: $(VENVS) ## run every check below, two at a time, and sum up
	@python tests/tools/run_parts.py e2e sanity molecule lint unit unit-oldest contract

.PHONY: lint
lint: lint-python lint-types lint-ansible lint-docs ## formatting, types, Ansible style, documentation

.PHONY: lint-python
lint-python: $(NEWEST)/.ready ## ruff: format and rules
	ruff format --check --quiet .
	ruff check --quiet .

.PHONY: lint-types
lint-types: $(NEWEST)/.ready ## mypy over the plugins, the emulator and the tools
	$(TREE) tests/tools/check_types.sh

.PHONY: lint-ansible
lint-ansible: $(NEWEST)/.ready ## ansible-lint, profile production
	$(TREE) ansible-lint --strict

.PHONY: lint-docs
lint-docs: $(VENVS) ## documentation of every plugin and role, and the changelog
	$(TREE) antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self --check-extra-docs-refs \
	  --skip-rstcheck .
	antsibull-changelog lint
	$(TREE) tests/tools/read_docs.sh $(NEWEST)
	$(TREE) tests/tools/read_docs.sh $(OLDEST)

.PHONY: sanity
sanity: $(NEWEST)/.ready ## ansible-test sanity on the newest ansible-core, without containers
	tests/tools/ansible_test.sh sanity --local --color no

.PHONY: unit
unit: $(NEWEST)/.ready ## unit tests on the newest versions; the report's page in a Chromium
	CHROMIUM=$$(tests/tools/get_chromium.sh build/chromium) python -m pytest tests/unit

.PHONY: unit-oldest
unit-oldest: $(OLDEST)/.ready ## unit tests of the plugins on the oldest versions
	$(OLDEST)/bin/python -m pytest tests/unit/plugins

.PHONY: contract
contract: $(NEWEST)/.ready ## the emulator against official clients and the recorded contract
	python -m pytest tests/contract

.PHONY: e2e
e2e: $(VENVS) ## real Ansible programs against the emulator, on the newest and the oldest ansible-core
	NEXUS_E2E_VENVS=$(CURDIR)/$(NEWEST):$(CURDIR)/$(OLDEST) python -m pytest -n 3 --dist loadfile tests/e2e

.PHONY: molecule
molecule: $(NEWEST)/.ready ## the role's molecule scenario with its idempotence step, on the emulator
	$(TREE) python tests/tools/with_emulator.py molecule test --no-command-borders --no-report

.PHONY: test-az
test-az: $(NEWEST)/.ready ## the emulator against azure-cli, a download of its own (not part of test)
	tests/az/run.sh

.PHONY: bench
bench: $(NEWEST)/.ready $(if $(filter-out 0,$(BENCH_PEERS)),$(PEERS)/.ready $(AZ)/.ready) ## how fast it is: an hour or more, see tests/bench (not part of test)
	@PYTHONPATH=tests/tools python tests/bench

.PHONY: bench-plot
bench-plot: $(PLOT)/.ready ## docs/bench.svg from the last benchmark
	@$(PLOT)/bin/python tests/bench/bench_plot.py build/bench.json docs/bench.svg

.PHONY: clean
clean: ## remove everything that can be made again
	rm -rf build .venv .venv-oldest .venv-bench* .ansible .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/output
	find . -name __pycache__ -prune -exec rm -rf {} +
