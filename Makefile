# Every target installs what it needs. All generated state lives in .venv, node_modules, out and var.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PY := .venv/bin/python
FORGE := node_modules/@foundry-rs/forge-linux-amd64/bin/forge
PAGES := $(shell find web -type f -not -path "web/dist/*")
export ETH_HASH_BACKEND := pysha3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup contracts pages check test demo bench serve slither fuzz lock clean

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/.installed: requirements/dev.txt pyproject.toml
	python3 -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/.installed: package-lock.json .npmrc
	npm ci --silent --no-progress
	@touch $@

setup: .venv/.installed node_modules/.installed ## Python environment and npm packages

contracts: setup ## Compile the contracts with py-solc-x into out/
	$(PY) -m scripts.build

web/dist/index.html: node_modules/.installed $(PAGES)
	node_modules/.bin/vite build web --logLevel warn

pages: web/dist/index.html ## Build the pages for browsers into web/dist/

check: setup ## Formats, lint, layers, types, contracts, ABI freshness; stops at the first failure
	$(PY) -m scripts.check

test: setup pages ## The whole suite; what cannot run here is skipped with its reason
	$(PY) -m scripts.test

demo: contracts ## The story of a licence on a real chain; writes var/demo/report.json
	$(PY) -m scripts.demo

bench: contracts ## Benchmarks to var/bench/latest.json and the README's table; SUBJECT=, SIZES= for a part
	$(PY) -m scripts.bench $(SUBJECT:%=--subject %) $(SIZES:%=--sizes %)

serve: contracts pages ## Chain, contracts, service and worker at one URL
	.venv/bin/suizheng up

var/slither/.installed: requirements/slither.txt
	python3 -m venv var/slither
	var/slither/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/slither.txt
	@touch $@

slither: setup var/slither/.installed ## Static analysis of the contracts
	$(PY) -m scripts.slither

var/schemathesis/.installed: requirements/schemathesis.txt
	python3 -m venv var/schemathesis
	var/schemathesis/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/schemathesis.txt
	@touch $@

var/libcoveocds/.installed: requirements/libcoveocds.txt
	python3 -m venv var/libcoveocds
	var/libcoveocds/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/libcoveocds.txt
	@touch $@

fuzz: setup var/schemathesis/.installed ## Long try of the HTTP API against its OpenAPI document
	FUZZ_EXAMPLES=200 FUZZ_SEED=$${FUZZ_SEED:-$$RANDOM} $(PY) -m pytest -q -s tests/integration/http/test_fuzz.py

lock: .venv/.installed ## Resolve the lock files anew: versions and hashes, no addresses
	npm install --package-lock-only --silent
	node -e 'const fs=require("fs"),f="package-lock.json",l=JSON.parse(fs.readFileSync(f)); \
	  for (const p of Object.values(l.packages)) delete p.funding; fs.writeFileSync(f, JSON.stringify(l, null, 2) + "\n")'
	for extra in runtime dev; do \
	  .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
	    --custom-compile-command 'make lock' $$( [ $$extra = dev ] && echo --extra dev ) pyproject.toml -o requirements/$$extra.txt; done
	for tool in slither schemathesis libcoveocds; do \
	  .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
	    --custom-compile-command 'make lock' requirements/$$tool.in -o requirements/$$tool.txt; done

clean: ## Forget everything generated
	rm -rf .venv node_modules out cache var web/dist
