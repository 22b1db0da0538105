# What a person or CI types. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
UV := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

.DEFAULT_GOAL := help
.PHONY: help setup demo test e2e lint format bench conformance e2e-real e2e-kind manifest lock image dist reproducible clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## create .venv and install what is missing

$(STAMP): requirements/dev.txt requirements/images.txt pyproject.toml tools/setup
	@tools/setup $(PYTHON) $(VENV)
	@touch $@

demo: setup ## a lab, a Service, an external IP that answers, hop by hop (KEEP=1 leaves the lab up)
	@$(BIN)/python -m e2e.demo $(if $(KEEP),--keep)

test: setup ## run the tests
	@tools/setup-for-tests
	@tools/test $(BIN) $(ARGS)

e2e: setup ## scenarios seen from outside, on a lab of its own or on any cluster (docs/e2e.md)
	@$(BIN)/pytest e2e/suite $(ARGS)

lint: setup ## the gate: format, lint, types, layers
	@tools/lint $(BIN)

format: setup ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: setup ## measure, and print beside what was asked (datapath, edge: with wrk, iperf3 and gcc; datapath as root)
	@$(BIN)/python -m bench $(ARGS)

conformance: setup ## the same contract against a real kube-apiserver and kube-proxy (builds them once: needs go; as root)
	@$(BIN)/python -m conformance $(ARGS)

manifest: setup ## what is made from the chart: deploy/baremetal-lb.yaml, its README's table (builds helm once, where there is none: needs go)
	@$(BIN)/python -m testkit.chart

e2e-real: setup ## image and chart on a real cluster of containers, all scenarios there (builds it once: needs go; as root)
	@$(BIN)/python -m e2e.real.acceptance $(ARGS)

e2e-kind: setup ## the e2e suite on a cluster of kind (wants docker, kind, helm and kubectl)
	@$(BIN)/python e2e/kind/run $(ARGS)

lock: setup ## pin requirements anew from pyproject.toml
	@$(UV) pyproject.toml --extra lab --extra cloud --group installer --group build --group dev -o requirements/dev.txt
	@$(UV) pyproject.toml -c requirements/dev.txt -o requirements/runtime.txt
	@$(UV) pyproject.toml --extra lab --extra images -c requirements/dev.txt -o requirements/images.txt
	@$(UV) --group pyproject.toml:build --group pyproject.toml:image -c requirements/dev.txt -o requirements/build.txt
	@grep -A99 '^uv==' requirements/dev.txt | sed '/^    # via/,$$d' > requirements/installer.txt

image: ## dist/baremetal-lb-VERSION.oci.tar: the daemons' image, without Docker (as root; BASE=IMAGE to pull one, else Debian's packages)
	@image/build $(VERSION) $(BASE)

dist: setup image ## what a release consists of: wheel, sdist, chart, image, SBOM, checksums (as root; PUBLISH="--image ... --source ...": tools/dist)
	@$(BIN)/python tools/dist $(VERSION) $(PUBLISH)

reproducible: ## `dist` twice, from nothing: the same bytes (as root)
	@rm -rf build dist dist.first && $(MAKE) dist && rm -rf build && mv dist dist.first && $(MAKE) dist
	@diff dist.first/SHA256SUMS dist/SHA256SUMS && rm -r dist.first && echo "the same bytes twice"

clean: ## remove what `make` made
	rm -rf build dist dist.first $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
