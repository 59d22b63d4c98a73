# The two commands of this project are `make run` and `make test`; both set up what they need.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two layers of one environment: what `make run` needs, and what the rest needs, which includes the first.
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
# If PYTHON names another Python, the environments are made anew with it; otherwise they keep theirs (setup.sh).
NAMED := $(if $(filter file,$(origin PYTHON)),,$(PYTHON))
SETUP = PYTHON="$(NAMED)" ./setup.sh $< $(@D)
version_of = $(basename $(shell { "$(1)" --version; } 2>&1 || true))
ANEW := $(if $(NAMED),$(if $(filter-out $(call version_of,$(BIN)/python),$(call version_of,$(NAMED))),anew))

.PHONY: anew help run test check docs shape fresh compile golden lock bench bench-cluster test-cluster test-kfp \
	test-images image push clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

$(READY): requirements.lock pyproject.toml setup.sh $(ANEW)
	@$(SETUP)
	@touch $@

$(READY_DEV): requirements-dev.lock pyproject.toml setup.sh $(ANEW)
	@$(SETUP)
	@touch $(READY) $@

# Environments beside it, each with its own lock: an older kfp, the clients to compare with, uv for the locks.
.venv-%/.ready: locks/%.lock setup.sh $(ANEW)
	@$(SETUP)
	@touch $@

run: $(READY) ## run the whole pipeline on this machine
	@$(BIN)/python -m pipelines.run_local

# The environments that tests/ uses; installed here, so that only this step needs the network.
TEST_ENVIRONMENTS := $(foreach name,katib kubeflow kfp-2.13 pip-oldest pip-newest uv,.venv-$(name)/.ready)

test: $(READY_DEV) $(TEST_ENVIRONMENTS) ## run the tests that need nothing but this machine, with coverage
	@$(BIN)/python -m pytest -q -n auto --cov --cov-report=term

check: $(READY_DEV) ## format, lint, types, import rules, the documents' links
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/mkdocs build

# Never with --quiet, which keeps mkdocs from counting its warnings. Its theme would announce a successor each time.
docs: export NO_MKDOCS_2_WARNING = 1
check: export NO_MKDOCS_2_WARNING = 1
docs: $(READY_DEV) ## build the documents as a site, build/site/index.html
	@$(BIN)/mkdocs build

shape: $(READY_DEV) ## print how large and how fast the code is, compared with its guides
	@$(BIN)/python benchmarks/shape.py

fresh: ## clone this commit into an empty folder and run both commands there (PYTHON)
	@PYTHON="$(PYTHON)" ./fresh.sh

# Where a cluster pulls the images from: the same in their names and in the pipelines.
REGISTRY ?=
AT_REGISTRY = $(if $(REGISTRY),KFP_KATIB_REGISTRY=$(REGISTRY))

compile: $(READY) ## write the pipelines and components as YAML into build/ (REGISTRY)
	@$(AT_REGISTRY) $(BIN)/python compile.py

golden: $(READY_DEV) ## rewrite the committed YAML that the tests compare with, and the components' page
	@KFP_KATIB_GOLDEN=write $(BIN)/python -m pytest -q tests/test_compile.py
	@$(BIN)/python -m website.components > docs/reference/components.md

lock: .venv-uv/.ready ## update the locked versions, with the locked uv (UPGRADE)
	@.venv-uv/bin/uv --version
	@./lock.sh

bench: $(READY_DEV) ## measure what docs/performance.md quotes
	@for file in $(filter-out %/shape.py,$(wildcard benchmarks/*.py)); do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

# Katib's own clients, each with the versions it works with.
PEERS := $(foreach name,katib kubeflow,.venv-$(name)/.ready)

bench-cluster: $(READY_DEV) $(PEERS) ## measure waiting for Katib, compared with its own clients (KUBECONFIG)
	@grep -hoE '^(kubeflow|kubernetes)[a-z-]*==[^ ]+' $(PEERS:.venv-%/.ready=locks/%.lock)
	@$(BIN)/python -m benchmarks.cluster.waiting $(PEERS:/.ready=/bin/python)

test-cluster: $(READY_DEV) ## run the tests that need a Kubernetes with Katib (KUBECONFIG; docs/how-to/cluster.md)
	@$(BIN)/python -m pytest -q -n 3 -m cluster tests/engines/katib/live

test-kfp: $(READY_DEV) ## run the tests that need a Kubeflow Pipelines with Katib (KFP_ENDPOINT; tests/kfp)
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m kfp_backend tests/kfp

test-images: $(READY_DEV) ## run the tests that need Docker; they build both images
	@$(BIN)/python -m pytest -q -n0 -m images tests/images

# Image names come from components/_image.py, as in the compiled pipelines.
image_of = $(shell $(AT_REGISTRY) $(PYTHON) -c 'import runpy; print(runpy.run_path("components/_image.py")["$(1)_IMAGE"])')
BASE_IMAGE ?=
RUN_AS ?=
REVISION ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
DOCKER_BUILD = docker build $(DOCKER_BUILD_ARGS) --build-arg REVISION=$(REVISION)

image: ## build both images with Docker (REGISTRY, BASE_IMAGE, RUN_AS, DOCKER_BUILD_ARGS)
	$(DOCKER_BUILD) $(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) \
		-f deploy/Dockerfile -t $(call image_of,RUNTIME) .
	$(DOCKER_BUILD) --build-arg RUNTIME_IMAGE=$(call image_of,RUNTIME) $(if $(RUN_AS),--build-arg RUN_AS=$(RUN_AS)) \
		-f training/Dockerfile -t $(call image_of,TRAINING) .

push: ## push both images to where a cluster pulls them from (REGISTRY)
	@[[ $(call image_of,RUNTIME) == */* ]] \
		|| { echo "push: to which registry? make push REGISTRY=registry.example.org/you" >&2; exit 2; }
	docker push $(call image_of,RUNTIME)
	docker push $(call image_of,TRAINING)

clean: ## delete the environments and everything that was built or run
	rm -rf $(VENV) .venv-* build runs local_outputs dist *.egg-info
