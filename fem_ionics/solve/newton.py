# SPDX-License-Identifier: LGPL-3.0-or-later
"""One monolithic Newton on PETSc SNES for the blocks of a residual."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem
from petsc4py import PETSc

from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.model.blocks import jacobian_blocks, residual_blocks
from fem_ionics.solve.compiled import jit_options
from fem_ionics.solve.garbage import clean
from fem_ionics.solve.options import DIRECT_LIMIT, FAR, NEAR, NEWTON, SERVED, SETS, applied

_count = itertools.count()
Floats = npt.NDArray[np.float64]

#: No residual above this is called rounding, whatever the matrix: scaled equations are of order one.
_LARGEST_ROUNDING = 1e-6

_NO_LINEAR = (
    ' The iterative solver gave up: see where with options={"ksp_monitor": None}, allow it more with "ksp_max_it", '
    'or take Newton("direct") where memory allows it.'
)


@dataclass(frozen=True)
class Newton:
    """How a nonlinear system is solved.

    Parameters
    ----------
    linear
        Name of a set of options for the linear solver: "direct" (one factorisation), "iterative" (`solve.iterative`),
        or "auto": direct up to 400,000 unknowns in 2-D and 60,000 in 3-D, iterative beyond.
    prefix
        PETSc prefix under which every option can be set from outside, for example ``"flow_"`` with
        ``-flow_snes_monitor``. By default each solver gets its own, ``fem_ionics_0_`` and so on.
    options
        PETSc options without prefix that go over the defaults, for example ``{"snes_max_it": 50}``, or
        ``{"velocity_mg_levels_ksp_max_it": 3}`` for a block of the iterative solver.

    Raises
    ------
    ParameterError
        For an unknown set of options.
    """

    linear: str = "auto"
    prefix: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.linear not in (*SETS, "auto"):
            raise ParameterError(f'Newton: linear = "{self.linear}" was given; allowed: {", ".join(SETS)}, auto.')
        if self.prefix == "":
            raise ParameterError("Newton: an empty prefix would mix this solver with every other one.")

    def all_options(self, linear: str) -> dict[str, Any]:
        """Defaults with the user's options over them, for one of the named sets."""
        return {**NEWTON, **SETS[linear], **self.options}


@dataclass(frozen=True)
class Report:
    """What a Newton solve did: iterations, the residual's norm at the end, PETSc's reason, and inner iterations."""

    iterations: int
    residual: float
    reason: str
    linear_iterations: int = 0

    @property
    def info(self) -> dict[str, Any]:
        """In the words of ``state.info``."""
        counts = {"iterations": self.iterations, "linear iterations": self.linear_iterations}
        return {**counts, "residual": self.residual}


class NonlinearSystem:
    """Compiled blocks, matrix, vectors and SNES of one residual over live functions.

    Parameters
    ----------
    residual
        Form over the tests of the mixed space.
    functions
        Live functions in block order; `solve` reads the guess from them and leaves the solution there.
    bcs
        Dirichlet conditions.
    newton
        How.
    amend
        Changes each Newton step before it is taken: called with this rank's own entries of the step's blocks, in place;
        the step is subtracted.
    preconditioner
        Makes a PETSc Python context from the solver's prefix and the user's `options`, for iterative solves; None:
        direct ones alone.

    Raises
    ------
    ParameterError
        For an iterative solver where there is no preconditioner.

    Notes
    -----
    Construction compiles forms and is collective.
    """

    def __init__(
        self,
        residual: ufl.Form,
        functions: Sequence[fem.Function],
        bcs: Sequence[fem.DirichletBC],
        newton: Newton,
        amend: Callable[[list[Floats]], None] | None = None,
        preconditioner: Callable[..., Any] | None = None,
    ) -> None:
        rows = residual_blocks(residual)
        self.functions = list(functions)
        self.bcs = list(bcs)
        self.newton = newton
        self.amend = amend
        self.prefix = newton.prefix or f"fem_ionics_{next(_count)}_"
        options = jit_options(functions[0].function_space.mesh)
        self.residual = fem.form(rows, jit_options=options)
        self.jacobian = fem.form(jacobian_blocks(rows, functions), jit_options=options)
        spaces = [function.function_space for function in functions]
        self.vector = fem_petsc.create_vector(spaces, kind="mpi")
        self.solution = fem_petsc.create_vector(spaces, kind="mpi")
        self._preconditioner = preconditioner
        self.linear = self._chosen()
        # A preconditioner of blocks reads them where they are: copies of them would double the memory.
        self._in_blocks = preconditioner is not None and self._option("pc_type") == PETSc.PC.Type.PYTHON
        self.matrix = fem_petsc.create_matrix(self.jacobian, kind="nest" if self._in_blocks else None)
        self._snes: PETSc.SNES | None = None

    def check(self, newton: Newton) -> None:
        """Refuse an iterative solver where there is no preconditioner (ParameterError)."""
        if newton.linear == "iterative" and self._preconditioner is None:
            raise ParameterError(
                'Newton: linear = "iterative" was given, but only the equations of PNP and PNPS have a '
                'preconditioner; take "direct", or state a preconditioner of PETSc\'s own in options.'
            )

    def _chosen(self) -> str:
        """The set of options that a choice means for this system."""
        self.check(self.newton)
        if self.newton.linear != "auto":
            return self.newton.linear
        dimension = self.functions[0].function_space.mesh.topology.dim
        small = self.vector.getSize() <= DIRECT_LIMIT[dimension]
        return "direct" if small or self._preconditioner is None else "iterative"

    @property
    def snes(self) -> PETSc.SNES:
        """The SNES, made on first use and anew after a failure: PETSc's does not recover from one."""
        if self._snes is None:
            self._snes = PETSc.SNES().create(self.matrix.comm)
            forms = {"u": self.functions, "jacobian": self.jacobian, "bcs": self.bcs}
            self._snes.setFunction(
                fem_petsc.assemble_residual,
                self.vector,
                kargs={**forms, "residual": self.residual, "_blocks": self.vector.getAttr("_blocks")},
            )
            self._snes.setJacobian(fem_petsc.assemble_jacobian, self.matrix, kargs={**forms, "preconditioner": None})
            if self.amend is not None:
                # No bound method: PETSc would hold this object, and with it itself, for ever.
                self._snes.setLineSearchPreCheck(_amended, (self.amend, step_offsets(self.functions)))
            self._snes.setMonitor(_AtRoundOff())
            self._snes.setOptionsPrefix(self.prefix)
            with applied(self.prefix, self.newton.all_options(self.linear)):
                self._snes.setFromOptions()
            if self._preconditioner is not None and self._in_blocks:
                context = self._preconditioner(self.prefix, options=self.newton.options)
                self._snes.getKSP().getPC().setPythonContext(context)
        return self._snes

    def _option(self, name: str) -> Any:
        """As PETSc's database and the chosen set have it."""
        return PETSc.Options().getString(self.prefix + name, self.newton.all_options(self.linear).get(name))

    def solve(self, *, near: bool = False, fresh: bool = True) -> Report:
        """Solve from the live functions.

        Parameters
        ----------
        near
            The guess is near: take full steps. Otherwise search along each step. A line search that the user chose
            by option is kept.
        fresh
            Each Newton step gets a preconditioner of its own. False: one serves several steps, those of later solves
            too.

        Raises
        ------
        ConvergenceError
            With PETSc's decoded reason; the live functions are then as they were before.
        """
        clean(self.solution, self.matrix)
        before = [function.x.array.copy() for function in self.functions]
        fem_petsc.assign(self.functions, self.solution)
        self._go(near, fresh)
        try:
            self.snes.solve(None, self.solution)
            reason, iterations = self.snes.getConvergedReason(), self.snes.getIterationNumber()
            norm = self.snes.getFunctionNorm()
            if reason > 0 and not self._has_moved(reason, iterations):
                reason = int(PETSc.SNES.ConvergedReason.DIVERGED_LINE_SEARCH)
        except PETSc.Error as error:  # a factorisation that breaks down inside PETSc
            reason, iterations, norm = 0, 0, np.nan
            failure = f"PETSC_ERROR_{error.ierr}"
        else:
            failure = decoded(reason)
        if reason <= 0 or not np.isfinite(norm):
            self._discard(before)
            hint = _NO_LINEAR if self.linear == "iterative" and "LINEAR_SOLVE" in failure else ""
            raise ConvergenceError(
                f"Newton stopped after {iterations} iterations ({failure}), residual {norm:.2e}.{hint}",
                reason=failure,
                iterations=iterations,
            )
        fem_petsc.assign(self.solution, self.functions)
        for function in self.functions:
            function.x.scatter_forward()
        return Report(iterations, float(norm), failure, self.snes.getLinearSolveIterations())

    def _has_moved(self, reason: int, iterations: int) -> bool:
        """False where the first line search failed and PETSc judged the step by that of the solve before."""
        if iterations > 0 or reason != PETSc.SNES.ConvergedReason.CONVERGED_SNORM_RELATIVE:
            return True
        step, tolerance = self.snes.getSolutionUpdate().norm(), self.snes.getTolerances()[2]
        return bool(step <= tolerance * self.solution.norm())

    def _go(self, near: bool, fresh: bool) -> None:
        """Choose what depends on the guess, where the user has not."""
        lag = "snes_lag_preconditioner"
        if self._in_blocks and not self._is_given(lag):
            with applied(self.prefix, {lag: 1 if fresh else SERVED}):
                self.snes.setFromOptions()
        if not self._is_given("snes_linesearch_type"):
            self.snes.getLineSearch().setType(NEAR if near else FAR)

    def _is_given(self, option: str) -> bool:
        return option in self.newton.options or PETSc.Options().hasName(self.prefix + option)

    def _discard(self, before: list[Any]) -> None:
        """Restore the guess and drop the SNES and the vectors it may have left locked."""
        for function, array in zip(self.functions, before, strict=True):
            function.x.array[:] = array
        if self._snes is not None:
            self._snes.destroy()
            self._snes = None
        spaces = [function.function_space for function in self.functions]
        self.vector.destroy()
        self.solution.destroy()
        self.vector = fem_petsc.create_vector(spaces, kind="mpi")
        self.solution = fem_petsc.create_vector(spaces, kind="mpi")

    def residual_norm(self) -> float:
        """Norm of the residual at the live functions (collective)."""
        fem_petsc.assign(self.functions, self.solution)
        self.snes.computeFunction(self.solution, self.vector)
        return float(self.vector.norm())

    def __del__(self) -> None:
        for name in ("_snes", "matrix", "vector", "solution"):
            if (owned := getattr(self, name, None)) is not None:
                owned.destroy()


def _amended(x: PETSc.Vec, step: PETSc.Vec, amend: Callable[[list[Floats]], None], offsets: Sequence[int]) -> bool:
    """PETSc's hook before a line search: True says that the step was changed."""
    with step as local:
        amend([local[start:end] for start, end in itertools.pairwise(offsets)])
    return True


def step_offsets(functions: Sequence[fem.Function]) -> list[int]:
    """Where the blocks begin among this rank's own entries of a vector, and where the last one ends."""
    maps = [function.function_space.dofmap for function in functions]
    return [0, *itertools.accumulate(each.index_map.size_local * each.index_map_bs for each in maps)]


class _AtRoundOff:
    """Ends an iteration whose residual is rounding and falls no more.

    That floor follows the largest entries, so no fixed tolerance suits a weak and a strong wall charge; and the step
    never becomes small where next to nothing of an ion is left, since its electrochemical potential is then free.
    """

    def __init__(self) -> None:
        self.last = np.inf

    def __call__(self, snes: PETSc.SNES, iteration: int, norm: float) -> None:
        stalled = iteration > 0 and norm > 0.5 * self.last
        self.last = norm
        if stalled and snes.getConvergedReason() == 0:
            rounding = np.finfo(float).eps * frobenius(snes.getJacobian()[0]) * snes.getSolution().norm()
            if norm <= min(rounding, _LARGEST_ROUNDING):
                snes.setConvergedReason(PETSc.SNES.ConvergedReason.CONVERGED_FNORM_ABS)


def frobenius(matrix: PETSc.Mat) -> float:
    """Frobenius norm, which PETSc does not know for nested blocks (collective)."""
    if matrix.getType() != PETSc.Mat.Type.NEST:
        return float(matrix.norm())
    rows, columns = matrix.getNestSize()
    blocks = [matrix.getNestSubMatrix(i, j) for i, j in itertools.product(range(rows), range(columns))]
    return float(np.linalg.norm([block.norm(PETSc.NormType.FROBENIUS) for block in blocks if block]))


def decoded(reason: int) -> str:
    """PETSc's name of a converged reason, for example "DIVERGED_LINE_SEARCH"."""
    names = {
        number: name
        for name, number in vars(PETSc.SNES.ConvergedReason).items()
        if isinstance(number, int) and not name.startswith("_")
    }
    return names.get(reason, str(reason))
