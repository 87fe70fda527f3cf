# Everything a person or a machine does with Dropscribe. `make` alone tells what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

EXTRAS := prepare transcribe align diarize finalize local dev
FUNCTIONS ?= prepare transcribe align diarize finalize reconcile
ENGINE ?= $(shell command -v podman || echo docker)
BUILD_OPTIONS ?=
comma := ,
IMAGES = {$(subst " "," $(comma) ",$(foreach function,$(FUNCTIONS),"$(function)": "dropscribe/$(function)"))}

.PHONY: help setup demo test test-fast check format lint types workflows models lock bench eval audit chaos hostile images push demo-images clean

help: ## Tell what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

setup: $(READY) ## Make .venv with every pinned dependency

# uv installs; pip only fetches uv. Bytecode is compiled, or each stage would pay seconds at its first start.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo 'Dropscribe needs Python 3.11 to 3.13; this is '"$$($(PYTHON) --version)"'. Try: make setup PYTHON=python3.11' >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --no-deps --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: setup ## Transcribe a real two-speaker recording on the one-machine cloud
	$(BIN)/dropscribe demo

test: setup ## Run all tests
	$(BIN)/pytest

test-fast: setup ## Run the tests that load no model and start no cloud
	$(BIN)/pytest tests/unit tests/contract

check: setup lint types workflows ## Run all static checks

lint: setup ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint Dockerfile

types: setup ## Check types
	$(BIN)/mypy functions shared local images tests benchmarks

workflows: setup ## Check workflows/*.yaml as Google Workflows would
	$(BIN)/python -m local.runner.lint workflows/*.yaml

format: setup ## Put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

models: setup ## Fetch a speech model from the hub: make models MODEL=large-v3
	@test -n "$(MODEL)" || { echo 'which one? make models MODEL=large-v3' >&2; exit 2; }
	HF_HUB_OFFLINE=0 $(BIN)/python -m functions.transcribe.models "$(MODEL)"

lock: setup ## Pin every dependency anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --upgrade $(addprefix --extra ,$(EXTRAS)) pyproject.toml -o requirements.lock

bench: setup ## Measure: orchestration, the chain against plain whisperx, memory
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[benchmarks]'
	$(BIN)/python -m benchmarks.orchestration
	$(BIN)/python -m benchmarks.chain
	$(BIN)/python -m benchmarks.memory

eval: setup ## Measure transcripts against plain whisperx: make eval [DATA=folder] [SPLIT=tune] [SETS="dialogue noisy"]
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[benchmarks]'
	$(BIN)/python -m benchmarks.evaluation $(if $(DATA),--data "$(DATA)") $(if $(SPLIT),--split $(SPLIT)) $(if $(SETS),--sets $(SETS))

audit: setup ## Ask for known weaknesses of the pinned dependencies
	$(BIN)/uv tool run --quiet pip-audit==2.10.0 --strict --disable-pip --require-hashes -r requirements.lock

chaos: setup ## Kill, cut and refuse whatever can be, and see that nothing is lost
	$(BIN)/python -m tests.chaos

hostile: setup ## Try thousands of broken and malicious recordings, and see that none does harm
	$(BIN)/python -m benchmarks.hostile

images: ## Build each function's image: make images [FUNCTIONS="prepare finalize"] [TORCH_INDEX=…] [ENGINE=docker]
	@for function in $(FUNCTIONS); do \
	  echo "$$function:"; \
	  $(ENGINE) build $(BUILD_OPTIONS) $(if $(filter undefined,$(origin TORCH_INDEX)),,--build-arg TORCH_INDEX=$(TORCH_INDEX)) \
	    --label org.opencontainers.image.revision=$$(git describe --always --abbrev=40 --exclude='*' --dirty) \
	    --platform linux/amd64 --target $$function --tag dropscribe/$$function .; \
	done

push: setup images ## Push the images and write their digests for Terraform: make push REGISTRY=…
	@test -n "$(REGISTRY)" || { echo 'where to? make push REGISTRY=europe-west1-docker.pkg.dev/PROJECT/dropscribe' >&2; exit 2; }
	DROPSCRIBE_ENGINE="$(ENGINE)" $(BIN)/python -m images.push "$(REGISTRY)" $(FUNCTIONS)

demo-images: setup images ## Transcribe on the one-machine cloud with each function in its image, and test the images
	DROPSCRIBE_ENGINE="$(ENGINE)" DROPSCRIBE_IMAGES='$(IMAGES)' $(BIN)/dropscribe demo
	DROPSCRIBE_ENGINE="$(ENGINE)" $(BIN)/pytest -m images

clean: ## Remove the environment, the one-machine cloud's data and caches
	-$(BIN)/dropscribe down
	rm -rf $(VENV) .dropscribe .pytest_cache .mypy_cache .ruff_cache transcripts
