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

# Every table of benchmarks/results; benchmarks/README.md says what each part takes. Other programs take part where
# their Pythons are named (PYOOMPH=..., NGSOLVE=...), an earlier state of this package where its checkout is (BEFORE=...).
PARTS := overhead bifurcation again faster steady fitting robustness electroconvection solvers variants scaling large meshes lemc
PART ?= $(PARTS)
RUN := $(BIN)/python -m fem_ionics run
RESULTS := benchmarks/results
PEER := $(if $(PYOOMPH),--pyoomph $(PYOOMPH))

benchmark: $(READY) $(PART:%=benchmark-%) ## all tables of benchmarks/results, or PART="solvers scaling" (PYOOMPH=, NGSOLVE=, BEFORE=)

.PHONY: $(PARTS:%=benchmark-%)
$(PARTS:%=benchmark-%): $(READY)

benchmark-overhead:
	$(BIN)/python benchmarks/overhead.py
	$(MPIEXEC) -n 2 $(BIN)/python benchmarks/overhead.py

benchmark-bifurcation:
	$(BIN)/python benchmarks/bifurcation.py $(PEER) --repeats 3 2

benchmark-again:
	$(if $(PYOOMPH),$(BIN)/python benchmarks/bifurcation.py $(PEER) --repeats 4 2 --in-time 0 --grow --output $(RESULTS)/bifurcation_again.csv,@echo left out: give PYOOMPH=...)

benchmark-faster:
	$(if $(BEFORE),$(BIN)/python benchmarks/bifurcation.py --before $(BEFORE) $(PEER) --peer-most 70000 \
		--refine 5 --repeats 2 --output $(RESULTS)/bifurcation_faster.csv,@echo left out: give BEFORE=...)

benchmark-steady:
	$(BIN)/python benchmarks/steady_peers.py $(PEER) $(if $(NGSOLVE),--ngsolve $(NGSOLVE))

benchmark-fitting:
	$(RUN) benchmarks/exponential_fitting.py 'cases=("cone, 1 mM", "cone, 100 mM", "cylinder, 1 mM")'

benchmark-robustness:
	$(BIN)/python benchmarks/robustness.py

benchmark-electroconvection:
	$(BIN)/python benchmarks/electroconvection.py

# Four ranks on two cores are for counts: the smallest size of each case.
benchmark-solvers:
	$(BIN)/python benchmarks/solvers.py
	$(MPIEXEC) -n 2 $(BIN)/python benchmarks/solvers.py
	$(MPIEXEC) -n 4 $(BIN)/python benchmarks/solvers.py --quick
	$(BIN)/python benchmarks/solver_table.py

benchmark-variants:
	$(BIN)/python benchmarks/solver_variants.py

benchmark-scaling:
	for n in 1 2 4; do \
		$(MPIEXEC) -n $$n $(BIN)/python benchmarks/scaling.py --case "half channel" --refine 4.8 || exit 1; \
		$(MPIEXEC) -n $$n $(BIN)/python benchmarks/scaling.py --case "3-D pore" --refine 0.7 || exit 1; \
	done

benchmark-large:
	$(MPIEXEC) -n 2 $(BIN)/python benchmarks/large.py --case "3-D pore" --refine 3.05 3.8
	$(MPIEXEC) -n 2 $(BIN)/python benchmarks/large.py --case "3-D channel, tetrahedra" --refine 3.2

benchmark-meshes:
	$(BIN)/python benchmarks/meshes.py

# The plain loop beside the chain needs numba.
benchmark-lemc:
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[benchmark]"
	$(BIN)/python benchmarks/lemc.py
	$(MPIEXEC) -n 2 $(RUN) benchmarks/lemc.py output=$(RESULTS)/lemc_ranks.csv
	$(BIN)/python benchmarks/lemc_current.py

clean: ## remove the virtual environment and what runs left behind
	rm -rf $(VENV) build dist output .pytest_cache .ruff_cache .mypy_cache .import_linter_cache *.egg-info
