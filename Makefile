# skep: `make help` lists the targets. Node and packages are pinned and stay inside this folder.
SHELL := /bin/bash
.DEFAULT_GOAL := help
NODE_VERSION := 24.21.0
# The pinned Node, where setup put one, comes before the system's.
export PATH := $(CURDIR)/.tools/node/bin:$(CURDIR)/node_modules/.bin:$(PATH)
DATA_DIR ?= .skep
BENCH ?=
DIR ?=

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Node and npm packages, pinned, inside this folder
	@scripts/setup-node $(NODE_VERSION)
	@scripts/setup-packages

build: setup ## compile to dist/
	@scripts/build

run: setup ## start controller, agent and the example apps; Ctrl-C ends them, containers stay
	@scripts/run

check: setup ## types, format, lint, room borders, unit tests: quick, no engine
	tsc -p .
	biome check .
	oxlint --type-aware
	vitest run --project unit --reporter=dot

test: setup ## everything, on a real engine; ends with `N passed, N failed`
	@scripts/test

simulate: setup ## seeded runs with failures; SKEP_SEED=N for one, with SKEP_SEEDS=M from there on
	vitest run --project simulation test/simulation/simulation.test.ts --testNamePattern invariant

fmt: setup ## format every file
	biome check --write --linter-enabled=false .
	buf format -w proto

lint: setup ## format, lint, room borders, the protocol
	biome check .
	oxlint
	buf lint proto

vet: setup ## types, and the lint rules that need them
	tsc -p .
	oxlint --type-aware

init-db: setup ## create or migrate the database in DATA_DIR
	@mkdir -p $(DATA_DIR)
	node controller/store/init.ts $(DATA_DIR)

docker: setup ## build the images skep-controller and skep-agent; BASE_IMAGE= to choose the base
	@scripts/setup-node $(NODE_VERSION) pinned
	@scripts/docker-images

compat: setup ## Compose files in DIR against recordings of what Compose makes of them
	@node scripts/compat.ts $(DIR)

compat-engine: setup ## Compose files of DIR on engines of their own: deployed, then not one call that changes
	@node test/compat-engine/main.ts $(DIR)

bench: setup ## figures and the limit each is held against; BENCH=NAME for one
	@scripts/bench $(BENCH)

generate: setup ## protocol code, schema types, reference pages
	@scripts/generate

verify: setup ## generate again and fail where that changes a file
	@scripts/verify

clean: ## remove what `make run` and the builds made: containers, volumes, .skep, dist
	@scripts/clean

.PHONY: help setup build run check test simulate fmt lint vet init-db docker compat compat-engine bench generate verify clean
