# The two commands of this project are `make run` and `make test`; both set up what they need.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help run test check compile golden lock bench bench-cluster test-cluster test-kfp test-images image clean

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

# Katib's own clients, each with the versions it works with: kubeflow-katib reads nothing with kubernetes 37.
PEER_KATIB := .venv-peers/katib
PEER_KUBEFLOW := .venv-peers/kubeflow

.venv-peers/.ready:
	@$(PYTHON) -m venv $(PEER_KATIB) && $(PEER_KATIB)/bin/pip install -q kubeflow-katib==0.19.0 kubernetes==30.1.0
	@$(PYTHON) -m venv $(PEER_KUBEFLOW) && $(PEER_KUBEFLOW)/bin/pip install -q kubeflow==0.5.0
	@touch $@

bench-cluster: $(READY) .venv-peers/.ready ## measure waiting for a Katib, beside its own clients (KUBECONFIG)
	@$(BIN)/python -m benchmarks.cluster.waiting $(PEER_KATIB)/bin/python $(PEER_KUBEFLOW)/bin/python

test-cluster: $(READY) ## run the tests that need a Kubernetes with Katib (KUBECONFIG)
	@$(BIN)/python -m pytest -q -n 3 -m cluster tests/cluster

test-kfp: $(READY) ## run the tests that need a Kubeflow Pipelines with Katib beside it (KFP_ENDPOINT)
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m kfp_backend tests/kfp

test-images: $(READY) ## run the tests that need Docker; they build both images
	@$(BIN)/python -m pytest -q -n0 -m images tests/images

# An image's name is that of components/_image.py, which the compiled pipelines hold.
image_of = $(shell $(PYTHON) -c 'import runpy; print(runpy.run_path("components/_image.py")["$(1)_IMAGE"])')
BASE_IMAGE ?=
RUN_AS ?=
REVISION ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
DOCKER_BUILD = docker build $(DOCKER_BUILD_ARGS) --build-arg REVISION=$(REVISION)

image: ## build both images by Docker (BASE_IMAGE, RUN_AS, DOCKER_BUILD_ARGS)
	$(DOCKER_BUILD) $(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) \
		-f deploy/Dockerfile -t $(call image_of,RUNTIME) .
	$(DOCKER_BUILD) --build-arg RUNTIME_IMAGE=$(call image_of,RUNTIME) $(if $(RUN_AS),--build-arg RUN_AS=$(RUN_AS)) \
		-f training/Dockerfile -t $(call image_of,TRAINING) .

LOCK = uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--extra s3
LOCK_IMAGE = $(LOCK) --config-file deploy/uv.toml -c requirements.lock --no-annotate --no-header

lock: ## choose the versions anew (needs uv)
	$(LOCK) --extra training --group dev --upgrade -o requirements.lock
	$(LOCK_IMAGE) -o deploy/runtime.lock
	$(LOCK_IMAGE) --extra training -o training/training.lock

clean: ## forget the environment and everything that was built or run
	rm -rf $(VENV) .venv-* build runs dist *.egg-info
