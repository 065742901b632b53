# The only entrance. Every target sets up what it needs; nothing has to be installed or exported first.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# The layer's build wants a Python with pip first on the path.
SAM := env PATH="$(CURDIR)/.venv-sam/bin:$$PATH" SAM_CLI_TELEMETRY=0 sam

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: .venv/.ready  ## start Sluice on this machine: http://127.0.0.1:8000
	@exec $(BIN)/sluice up $(ARGS)

test: .venv/.ready .venv/pgbouncer/.tried .venv/browser/.tried tests/clients/node_modules/.tried  ## run every test that needs no Docker
	@exec $(BIN)/pytest -m "not sam" $(ARGS)

EVAL ?= $(wildcard ../shared/eval/*)

eval: .venv/.ready  ## measure retrieval: make eval EVAL="folder folder"
	@exec $(BIN)/sluice eval $(EVAL) $(ARGS)

screenshots: .venv/.ready .venv/browser/.tried  ## take the pictures of docs/images again; look at each before you commit it
	@exec $(BIN)/python -m tests.page.screenshots

check: .venv/.ready  ## format, lint, types and import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.ready .venv-sam/.ready .venv-bench/.ready .venv/pgbouncer/.tried  ## run the benchmarks that take minutes
	$(BIN)/python -m benchmarks.arrival
	$(BIN)/python -m benchmarks.streaming
	$(BIN)/python -m benchmarks.cold_start
	$(BIN)/python -m benchmarks.open_answers
	.venv-bench/bin/python -m pytest -q benchmarks
	.venv-bench/bin/python -m benchmarks.retrieval --chunks 5000
	.venv-bench/bin/python -m benchmarks.retrieval --chunks 5000 --held signs
	.venv-bench/bin/python -m benchmarks.first_token --chunks 5000
	.venv-bench/bin/python -m benchmarks.ingestion

# What a function may weigh with its layer, in MB. Lambda refuses more.
MOST ?= 250

build: .venv-sam/.ready  ## build the functions and the layer for Lambda into .aws-sam; no Docker
	@$(SAM) build $(ARGS)
	@PYTHONPATH=layers/common .venv-sam/bin/python -m layer_build.report .aws-sam/build $(MOST)

# What other targets stand on: their ARGS are not those of a build.
built: .venv-sam/.ready
	@$(SAM) build

build-twice: .venv-sam/.ready  ## build twice and compare every byte, name, right and time
	@mkdir -p .aws-sam
	@for build in once twice; do \
		$(SAM) build --no-cached --build-dir .aws-sam/$$build $(ARGS) >.aws-sam/$$build.log 2>&1 || exit; \
		PYTHONPATH=layers/common .venv-sam/bin/python -m layer_build.settling --digest .aws-sam/$$build \
			>.aws-sam/$$build.sha256 || exit; \
	done
	@cat .aws-sam/once.sha256
	@cmp .aws-sam/once.sha256 .aws-sam/twice.sha256
	@diff -r .aws-sam/once .aws-sam/twice && echo "Both builds are the same."

sam-local: built .venv/.ready  ## run the built functions in Lambda's image, beside `make run`: make sam-local ARGS="invoke ChatFunction -e tests/events/ask.json"
	@exec $(BIN)/python -m local.sam $(ARGS)

lambda-image:  ## fetch Lambda's image, in which the built functions are tried
	docker pull public.ecr.aws/lambda/python:3.13-x86_64

scan: .venv-checkov/.ready  ## look through the stack's templates for insecure settings, and count them
	@exec .venv-checkov/bin/checkov --framework cloudformation --skip-download --quiet --compact -f template.yaml infra/*.yaml

test-sam: scan built .venv/.ready  ## run the tests that need Docker and Lambda's image
	@exec $(BIN)/pytest -m sam $(ARGS)

dashboard: .venv/.ready  ## draw the dashboard of infra/observability.yaml anew for the docs
	$(BIN)/python -m infra.preview

cost: .venv/.ready  ## print what a stack costs: make cost ARGS="--questions 20000 --profile proxy"
	@$(BIN)/python -m infra.cost $(ARGS)

# Where nobody can be asked: make deploy ASK="--no-confirm-changeset --no-fail-on-empty-changeset"
ASK ?= --guided

deploy: build  ## put the stack into your AWS account; asks for what it needs
	@exec $(SAM) deploy $(ASK) $(ARGS)

format: .venv/.ready  ## rewrite the code as `make check` wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/.ready  ## resolve the dependencies anew and write the lock files
	sh requirements/lock.sh

clean:  ## remove everything that is made, but keep the laptop's data in .sluice
	rm -rf .venv .venv-sam .venv-bench .venv-checkov .aws-sam .mypy_cache .ruff_cache .pytest_cache

.venv/.ready: requirements/dev.txt requirements/uv.txt requirements/setup.py pyproject.toml
	@$(PYTHON) requirements/setup.py

.venv-bench/.ready: requirements/bench.txt requirements/uv.txt requirements/setup.py
	@$(PYTHON) requirements/setup.py bench

.venv-sam/.ready: requirements/sam.txt requirements/uv.txt requirements/setup.py
	@$(PYTHON) requirements/setup.py sam

.venv-checkov/.ready: requirements/checkov.txt requirements/uv.txt requirements/setup.py
	@$(PYTHON) requirements/setup.py checkov

.venv/pgbouncer/.tried: .venv/.ready requirements/pgbouncer.sh
	@sh requirements/pgbouncer.sh

.venv/browser/.tried: .venv/.ready requirements/browser.sh tests/page/package-lock.json
	@sh requirements/browser.sh

# The JavaScript clients that the tests of the protocols run; without Node those tests skip and say so.
tests/clients/node_modules/.tried: tests/clients/package-lock.json
	@if command -v npm >/dev/null; then cd tests/clients && npm ci --silent --ignore-scripts || \
		echo "setup: the JavaScript clients can't be installed; the tests that use them skip" >&2; fi
	@mkdir -p $(@D) && touch $@

.PHONY: help run eval test screenshots check build built build-twice sam-local lambda-image scan test-sam dashboard cost deploy format lock clean
