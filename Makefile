# Needs git, make and a Python 3.11, 3.12 or 3.13. Everything is made in .venv, .venv-peers, build and out, nothing
# elsewhere.

PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && { echo "$$name"; break; }; done)
SPEC ?= examples/ami-shock-map.toml
STEM = $(basename $(notdir $(SPEC)))
PATIENT = $(patsubst %-map,%,$(STEM))-patient
ARGS ?=
A ?= HEAD~1
B ?= HEAD

# -qq: the set is pinned, so that only errors are news.
PIP = .venv/bin/python -m pip --disable-pip-version-check -qq install
RUN = .venv/bin/counterpulse

# An environment counts as made when its stamp names this folder: one that was moved or copied along would run the
# code of the place it came from. One that is not sound is made anew, another is brought up to date.
READY = .venv/made
SOUND := $(shell .venv/bin/python -c \
	'import os; print("yes" if open("$(READY)").read().strip() == os.getcwd() else "")' 2>/dev/null)
ifeq ($(SOUND),)
.PHONY: $(READY)
endif

.DEFAULT_GOAL := help
.PHONY: help setup dev demo test test-all slurm-test faults atlas docs tutorials notebooks audit lint style types package bench bench-sweep accuracy calibration bench-peers bench-compare clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile

setup: $(READY) ## make the environment in .venv (PYTHON=python3.12 chooses the Python)

dev: .venv/made-dev ## the same for contributors: what is committed is checked before (git hooks, .pre-commit-config.yaml)

demo: $(READY) ## simulate a hundred thousand pairs, then draw the map and the page of one patient (SPEC=sweep.toml)
	$(RUN) run "$(SPEC)"
	$(RUN) map "out/$(STEM).zarr" --x heart_rate --y arterial_stiffness -o "out/$(STEM).png"
	$(RUN) patient "out/$(STEM).zarr" --index 0 -o "out/$(PATIENT).png"

# A file's tests stay in one process, for what they share; files are handed out in the order of tests/conftest.py.
PYTEST = .venv/bin/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# What the tests' processes would all want at once is compiled before they start.
WARM = .venv/bin/python tests/warm.py

test: $(READY) ## run the tests but for the slow ones (ARGS="-k store" for a part of them)
	$(WARM)
	$(PYTEST) -m "not slow" $(ARGS)

# The benchmarks' own tests come last, when no other test takes the cores.
test-all: $(READY) ## run every test: also many patients, every benchmark, and what may befall runs and stores
	$(WARM)
	$(PYTEST) --ignore tests/benchmarks $(ARGS)
	$(PYTEST) tests/benchmarks $(ARGS)

slurm-test: $(READY) ## run a job array and Dask workers on a real Slurm, started for it (as root it installs Slurm)
	@$(PIP) -c constraints.txt --no-build-isolation --editable '.[slurm]' || echo "dask-jobqueue does not install" >&2
	.venv/bin/python tests/slurm/one_box.py

faults: $(READY) ## do to runs and stores all that may befall them, write docs/faults.md; half an hour (ARGS="--share .1")
	.venv/bin/python tests/faults/suite.py -o docs/faults.md $(ARGS)

atlas: $(READY) ## run the sweeps of examples/ and write docs/atlas.md (ARGS="--share .02 -o FOLDER" for a tiny one)
	.venv/bin/python docs/atlas.py $(ARGS)

# Beside the site the notebooks are left once more, by what shows them.
docs: .venv/made-docs ## make the site of docs/ in site/, without a warning, its notebooks run, and check its links
	rm -rf site build/docs
	.venv/bin/python -m sphinx -W --keep-going -n -q -b html $(ARGS) docs build/docs/site
	mv build/docs/site site
	.venv/bin/python docs/links.py docs site

tutorials: $(READY) ## run the commands of the tutorials as written, and write what they print (ARGS="question" for one)
	.venv/bin/python docs/worked.py --write $(ARGS)

notebooks: $(READY) ## run the notebooks of docs/notebooks, leave them in out/notebooks for Jupyter (ARGS="first-sweep" for one)
	.venv/bin/python docs/run_notebooks.py $(ARGS)

audit: $(READY) ## look the pinned packages up among known vulnerabilities; says of which it cannot reach the record
	@.venv/bin/python -m venv build/audit && build/audit/bin/python -m pip --disable-pip-version-check -qq install pip-audit
	build/audit/bin/pip-audit -r constraints.txt --no-deps --disable-pip --progress-spinner off

lint: style types ## check style, format and types

style: $(READY)
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .

# The package is type-checked as installed: mypy does not follow an editable install. build goes first, or a module
# that was deleted would be installed from there.
types: $(READY)
	@rm -rf build
	@$(PIP) --no-build-isolation --no-deps --target build/types .
	cd build/types && ../../.venv/bin/python -m mypy --strict --config-file ../../pyproject.toml \
		--cache-dir ../../.mypy_cache -p counterpulse

package: $(READY) ## build wheel and source distribution in dist, try both in clean environments (ARGS="--python 3.12")
	.venv/bin/python release/packages.py $(ARGS)

bench: $(READY) ## measure the speed of the kernel and of converged pairs (ARGS="--record" keeps it)
	$(RUN) bench $(ARGS)

bench-sweep: $(READY) ## measure a whole sweep, a million pairs (ARGS="--patients 100000")
	.venv/bin/python -m counterpulse.benchmarks.sweep $(ARGS)

bench-compare: $(READY) ## measure two revisions in turn (A=HEAD~1 B=HEAD)
	$(RUN) bench --compare "$(A)" "$(B)" $(ARGS)

accuracy: $(READY) ## measure how exact the outcomes are, and write docs/accuracy.md
	.venv/bin/python benchmarks/accuracy.py --output docs/accuracy.md $(ARGS)

calibration: $(READY) ## measure how often match's intervals hold, write docs/match-calibration.md; a quarter of an hour
	.venv/bin/python -m counterpulse.benchmarks.calibration $(ARGS)

bench-peers: .venv-peers/made ## measure the engine beside its peers, write docs/peers.md (ARGS="--quick" for a tiny run)
	.venv-peers/bin/python -m benchmarks.peers.run $(ARGS)

clean: ## remove the environment, the build and the caches; results in out stay
	rm -rf .venv .venv-peers build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
ifeq ($(SOUND),)
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || \
		{ echo "no Python 3.11, 3.12 or 3.13 with venv found; name one: make PYTHON=/usr/bin/python3.12" >&2; exit 1; }
	@echo "making the environment in .venv with $$("$(PYTHON)" --version); a minute or so"
	@"$(PYTHON)" -m venv --clear .venv
else
	@echo "bringing the environment in .venv up to date"
endif
	@$(PIP) -c constraints.txt setuptools
	@$(PIP) -c constraints.txt --no-build-isolation --editable '.[test]'
	@pwd -P > $@
	@echo "environment ready"

.venv/made-docs: $(READY)
	@$(PIP) -c constraints.txt --no-build-isolation --editable '.[docs]'
	@touch $@

.venv/made-dev: $(READY)
	@$(PIP) -c constraints.txt --no-build-isolation --editable '.[dev]'
	@.venv/bin/python -m pre_commit install --hook-type pre-commit --hook-type pre-push
	@touch $@

# The peers have an environment of their own. One that does not install is told as such in the table: numbalsoda asks for
# a Fortran compiler.
PEERS = scikit-sundae numbalsoda diffrax jax heyoka cubie svzerod circulation ModularCirc
PEERS_PIP = .venv-peers/bin/python -m pip --disable-pip-version-check -qq install -c constraints.txt \
	-c benchmarks/peers/constraints.txt

.venv-peers/made: $(READY) benchmarks/peers/constraints.txt
	@echo "making the environment of the peers in .venv-peers; some minutes"
	@.venv/bin/python -m venv --clear .venv-peers
	@$(PEERS_PIP) setuptools
	@$(PEERS_PIP) --no-build-isolation --editable .
	@mkdir .venv-peers/not-installed
	@for each in $(PEERS); do log=.venv-peers/not-installed/$$each; \
		if $(PEERS_PIP) "$$each" >"$$log" 2>&1; then rm "$$log"; else echo "$$each does not install: see $$log" >&2; fi; \
	done
	@pwd -P > $@
