# fem-ionics: `make help` lists what can be done. Everything is installed into .venv on first use.
VENV ?= .venv
RANKS ?= 2
BIN := $(VENV)/bin
MPIEXEC := $(BIN)/mpiexec
READY := $(VENV)/.installed

# One thread a process: the ranks are the parallelism.
export OMP_NUM_THREADS ?= 1
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help install demo test lint validate benchmark clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt tools/setup.sh
	@tools/setup.sh $(VENV)

install: $(READY) ## create the virtual environment (PYTHON=... names the Python to use)

demo: $(READY) ## run the flagship demo on 2 ranks (RANKS=...); it prints where its outputs are
	$(MPIEXEC) -n $(RANKS) $(BIN)/python -m fem_ionics run demos/active_nanochannel.py

lint: $(READY) ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# An odd number of ranks finds what two do not; these are the tests where the partition matters most.
THREE := tests/verification/test_parallel.py tests/unit/geometry/test_periodic.py tests/unit/io/test_checkpoint.py \
	tests/unit/observe/test_currents.py tests/unit/observe/test_points.py tests/unit/bifurcation/test_continuation.py

# Half of the tests on two ranks: one process has no more than 2048 communicators.
MANY := tests/unit/bifurcation tests/unit/solve tests/unit/study tests/unit/lemc

# A rank that waits for another for ever cannot be woken by a signal: the time-out thread ends it.
# Alone, files of tests share the cores.
test: lint ## lint, then tests on 3 and 2 ranks, then all on 1
	$(MPIEXEC) -n 3 $(BIN)/python tools/pytest_ranks.py -q -m "mpi and not validate" --timeout-method=thread $(THREE)
	$(MPIEXEC) -n 2 $(BIN)/python tools/pytest_ranks.py -q -m "mpi and not validate" --timeout-method=thread $(MANY)
	$(MPIEXEC) -n 2 $(BIN)/python tools/pytest_ranks.py -q -m "mpi and not validate" --timeout-method=thread tests $(MANY:%=--ignore=%)
	$(BIN)/python -m pytest -m "not validate" -n $(RANKS) --dist loadfile

validate: $(READY) ## the longer studies against published and reference numbers
	$(BIN)/python -m pytest -m validate --timeout=7200

benchmark: $(READY) ## time per Newton iteration beside hand-written DOLFINx, and to the critical flux (PYOOMPH=...)
	$(BIN)/python benchmarks/overhead.py
	$(MPIEXEC) -n $(RANKS) $(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/bifurcation.py $(if $(PYOOMPH),--pyoomph $(PYOOMPH))

clean: ## remove the virtual environment and what runs left behind
	rm -rf $(VENV) build dist output .pytest_cache .ruff_cache .mypy_cache .import_linter_cache *.egg-info
