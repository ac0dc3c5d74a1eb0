# Everything this book needs, one word each. `make` alone lists the words.
#
# A word sets up .venv first, when constraints.txt or pyproject.toml changed, and does only what is left to do.

EDITION ?= songbook
PROFILE ?= book
DEVICE ?= cpu
SEED ?= 0
PORT ?= 8000
SNAKEMAKE ?=
N ?=

PYTHON := .venv/bin/python
CHOICE = --edition $(EDITION) --profile $(PROFILE) --device $(DEVICE) --seed $(SEED)
REAL = --edition real --profile $(PROFILE) --device $(DEVICE) --seed $(SEED)
RUN = $(PYTHON) -m workflow.run $(CHOICE) --snakemake="$(SNAKEMAKE)"
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup book chapter serve test notebooks study results costs bench lock clean

help: ## this list
	@echo "make WORD, where WORD is one of"
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 13
	@echo "Choices, with their defaults: EDITION=songbook (or real) PROFILE=book (quick, full) DEVICE=cpu (cuda) SEED=0"
	@echo "For example: make book EDITION=real     make chapter N=01 PROFILE=quick"

setup: ## the environment in .venv (every other word does this by itself)
	@for python in python3 python python3.14 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec $$python -m workflow.setup; \
	  fi; \
	done; \
	echo "No Python 3.11 or newer found (looked for python3 and python3.11 to python3.14 on the PATH). Install one" >&2; \
	echo "from python.org or your system's packages, or use conda: conda env create -f environment.yml" >&2; \
	exit 1

book: setup ## run the chapters that changed, build the pages: build/site/_build/html/index.html
	@$(RUN) book

chapter: setup ## run one chapter, if it changed: make chapter N=01
	@if [ -z "$(N)" ]; then echo "Which chapter? Say: make chapter N=01" >&2; exit 2; fi
	@$(RUN) chapters $(N)

serve: book ## build the pages and serve them on this machine: http://localhost:8000 (or PORT=...)
	@$(PYTHON) -m workflow.serve $(CHOICE) --port $(PORT)

test: setup ## style, types, order of imports, tests, and the committed notebooks cell by cell
	@$(PYTHON) -m workflow.check

notebooks: setup ## copy to book/ the executed notebooks whose source or text outputs changed (then commit them)
	@$(PYTHON) -m workflow.run chapters --snakemake="$(SNAKEMAKE)"
	@$(PYTHON) -m workflow.publish notebooks

study: setup ## run the real edition; fail where a number left the tolerance of the record kept of it
	@$(PYTHON) -m workflow.run chapters $(REAL) --snakemake="$(SNAKEMAKE)"
	@$(PYTHON) -m workflow.publish study $(REAL)

results: setup ## run the real edition; keep its numbers in data/results/real/ (look at them, then commit them)
	@$(PYTHON) -m workflow.run chapters $(REAL) --snakemake="$(SNAKEMAKE)"
	@$(PYTHON) -m workflow.publish results $(REAL)

costs: setup ## run each chapter alone, keep its seconds and memory, and those of the methods it measures
	@$(PYTHON) -m workflow.costs $(CHOICE)

bench: setup ## print ratios to other libraries (KEEP=1: also write data/results/cost/benchmarks.json)
	@$(PYTHON) -m pip install -qq -c constraints.txt -e '.[bench]'
	@$(PYTHON) -m benchmarks.recbole_environment
	@$(PYTHON) -m benchmarks $(if $(KEEP),--keep)

lock: setup ## compile constraints.txt anew from pyproject.toml (UPGRADE=1: with the newest versions)
	@$(PYTHON) -m workflow.lock $(if $(UPGRADE),--upgrade)

clean: ## remove build/ (the environment stays; remove .venv by hand)
	@rm -rf build book/_static/clips
	@echo "removed build/ and book/_static/clips/"
