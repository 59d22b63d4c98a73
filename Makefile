# The two commands of this project are `make run` and `make test`; both set up what they need.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help run test check compile golden lock bench test-cluster clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

$(READY): requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" VENV="$(VENV)" ./setup.sh
	@touch $@

run: $(READY) ## run the whole pipeline on this machine
	@$(BIN)/python -m pipelines.run_local

test: $(READY) ## run the tests that need nothing but this machine, with coverage
	@$(BIN)/python -m pytest -q -n auto --cov --cov-report=term

check: $(READY) ## format, lint, types, import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

compile: $(READY) ## write the pipelines and components as YAML into build/
	@$(BIN)/python compile.py

golden: $(READY) ## rewrite the committed YAML that the tests compare with
	@KFP_KATIB_GOLDEN=write $(BIN)/python -m pytest -q tests/test_compile.py

bench: $(READY) ## measure what the README quotes
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

test-cluster: $(READY) ## run the tests that need a Kubernetes with Katib (KUBECONFIG)
	@$(BIN)/python -m pytest -q -m cluster tests/cluster

lock: ## choose the versions anew (needs uv)
	uv pip compile -q pyproject.toml --extra s3 --extra training --group dev --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --upgrade -o requirements.lock

clean: ## forget the environment and everything that was built or run
	rm -rf $(VENV) .venv-* build runs dist *.egg-info
