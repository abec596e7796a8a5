# skep: see `make help`. Everything runs on a pinned Node in .tools/ where the system's is too old.
SHELL := /bin/bash
.DEFAULT_GOAL := help
NODE_VERSION := 24.21.0
TOOLS := $(CURDIR)/.tools
NODE := $(shell scripts/node-path)
export PATH := $(TOOLS)/node/bin:$(CURDIR)/node_modules/.bin:$(PATH)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## Node and npm packages, pinned, inside this folder
	@scripts/setup-node $(NODE_VERSION)
	@scripts/setup-packages

check: setup ## types, format, lint and unit tests
	tsc -p .
	biome check .
	oxlint --type-aware
	vitest run --project unit

test: setup ## everything; ends with `N passed, N failed`
	@scripts/test

.PHONY: help setup check test
