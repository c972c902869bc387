# SPDX-License-Identifier: LGPL-3.0-or-later
"""One sweep over ions, potential and flow in the variables in which they hardly couple back.

Unknown concentrations are corrected as electrochemical potentials, dc = c (dmu - z dphi) at each node: the ions' blocks
then read -div(c grad), and the potential's its Laplacian with the screening of all ions. Ions come first, then the
potential, then the flow; what the ions' osmotic pressure does to the liquid is given to the pressure beforehand, since
an inexact solve of the flow would turn it into velocities.

In a time step the ions have no time to follow the potential everywhere, and the potential's equation is that of a
conductor at small wavenumbers k and of a screened liquid at large ones: with the rate r of the step, permittivity e
and g = sum z^2 D c / r its symbol is k^2 (e + g/(1 + D k^2/r)), whose inverse is the sum of two that are solved.
Thereafter ions are solved once more, with the potential known.
"""

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import ufl
from dolfinx import fem
from petsc4py import PETSc

from fem_ionics.model import Field, Model
from fem_ionics.solve.iterative.blocks import IONS, Blocks, is_filled
from fem_ionics.solve.iterative.coarse import Coarse
from fem_ionics.solve.iterative.flow import Flow
from fem_ionics.solve.iterative.multipliers import Multipliers
from fem_ionics.solve.iterative.transposed import Transposed
from fem_ionics.solve.iterative.two_level import Indices, TwoLevel, held_places, prolongation
from fem_ionics.solve.options import COUPLED_LIMIT, under

#: Ions of a closed domain are known up to their amount: this rate, per diffusion time, holds them here.
_HOLD = 0.05
#: Least c in dc = c (dmu - z dphi): 1e-12 needs up to four times the iterations, or fails, where nodes undershoot zero.
_LEAST = 1e-2
#: Steps above this rate leave ions where they are while the potential changes: dc is solved for, below it dmu.
_FAST = 5.0
#: A conductor without an electrode is at any potential: this part of a mass matrix holds it, its gauge corrects it.
_GROUND = 1e-3
#: Iterations after which the coarse level is left out: on meshes that do not resolve the layers, far from a solution,
#: linear elements can stand in the way, and the sweep alone arrives.
_PATIENCE = 40
_FLOW = ("velocity", "pressure")
_PATTERN = PETSc.Mat.Structure.SUBSET_NONZERO_PATTERN


class Coupled:
    """Preconditioner of a model's Jacobian, a PETSc Python context.

    Parameters
    ----------
    model
        PNP or PNPS, with either kind of unknowns.
    fields
        The blocks of the matrix in order: all fields of the model, or some of them.
    prefix
        PETSc prefix of the whole solver. Blocks add "ion_NAME_", "potential_", "velocity_" and "stokes_" to it, in time
        steps "conductor_" too.
    rate
        Weight of the storage in the residual, in one over the model's time; zero when steady.
    options
        PETSc options without prefix that go over the blocks' defaults, for example "potential_mg_levels_ksp_max_it".

    Notes
    -----
    Construction and all methods are collective. The live functions of the model hold the state of the matrix.
    """

    def __init__(
        self,
        model: Model,
        fields: Sequence[Field],
        prefix: str,
        rate: Callable[[], float] = lambda: 0.0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        # PETSc holds its contexts where Python sees no cycle: a model that keeps its solver would never be freed.
        self.model = weakref.proxy(model)
        self._rate_now = rate
        self.fields = tuple(fields)
        kinds = {kind: [each for each in fields if each.kind == kind] for kind in ("multiplier", "excess", "potential")}
        self._multiplying = kinds["multiplier"]
        ions = [each for each in fields if each.kind in IONS]
        self._valences = dict(zip((each.name for each in ions), model.electrolyte.valences, strict=False))
        self._scalars = [*ions, *kinds["potential"], *kinds["excess"]]
        self._ions = ions
        self._flowing = any(each.kind == "velocity" for each in fields)
        self._transformed = model.unknowns == "concentrations" and bool(ions) and bool(kinds["potential"])
        self._held = any(each.name.startswith("source ") for each in self._multiplying)
        self._floating = any(each.name == "potential gauge" for each in self._multiplying)
        self._prefix = prefix
        self._own = dict(options or {})
        self._matrices: dict[tuple[str, str], PETSc.Mat] = {}
        self._spare: dict[str, PETSc.Vec] = {}
        self._solving: int | None = None
        self._ready = False

    # once

    def _prepare(self, matrix: PETSc.Mat) -> None:
        self._blocks = Blocks(self.fields, matrix)
        model, prefix = self.model, self._prefix
        space = self._scalars[0].function.function_space
        self._solvers, downs = {}, {}
        for each in self._scalars:
            own = each.function.function_space
            held = held_places(own, model.bcs)
            down = downs[each.name] = prolongation(own, held)
            # Blocks of electrochemical potentials are in proportion to c, which may be e^-120 in places.
            small = each.kind == "electrochemical potential"
            own_down = down.copy() if small and down is not None else down
            self._solvers[each.name] = self._two_level(block_name(each), own_down, held, balanced=small)
            if each.kind == "potential":
                self._conductor = self._two_level("conductor", down, held)
        if self._flowing:
            self._flow = Flow(model, prefix, self._own)
            pressure = model.field_named("pressure").function.function_space
            self._to_pressure = fem_petsc.interpolation_matrix(space, pressure)
            self._to_pressure.assemble()
            downs["velocity"] = self._flow.prolongation
        self._coarse = self._coarse_level(matrix, downs)
        self._following = bool(self._ions) and "potential" in self._solvers and self._rate_now() > 0.0
        wanted = (self._flowing or self._following) and bool(self._ions) and model.unknowns == "potentials"
        self._nodal = self._nodal_concentrations() if wanted else {}
        if self._held or self._following:
            u, v = ufl.TrialFunction(space), ufl.TestFunction(space)
            self._mass = fem_petsc.assemble_matrix(fem.form(u * v * model.domain.liquid(degree=2 * model.degree)))
            self._mass.assemble()
        if self._multiplying:
            comm = matrix.comm.tompi4py()
            mine = {each.name: self._blocks.sets[each.name].getIndices() for each in self._multiplying}
            places = comm.allreduce(np.array([rows[0] if len(rows) else 0 for rows in mine.values()]))
            self._multipliers = Multipliers(matrix, [int(place) for place in places])
        self._ready = True

    def _two_level(self, name: str, down: PETSc.Mat | None, held: Indices, *, balanced: bool = False) -> TwoLevel:
        dimension, own = self.model.domain.mesh.topology.dim, under(f"{name}_", self._own)
        return TwoLevel(f"{self._prefix}{name}_", down, held, dimension, own, balanced=balanced)

    def _coarse_level(self, matrix: PETSc.Mat, downs: Mapping[str, PETSc.Mat | None]) -> Coarse | None:
        """All fields on linear elements, where they are few enough to be factorised."""
        spared = sum(down.getSize()[0] - down.getSize()[1] for down in downs.values() if down is not None)
        if matrix.getSize()[0] - spared > COUPLED_LIMIT[self.model.domain.mesh.topology.dim]:
            return None
        return Coarse(
            self._blocks,
            self.fields,
            self._valences,
            downs,
            self._to_pressure if self._flowing else None,
            self._flow.stabilisation if self._flowing else None,
            transformed=self._transformed,
            prefix=f"{self._prefix}coupled_",
            options=under("coupled_", self._own),
        )

    def _nodal_concentrations(self) -> dict[str, tuple[fem.Function, fem.Expression]]:
        """Of each ion, where unknowns are electrochemical potentials."""
        space = self._scalars[0].function.function_space
        points, scale = space.element.interpolation_points, self.model.scales.concentration
        names = self.model.electrolyte.names
        expressions = [self.model.expression(name) / scale for name in names]
        return {
            ion.name: (fem.Function(space), fem.Expression(expression, points))
            for ion, expression in zip(self._ions, expressions, strict=True)
        }

    # for each matrix

    def setUp(self, pc: PETSc.PC) -> None:
        """Take the new values of the matrix."""
        matrix = pc.getOperators()[1]
        if not self._ready:
            self._prepare(matrix)
        self._rate = self._rate_now() if self._following else 0.0
        self._extract(matrix)
        if not self._spare:
            self._allocate()
        self._weights = {each.name: self._weight(each) for each in self._ions}
        self._amounts = self._weights if self._transformed else self._nodal_amounts()
        for ion in self._ions:
            self._solvers[ion.name].refresh(self._ion_block(ion))
        for each in self._scalars[len(self._ions) :]:
            block = self._potential_block() if each.kind == "potential" else self._kept(each.name, each.name)
            self._solvers[each.name].refresh(block)
        if self._following:
            self._conductor.refresh(self._conducting_block())
        if self._flowing:
            self._flow.refresh(*(self._matrices[row, column] for row in _FLOW for column in _FLOW))
        if self._multiplying:
            self._multipliers.refresh(matrix, self._sweep)
        if self._coarse is not None:
            self._matrix = matrix
            self._coarse.refresh(matrix, self._weights, self._amounts if self._flowing else {})

    def _allocate(self) -> None:
        """Vectors for the sweep: the steps, what is left of the right-hand side, and room."""
        diagonal = {name: self._matrices[name, name] for name in self._names}
        self._steps = {name: block.createVecRight() for name, block in diagonal.items()}
        self._rest = {name: block.createVecLeft() for name, block in diagonal.items()}
        self._spare = {name: block.createVecLeft() for name, block in diagonal.items()}

    @property
    def _names(self) -> list[str]:
        return [each.name for each in self._scalars] + (list(_FLOW) if self._flowing else [])

    def _extract(self, matrix: PETSc.Mat) -> None:
        """Blocks on and below the diagonal in the order of the sweep, in the same objects each time."""
        names = self._names
        self._coupled = set()
        for i, row in enumerate(names):
            for j, column in enumerate(names):
                back = self._following and column == "potential" and row in self._valences
                if j <= i or back or (row, column) == _FLOW:
                    block = self._blocks.of(matrix, row, column)
                    self._matrices[row, column] = block
                    # No product is spent on rows that do not know a column.
                    if j < i and is_filled(block):
                        self._coupled.add((row, column))

    def _weight(self, ion: Field) -> PETSc.Vec:
        """c in dc = c dmu; one where the unknown is mu."""
        weight = self._matrices[ion.name, ion.name].createVecLeft()
        if self._transformed:
            local = ion.function.x.array[: weight.getLocalSize()]
            # Newton's way leads through nodes with nothing of an ion, or less: tiny weights would void their columns.
            weight.getArray()[:] = np.maximum(local, _LEAST)
        else:
            weight.set(1.0)
        return weight

    def _nodal_amounts(self) -> dict[str, PETSc.Vec]:
        """Concentrations at the nodes, where unknowns are electrochemical potentials and a flow asks for them."""
        amounts = {}
        for name, (function, expression) in self._nodal.items():
            function.interpolate(expression, self.model.cells_of(name.removeprefix("mu ")))
            amounts[name] = self._matrices[name, name].createVecLeft()
            amounts[name].getArray()[:] = function.x.array[: amounts[name].getLocalSize()]
        return amounts

    def _ion_block(self, ion: Field) -> PETSc.Mat:
        block = self._kept(ion.name, ion.name)
        block.diagonalScale(None, self._weights[ion.name])
        if self._held and not self._following:
            block.axpy(_HOLD, self._weighted(self._mass, ion), _PATTERN)
        return block

    def _weighted(self, block: PETSc.Mat, ion: Field) -> PETSc.Mat:
        """A copy whose column is mu, of one whose column is the ion's unknown."""
        block = block.copy()
        block.diagonalScale(None, self._weights[ion.name])
        return block

    def _potential_block(self) -> PETSc.Mat:
        block = self._kept("potential", "potential")
        for ion in self._ions if self._transformed else ():
            screening = self._weighted(self._matrices["potential", ion.name], ion)
            block.axpy(-self._valences[ion.name], screening, _PATTERN)
        if self._following:
            block.axpy(self.model.scales.poisson * self._rate, self._mass, _PATTERN)
        return block

    def _conducting_block(self) -> PETSc.Mat:
        """Laplacian with the permittivity and the charge that flows in one step."""
        block = self._kept("potential", "potential", "conductor")
        for ion in self._ions:
            z = self._valences[ion.name]
            screening, moving = (self._weighted(self._matrices[row, ion.name], ion) for row in ("potential", ion.name))
            # The potential's own block holds the screening of potentials as unknowns, not that of concentrations.
            block.axpy(z if self._transformed else 2.0 * z, screening, _PATTERN)
            block.axpy(z**2 / self._rate, moving, _PATTERN)
        if self._floating:
            block.axpy(_GROUND * self.model.scales.poisson, self._mass, _PATTERN)
        shares = self._matrices["potential", "potential"].createVecLeft()
        for ion, species in zip(self._ions, self.model.electrolyte.species, strict=True):
            shares.axpy(species.valence**2 * species.diffusivity / self._rate, self._amounts[ion.name])
        local = shares.getArray()
        local /= self.model.scales.diffusivity
        local[:] = local / (self.model.scales.poisson + local)
        self._share = shares
        return block

    def _kept(self, row: str, column: str, use: str = "copy") -> PETSc.Mat:
        """A copy of a block to change, in the same object each time."""
        block = self._matrices[row, column]
        key = (f"{use} of {row}", column)
        if key not in self._matrices:
            self._matrices[key] = block.copy()
        else:
            block.copy(self._matrices[key], PETSc.Mat.Structure.SAME_NONZERO_PATTERN)
        return self._matrices[key]

    # for each vector

    def apply(self, pc: PETSc.PC, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """Approximate solution for a right-hand side."""
        if self._solving is not None:
            self._solving += 1
        if self._coarse is None or (self._solving or 0) > _PATIENCE:
            self._one_by_one(right, result)
            return
        rest, first = right.duplicate(), right.duplicate()
        self._coarse.solve(right, first)
        self._matrix.mult(first, rest)
        rest.aypx(-1.0, right)
        self._one_by_one(rest, result)
        result.axpy(1.0, first)

    def preSolve(self, pc: PETSc.PC, ksp: PETSc.KSP, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """Count applications from here on."""
        self._solving = 0

    def postSolve(self, pc: PETSc.PC, ksp: PETSc.KSP, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """Count no more."""
        self._solving = None

    def applyTranspose(self, pc: PETSc.PC, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """The transpose of `apply`, for left vectors of a steady state."""
        self._one_by_one_transposed(right, result)
        if self._coarse is None:
            return
        rest, last = right.duplicate(), right.duplicate()
        self._matrix.multTranspose(result, rest)
        rest.aypx(-1.0, right)
        self._coarse.solve_transposed(rest, last)
        result.axpy(1.0, last)

    def _one_by_one(self, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """Fields one after the other, and the multipliers."""
        self._sweep(right, result)
        if self._multiplying:
            self._multipliers.complete(right, result)

    def _one_by_one_transposed(self, right: PETSc.Vec, result: PETSc.Vec) -> None:
        backwards = Transposed(self)
        if self._multiplying:
            self._multipliers.complete_transposed(right, result, backwards.sweep)
        else:
            backwards.sweep(right, result)

    def _sweep(self, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """All unknowns but the multipliers."""
        steps, rest = self._steps, self._rest
        for name in self._names:
            self._blocks.read(right, name, rest[name])
        done: list[str] = []
        for each in self._scalars:
            self._subtract(each.name, done)
            self._solvers[each.name].solve(rest[each.name], steps[each.name])
            if each.name in self._weights:
                steps[each.name].pointwiseMult(self._weights[each.name], steps[each.name])
            elif each.kind == "potential" and self._following:
                self._conduct(rest[each.name], steps[each.name])
                self._follow(right)
            elif each.kind == "potential" and self._transformed:
                self._migrate()
            done.append(each.name)
        if self._flowing:
            self._move(done)
        result.zeroEntries()
        for name in self._names:
            self._blocks.write(result, name, steps[name])

    def _subtract(self, row: str, columns: Sequence[str]) -> None:
        """What is solved already, from the right-hand side of a row."""
        for column in columns:
            if (row, column) in self._coupled:
                self._matrices[row, column].mult(self._steps[column], self._spare[row])
                self._rest[row].axpy(-1.0, self._spare[row])

    def _conduct(self, rest: PETSc.Vec, step: PETSc.Vec) -> None:
        """The share of the screened solution, and that of a conductor."""
        step.pointwiseMult(self._share, step)
        spare = self._spare["potential"]
        self._conductor.solve(rest, spare)
        step.axpy(1.0, spare)
        # Rows of held values are those of the identity; the blocks have more on their diagonals there.
        held = self._solvers["potential"].held
        step.getArray()[held] = rest.getArray(readonly=True)[held]

    def _follow(self, right: PETSc.Vec) -> None:
        """Ions again, with the potential known.

        The solve is for dc in fast steps, for dmu in slow ones: the difference of the two, c z dphi, would be lost in
        the errors of either. Its image is added where the unknown is the other one.
        """
        steps, rest = self._steps, self._rest
        of_amounts = self._rate > _FAST
        other = self._transformed != of_amounts
        for ion in self._ions:
            name, z, spare = ion.name, self._valences[ion.name], self._spare[ion.name]
            sign = -z if self._transformed else z
            self._blocks.read(right, name, rest[name])
            self._matrices[name, "potential"].mult(steps["potential"], spare)
            rest[name].axpy(-1.0, spare)
            moved = steps[name]
            moved.pointwiseMult(self._weights[name], steps["potential"])
            moved.scale(sign if other else 0.0)
            if other:
                self._matrices[name, name].mult(moved, spare)
                rest[name].axpy(-1.0, spare)
            self._solvers[name].solve(rest[name], spare)
            spare.pointwiseMult(self._weights[name], spare)
            moved.axpy(1.0, spare)

    def _migrate(self) -> None:
        """dc = c (dmu - z dphi), of which c dmu stands."""
        for ion in self._ions:
            spare = self._spare[ion.name]
            spare.pointwiseMult(self._weights[ion.name], self._steps["potential"])
            self._steps[ion.name].axpy(-self._valences[ion.name], spare)

    def _move(self, done: Sequence[str]) -> None:
        """Velocity and pressure, the osmotic pressure of the ions' step first."""
        steps, rest = self._steps, self._rest
        self._subtract("velocity", done)
        osmotic = self._spare["pressure"]
        self._to_pressure.mult(self._osmotic(), osmotic)
        osmotic.scale(-1.0)
        self._matrices["velocity", "pressure"].mult(osmotic, self._spare["velocity"])
        rest["velocity"].axpy(-1.0, self._spare["velocity"])
        self._flow.solve(rest["velocity"], rest["pressure"], steps["velocity"], steps["pressure"])
        steps["pressure"].axpy(1.0, osmotic)

    def _osmotic(self) -> PETSc.Vec:
        """Sum of the steps of all concentrations."""
        steps, total = self._steps, self._spare["potential"]
        total.zeroEntries()
        for ion in self._ions:
            if self._transformed:
                total.axpy(1.0, steps[ion.name])
            else:
                spare = self._spare[ion.name]
                steps["potential"].copy(spare)
                spare.scale(-self._valences[ion.name])
                spare.axpy(1.0, steps[ion.name])
                spare.pointwiseMult(self._amounts[ion.name], spare)
                total.axpy(1.0, spare)
        return total


def block_name(each: Field) -> str:
    """Of a field in the prefix of its block's options: PETSc takes letters, digits and underscores."""
    name = "".join(letter if letter.isalnum() else "_" for letter in each.name.replace("+", "p").replace("-", "m"))
    return f"ion_{name}" if each.kind in IONS else name
