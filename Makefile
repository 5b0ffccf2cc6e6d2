# make help lists what can be made. Everything lives in .venv; nothing else on the machine changes.

# the first Python that TensorFlow has wheels for, else whichever there is
PYTHON ?= $(or $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$python && break; done),python3)
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
SOURCES := $(shell git ls-files -- src tests samples docs benchmarks '*.ipynb' '*.md' img_7.png 2>/dev/null)
export PYTHONWARNINGS := ignore::FutureWarning

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint page notebook large default detector recogniser results bench lock clean

help: ## list the targets
	@grep -E '^[a-z ]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*##/\t/' | expand -t 16

setup: .venv/ready ## make the environment in .venv

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'digits needs Python 3.11 to 3.13; name one with: make PYTHON=/path/to/python'; exit 2; }
	@$(PYTHON) -c 'import sys; sys.version_info < (3, 14) or print("This Python has no TensorFlow wheel: reading works, training needs Python 3.11 to 3.13.")'
	@echo 'Installing into .venv (a few minutes the first time) ...'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q -j 0 .venv/lib src 2>/dev/null || true  # on all cores, as pip does not
	@touch $@

demo: setup ## obtain MNIST, train the seed network, read pictures, write demo/report.html
	@$(BIN)/digits demo

test: .venv/tested ## run the tests (again only if something changed)
	@echo 'All tests passed, and nothing changed since; $(BIN)/pytest runs them anew.'

.venv/tested: .venv/ready $(SOURCES)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
	@touch $@

lint: setup ## ruff, mypy and import-linter
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

page: setup ## fetch what the page needs to read in browsers (with npm)
	@$(BIN)/python -m digits.service.runtime

notebook: setup ## open the notebook in Jupyter
	$(BIN)/jupyter notebook handwritten_digit_recognition.ipynb

# default is distilled from large, its seed is one of three (docs/experiments/); detector and recogniser
# continue from their shipped weights, the recogniser on other pages than those of seed 0
default recogniser: SEED := 1
SHIPPED := src/digits/model/shipped
large default detector recogniser: FOLDER = $(SHIPPED)/$(if $(filter large default,$@),$@/classifier,default/$@)
large default detector recogniser: setup ## train a network that ships, put it in place (1 to 4 hours)
	$(BIN)/digits train --recipe $@ --seed $(or $(SEED),0) --out runs/$@ --resume
	cd runs/$@ && cp model.onnx model.json model.keras README.md ../../$(FOLDER)/
	$(BIN)/python -c 'from pathlib import Path; from digits.model.bundle import update_sums; \
		[update_sums(Path("$(SHIPPED)") / name) for name in ("default", "large")]'

results: setup ## rebuild docs/results.md from the rows in docs/results/
	$(BIN)/python benchmarks/results.py

bench: setup ## time reading beside what cannot be avoided (five minutes, nothing else running)
	@$(BIN)/python benchmarks/speed.py 2>/dev/null

lock: ## bring requirements.lock up to date (needs uv)
	uv pip compile pyproject.toml --group dev --extra all --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-annotate --quiet \
		--custom-compile-command 'make lock' -o requirements.lock

clean: ## remove what was made, the environment too
	rm -rf .venv demo build dist
