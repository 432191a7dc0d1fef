# Thin on purpose: each target is one line into scripts/ or cargo. `make` alone lists them.

# What cargo builds stays outside the work tree, so that a second clone builds warm.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/vong/target

# Where real clips and model files lie beside the clone, demo and tests use them.
ifneq ($(wildcard $(CURDIR)/../shared/data/videos/.),)
export VONG_DEMO_CLIPS ?= $(abspath $(CURDIR)/../shared/data/videos)
endif
ifneq ($(wildcard $(CURDIR)/../shared/data/models/.),)
export VONG_MODELS_MIRROR ?= $(abspath $(CURDIR)/../shared/data/models)
endif
ifneq ($(wildcard $(CURDIR)/../shared/data/schema/CAP-v1.2.xsd),)
export VONG_CAP_SCHEMA ?= $(abspath $(CURDIR)/../shared/data/schema/CAP-v1.2.xsd)
endif

.PHONY: help setup demo demo-check test bench bench-json bench-large check-api soak fmt lint docs schema openapi console bin

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing, for the demo and the tests
	@scripts/setup

demo: ## camera, agent and server on this machine; open the console, see an incident arrive
	@scripts/demo

demo-check: ## the same without a person; exits 0 once an incident with still and clip is served
	@scripts/demo --check

test: ## everything that must hold before a change lands; ends with a table of seconds
	@scripts/test

bench: ## latency from camera to screen, intake in reports a second, what cameras cost; prints numbers
	@scripts/bench $(BENCH)

bench-json: ## the same as one JSON document: make -s bench-json BENCH="streams --short"
	@scripts/bench --json $(BENCH)

bench-large: ## lists and merges among 1 million incidents in SQLite, 5 million in PostgreSQL; prints numbers
	@scripts/bench-large $(BENCH)

check-api: ## schemathesis against the OpenAPI document: whatever is sent, no answer is a 5xx (some minutes)
	@scripts/check-api

soak: ## the fault suite in its long form: every fault many times, nothing lost, nothing doubled
	@scripts/soak $(SOAK)

fmt: ## format the Rust code
	cargo fmt --all

lint: ## formatting, lints, licences, shell scripts, the console's types
	@scripts/test format shell clippy deny console

docs: ## the code's own documentation, warnings denied
	@scripts/test docs

schema: ## write the JSON Schemas of contract and manifest from their types
	UPDATE_SCHEMA=1 cargo test --quiet --locked --package contract --package bundle schema

openapi: ## write the server's OpenAPI document and the console's client from it
	UPDATE_OPENAPI=1 cargo test --quiet --locked --package ingest-server openapi
	npm --prefix ingest-server/console run --silent generate

console: ## build the web console, if its sources changed
	@scripts/console

bin: ## BIN=edge-agent or ingest-server: build the optimised binary, print its path
	@scripts/bin $(BIN)
