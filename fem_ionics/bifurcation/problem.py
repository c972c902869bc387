# SPDX-License-Identifier: LGPL-3.0-or-later
"""A residual F(u, parameters) = 0 with all its derivatives, in a model of this package or in a user's own UFL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem
from petsc4py import PETSc

from fem_ionics.bifurcation.derivatives import Derivatives
from fem_ionics.bifurcation.factor import Factor, Inverse
from fem_ionics.bifurcation.forms import products, storage_blocks
from fem_ionics.bifurcation.krylov import Krylov
from fem_ionics.errors import ModelError, ParameterError, TagError, nearest
from fem_ionics.model.blocks import residual_blocks
from fem_ionics.solve import Newton
from fem_ionics.solve.garbage import clean
from fem_ionics.solve.newton import NonlinearSystem

#: Relative step of the difference formula of fourth order, for what UFL cannot differentiate.
_STEP = 1e-3


@dataclass(frozen=True, eq=False)
class Knob:
    """One parameter of a problem: a constant in its forms, and how to set it.

    Parameters
    ----------
    name, unit
        For logs and tables.
    constant
        In the forms.
    assign
        Sets the value everywhere it is kept.
    moves
        It moves the mesh: UFL cannot differentiate by it, so differences of fourth order of assembled vectors do.
    """

    name: str
    unit: str
    constant: Any
    assign: Callable[[float], None]
    moves: bool = False

    @property
    def value(self) -> float:
        """Its present value."""
        return float(self.constant.value)


@dataclass(frozen=True, eq=False)
class Solution:
    """One solution of a user's own problem: local values with ghosts of each function, and the parameters."""

    problem: "ParametricProblem"
    arrays: tuple[npt.NDArray[np.float64], ...]
    parameters: dict[str, float]
    info: dict[str, Any] = field(default_factory=dict)


class ParametricProblem:
    """Steady states of F(u, parameters) + d(storage)/dt = 0.

    Parameters
    ----------
    residual
        Form F over one test function, or over the tests of a `ufl.MixedFunctionSpace`.
    unknowns
        The function, or one for each block; its value is the first guess.
    parameters
        Name -> `dolfinx.fem.Constant` that occurs in the forms or in the Dirichlet values.
    bcs
        Dirichlet conditions.
    mass
        The storage S(u) as a form over the same tests, such as ``u * v * dx``: F(u) + dS(u)/dt = 0. With the sign of
        F = -(lap u + ...) a positive growth rate is growth. By default the L2 product of all unknowns.
    refresh
        Evaluates Dirichlet values at the constants' present values; called after each change of a parameter.
    measured
        Which unknowns count in norms and distances along a branch; all by default.
    newton
        How plain solves are done. A problem of one's own has the direct solver alone.

    Raises
    ------
    ModelError, ParameterError
        For no parameters, parameters that are not scalar constants, or unknowns without a block.

    Notes
    -----
    Every parameter may enter anything UFL can differentiate, and Dirichlet values, whose derivative is taken by
    differences of fourth order: UFL does not know them.
    """

    def __init__(
        self,
        residual: ufl.Form,
        unknowns: fem.Function | Sequence[fem.Function],
        parameters: Mapping[str, Any],
        *,
        bcs: Sequence[fem.DirichletBC] = (),
        mass: ufl.Form | None = None,
        refresh: Callable[[], None] | None = None,
        measured: Sequence[bool] | None = None,
        newton: Newton | None = None,
    ) -> None:
        functions = [unknowns] if isinstance(unknowns, fem.Function) else list(unknowns)
        _check_parameters(parameters)
        _check_blocks(residual, functions, bcs)
        self.functions = functions
        self.knobs = tuple(self._knob(name, "", constant) for name, constant in parameters.items())
        self._refresh = refresh
        self._build(residual, bcs, mass, measured, NonlinearSystem(residual, functions, bcs, newton or Newton()))

    def _build(
        self,
        residual: ufl.Form,
        bcs: Sequence[fem.DirichletBC],
        mass: ufl.Form | None,
        measured: Sequence[bool] | None,
        system: NonlinearSystem,
    ) -> None:
        self.system = system
        self.comm = self.functions[0].function_space.mesh.comm
        rows = residual_blocks(residual)
        self.spaces = [each.function_space for each in self.functions]
        self.derivatives = Derivatives(rows, self.functions)
        self.bcs = fem.bcs_by_block(fem.extract_function_spaces(system.residual), list(bcs))
        self.held = bool(bcs)
        self.matrix = system.matrix
        self.factor: Inverse = self._inverse()
        self.turn = 1
        self._work = [fem.Function(space) for space in self.spaces]
        counted = [True] * len(self.functions) if measured is None else list(measured)
        self.sizes: dict[str, float] = {}
        self._mass_forms = fem.form(storage_blocks(mass, self.functions))
        self._mass = fem_petsc.create_matrix(self._mass_forms)
        self._assemble_mass()
        lengths = fem.form(products(self.functions, counted))
        self.gram = fem_petsc.create_matrix(lengths)
        fem_petsc.assemble_matrix(self.gram, lengths)
        self.gram.assemble()

    def _inverse(self) -> Inverse:
        system = self.system
        if system.linear == "direct":
            return Factor(self.matrix)
        # Newton's own preconditioner, which is idle along a branch.
        return Krylov(
            self.matrix, lambda: system.snes.getKSP().getPC(), f"{system.prefix}bifurcation_", partial(_seek, self)
        )

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the coordinates."""
        return ("x", "y", "z")[: self.spaces[0].mesh.geometry.dim]

    @property
    def mass(self) -> PETSc.Mat:
        """Derivative of the storage; zero in Dirichlet rows. Made anew where a parameter has moved the mesh."""
        if self._mass_at != self._moved():
            self._assemble_mass()
        return self._mass

    def _assemble_mass(self) -> None:
        self._mass.zeroEntries()
        bcs = [bc for block in self.bcs for bc in block]
        fem_petsc.assemble_matrix(self._mass, self._mass_forms, bcs=bcs, diag=0.0)
        self._mass.assemble()
        self._mass_at = self._moved()

    def _moved(self) -> tuple[float, ...]:
        return tuple(knob.value for knob in self.knobs if knob.moves)

    # parameters

    def _knob(self, name: str, unit: str, constant: Any) -> Knob:
        def assign(value: float) -> None:
            constant.value = value
            if self._refresh is not None:
                self._refresh()

        return Knob(name, unit, constant, assign)

    def knob(self, which: Any) -> Knob:
        """The parameter of that name, or that constant or Parameter.

        Raises
        ------
        TagError
            With the known names.
        """
        for knob in self.knobs:
            if which is knob.constant or which == knob.name or getattr(which, "name", None) == knob.name:
                return knob
        name = str(getattr(which, "name", which))
        known = [knob.name for knob in self.knobs]
        listed = ", ".join(f'"{each}"' for each in known) or "none"
        raise TagError(f'"{name}" is no parameter of this problem; known are {listed}.{nearest(name, known)}')

    def values(self) -> dict[str, float]:
        """Name -> present value."""
        return {knob.name: knob.value for knob in self.knobs}

    # vectors

    def vector(self) -> PETSc.Vec:
        """A new zero vector over all unknowns."""
        vector = self.system.solution.duplicate()
        vector.zeroEntries()
        return vector

    def read(self) -> PETSc.Vec:
        """A new vector with the live functions' values."""
        return self.pack(self.functions)

    def load(self, x: PETSc.Vec) -> None:
        """Fill the live functions (collective)."""
        self.unpack(x, self.functions)

    def unpack(self, x: PETSc.Vec, functions: Sequence[fem.Function]) -> None:
        """Copy a vector into functions, ghosts included (collective)."""
        fem_petsc.assign(x, functions)
        for function in functions:
            function.x.scatter_forward()

    def pack(self, functions: Sequence[fem.Function]) -> PETSc.Vec:
        """A new vector with the functions' values."""
        vector = self.vector()
        fem_petsc.assign(functions, vector)
        return vector

    # the residual and its derivatives at the live constants

    def residual(self, x: PETSc.Vec) -> PETSc.Vec:
        """F, with x - g in Dirichlet rows; loads x."""
        self.load(x)
        clean(x, self.matrix)
        vector = fem_petsc.create_vector(self.spaces, kind="mpi")
        self.system.snes.computeFunction(x, vector)
        self.load(x)
        return vector

    def factorise(self, x: PETSc.Vec) -> Inverse:
        """Assemble the Jacobian at x and prepare solves with it."""
        self.assemble(x)
        self.factor.refresh()
        return self.factor

    @property
    def sign(self) -> int:
        """Sign of det J where it was factorised last. Signs mean something to each other only.

        `turn`, 1 or -1, makes them agree with those of an earlier run, which may have been another solver's.
        """
        return self.turn * self.factor.sign

    def assemble(self, x: PETSc.Vec) -> PETSc.Mat:
        """The Jacobian at x, in place; columns of held values are eliminated."""
        self.load(x)
        self.system.snes.computeJacobian(x, self.matrix)
        self.load(x)
        return self.matrix

    def by_parameter(self, x: PETSc.Vec, knob: Knob) -> PETSc.Vec:
        """F by the parameter; -dg/dparameter in Dirichlet rows, and its effect through the eliminated columns."""
        self.load(x)
        vector = self._assembled(0, (knob,))
        if self.held and (slope := self._held_slope(knob)) is not None:
            self.unpack(slope, self.derivatives.direction(0))
            vector.axpy(1.0, self._assembled(1, ()))
            vector.axpy(-1.0, slope)
        return vector

    def derivative(self, x: PETSc.Vec, directions: Sequence[PETSc.Vec], *knobs: Knob) -> PETSc.Vec:
        """Mixed derivative of F at x along directions and by parameters; zero in Dirichlet rows."""
        self.load(x)
        for index, direction in enumerate(directions):
            self.unpack(direction, self.derivatives.direction(index))
        return self._assembled(len(directions), knobs)

    def _assembled(self, order: int, knobs: Sequence[Knob]) -> PETSc.Vec:
        moving = next((knob for knob in knobs if knob.moves), None)
        if moving is not None:
            others = list(knobs)
            others.remove(moving)
            return self._difference(moving, lambda: self._assembled(order, others))
        self.derivatives.assemble(order, [knob.constant for knob in knobs], self._work)
        for function, conditions in zip(self._work, self.bcs, strict=True):
            for condition in conditions:
                dofs, _ = condition.dof_indices()
                function.x.array[dofs] = 0.0
        return self.pack(self._work)

    def _held_slope(self, knob: Knob) -> PETSc.Vec | None:
        """Derivative of the held values by the parameter; None where they do not depend on it."""
        slope = self._difference(knob, self._held_values)
        return slope if slope.norm(PETSc.NormType.NORM_INFINITY) > 0.0 else None

    def _difference(self, knob: Knob, vector: Callable[[], PETSc.Vec]) -> PETSc.Vec:
        """Derivative of a vector by a parameter, of fourth order in the step."""
        now = knob.value
        step = _STEP * max(abs(now), 1e-3 * self.sizes.get(knob.name, 1.0))
        values = {}
        try:
            for shift in (-2, -1, 1, 2):
                knob.assign(now + shift * step)
                values[shift] = vector()
        finally:
            knob.assign(now)
        slope = values[1]
        slope.axpy(-1.0, values[-1])
        slope.scale(8.0)
        values[2].axpy(-1.0, values[-2])
        slope.axpy(-1.0, values[2])
        slope.scale(1.0 / (12.0 * step))
        return slope

    def _held_values(self) -> PETSc.Vec:
        for function, conditions in zip(self._work, self.bcs, strict=True):
            function.x.array[:] = 0.0
            for condition in conditions:
                condition.set(function.x.array)
        return self.pack(self._work)

    # what a study needs

    def first(self) -> PETSc.Vec:
        """A steady state at the present parameters, from the live functions."""
        self.system.solve()
        return self.read()

    def snapshot(self, x: PETSc.Vec, **info: Any) -> Any:
        """A copy that outlives the next solve."""
        self.load(x)
        arrays = tuple(function.x.array.copy() for function in self.functions)
        return Solution(self, arrays, self.values(), info)

    def restore(self, solution: Any) -> PETSc.Vec:
        """The vector of a snapshot, with its parameters set; ModelError for one of another problem."""
        if getattr(solution, "problem", None) is not self:
            raise ModelError(f"{type(solution).__name__} belongs to another problem; a Solution of this one is needed.")
        for function, array in zip(self.functions, solution.arrays, strict=True):
            function.x.array[:] = array
        for knob in self.knobs:
            knob.assign(solution.parameters[knob.name])
        return self.read()

    def check(self, x: PETSc.Vec) -> None:
        """Refuse a solution that converged to something impossible; nothing to say here."""

    def facts(self) -> dict[str, Any]:
        """What a file of this problem's branches must agree with."""
        return {"unknowns": [int(s.dofmap.index_map.size_global * s.dofmap.index_map_bs) for s in self.spaces]}


def _seek(problem: ParametricProblem) -> None:
    """Modes for the sign of the determinant, where no others were asked for."""
    from fem_ionics.bifurcation.spectrum import leading_modes, watch

    watch(problem, leading_modes(problem, count=4))


def _check_parameters(parameters: Mapping[str, Any]) -> None:
    if not parameters:
        raise ParameterError("ParametricProblem: no parameters; give a mapping such as {'mu': constant}.")
    for name, constant in parameters.items():
        if not isinstance(constant, fem.Constant) or constant.ufl_shape != ():
            raise ParameterError(
                f'ParametricProblem: "{name}" is {constant!r}; a scalar dolfinx.fem.Constant is needed.'
            )


def _check_blocks(residual: ufl.Form, functions: Sequence[fem.Function], bcs: Sequence[fem.DirichletBC]) -> None:
    rows = residual_blocks(residual)
    if len(rows) != len(functions) or any(row is None or row.empty() for row in rows):
        raise ModelError(f"{len(functions)} unknowns need as many blocks of the residual; {len(rows)} found.")
    if bcs and len({id(function.function_space._cpp_object) for function in functions}) < len(functions):
        raise ModelError(
            "Two unknowns share one function space: Dirichlet conditions would hold both. Give each its own, as in "
            "space.clone()."
        )
