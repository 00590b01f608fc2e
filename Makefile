# `make` and `make help` list what there is. Where the machine's Node is too old, tools/node brings one.
SHELL := /bin/bash
export PATH := $(CURDIR)/tools/node/node_modules/.bin:$(PATH)
export NODE_OPTIONS := --experimental-vm-modules --disable-warning=ExperimentalWarning --disable-warning=TimeoutNegativeWarning
.DEFAULT_GOAL := help
.PHONY: help install build typecheck lint fmt test test-unit test-integration test-faults mutants test-compose test-package demo bench docs docs-check check clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 20

node_modules/.installed: package.json package-lock.json tools/node/package.json
	@tools/node/ensure.sh npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
	@touch $@

install: node_modules/.installed ## what package-lock.json names, and a Node that fits

build: install ## dist/, as it is published
	@npm run --silent build

typecheck: install ## src, test, dev, bench and the page
	@npx tsc --noEmit && npx tsc -p tsconfig.page.json

lint: install ## rules and formatting
	@npx eslint . && npx prettier --check --log-level warn .

fmt: install ## mends what lint can mend
	@npx eslint --fix . && npx prettier --write --log-level warn .

test-unit: install ## no network, a few seconds
	@npx jest --selectProjects unit

test-integration: install build ## on a real broker and registry, wherever they are found
	@node dev/broker.ts npx jest --selectProjects integration --runInBand

test-faults: install build ## the long run of the fault suite: hundreds of kills and cuts, about an hour
	@FAULTS=long node dev/broker.ts npx jest --selectProjects integration --runInBand --testPathPatterns integration/faults

mutants: install ## plants known bugs one at a time, and shows that the tests catch each
	@node dev/mutants.ts

test-compose: install ## Dockerfile and docker-compose.yml, brought up for real
	@dev/test-compose.sh

test-package: build ## what npm would publish, installed and used under plain Node
	@node dev/broker.ts dev/test-package.sh

test: ## everything but compose, on a real broker and registry
	@$(MAKE) --no-print-directory -j2 check build
	@npx jest --selectProjects unit --maxWorkers=2
	@node dev/broker.ts npx jest --selectProjects integration --runInBand

demo: install build ## shows changes arriving in Kafka as they happen
	@node dev/demo.ts

bench: install build ## ratios against a baseline of the same run
	@node dev/broker.ts node bench/all.ts

docs: install ## writes what is generated: types of the events, settings, topics, faults
	@node dev/docs.ts

docs-check: docs ## fails where the generated files are not what is committed
	@git diff --exit-code --stat -- src/core/events.ts docs .env.example || (echo 'run: make docs, and commit'; exit 1)

check: lint typecheck docs-check ## what CI runs before the tests

clean: ## what was built and installed, the cached broker too
	@rm -rf dist node_modules tools/node/node_modules .cache
