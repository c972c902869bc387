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

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import ufl
from dolfinx import fem
from petsc4py import PETSc

from fem_ionics.model import Field, Model
from fem_ionics.solve.iterative.blocks import IONS, Blocks, is_filled
from fem_ionics.solve.iterative.flow import Flow
from fem_ionics.solve.iterative.two_level import Indices, TwoLevel, held_places, prolongation
from fem_ionics.solve.options import under

#: Ions of a closed domain are known up to their amount: this rate, per diffusion time, holds them here.
_HOLD = 0.05
#: Least c in dc = c (dmu - z dphi): 1e-12 needs up to four times the iterations, or fails, where nodes undershoot zero.
_LEAST = 1e-2
#: Steps above this rate leave ions where they are while the potential changes: dc is solved for, below it dmu.
_FAST = 5.0
#: A conductor without an electrode is at any potential: this part of a mass matrix holds it, its gauge corrects it.
_GROUND = 1e-3
_FLOW = ("velocity", "pressure")
_PATTERN = PETSc.Mat.Structure.SUBSET_NONZERO_PATTERN


class Sweep:
    """Approximate inverse of a model's Jacobian without its multipliers.

    Parameters
    ----------
    model, fields, rate, options
        As for `Coupled`.
    matrix
        Where the fields lie in it.
    prefix
        PETSc prefix of the whole solver. Blocks add "ion_NAME_", "potential_", "velocity_" and "stokes_" to it, in time
        steps "conductor_" too.

    Attributes
    ----------
    blocks : Blocks
        Where each field lies.
    scalars, ions : list of Field
        All fields but flow and multipliers in the order of the sweep, and those of ions.
    names : list of str
        Fields in the order of the sweep.
    valences : dict
        Of the ions' fields by name.
    prolongations : dict
        Of each field's linear elements to its own; None where they are the same.
    flow : Flow or None
        Solver of velocity and pressure.
    to_pressure : Mat or None
        Interpolation of a scalar to the pressure, with flow.
    transformed, following : bool
        Whether unknown concentrations move with the potential; whether ions and potential change in a time step.
    weights, amounts : dict
        c in dc = c dmu of each ion, one where the unknown is mu; concentrations at the nodes, where they are asked for.
    coupled : set
        Rows and columns of the blocks before the diagonal that are not empty.
    matrices, solvers, steps, rest, spare : dict
        Blocks and solvers; vectors of the sweep: its result, what is left of its right-hand side, and room.

    Notes
    -----
    Construction and all methods are collective. The live functions of the model hold the state of the matrix.
    """

    def __init__(
        self,
        model: Model,
        fields: Sequence[Field],
        matrix: PETSc.Mat,
        prefix: str,
        rate: Callable[[], float],
        options: Mapping[str, Any],
    ) -> None:
        self.model = model
        self._rate_now, self._prefix, self._own = rate, prefix, dict(options)
        self.blocks = Blocks(fields, matrix)
        multiplying = [each.name for each in fields if each.kind == "multiplier"]
        self._held = any(name.startswith("source ") for name in multiplying)
        self._floating = "potential gauge" in multiplying
        self.ions = [each for each in fields if each.kind in IONS]
        potentials = [each for each in fields if each.kind == "potential"]
        self.scalars = [*self.ions, *potentials, *(each for each in fields if each.kind == "excess")]
        flowing = any(each.kind == "velocity" for each in fields)
        self.names = [each.name for each in self.scalars] + (list(_FLOW) if flowing else [])
        self.valences = dict(zip((each.name for each in self.ions), model.electrolyte.valences, strict=False))
        self.transformed = model.unknowns == "concentrations" and bool(self.ions) and bool(potentials)
        self.following = bool(self.ions) and bool(potentials) and rate() > 0.0
        self.solvers: dict[str, TwoLevel] = {}
        self.prolongations: dict[str, PETSc.Mat | None] = {}
        for each in self.scalars:
            self._add_solver(each)
        self.flow = Flow(model, prefix, self._own) if flowing else None
        self.to_pressure: PETSc.Mat | None = None
        space = self.scalars[0].function.function_space
        if self.flow is not None:
            pressure = model.field_named("pressure").function.function_space
            self.to_pressure = fem_petsc.interpolation_matrix(space, pressure)
            self.to_pressure.assemble()
            self.prolongations["velocity"] = self.flow.prolongation
        wanted = (flowing or self.following) and bool(self.ions) and model.unknowns == "potentials"
        self._nodal = self._nodal_concentrations() if wanted else {}
        if self._held or self.following:
            u, v = ufl.TrialFunction(space), ufl.TestFunction(space)
            self._mass = fem_petsc.assemble_matrix(fem.form(u * v * model.domain.liquid(degree=2 * model.degree)))
            self._mass.assemble()
        self.matrices: dict[tuple[str, str], PETSc.Mat] = {}
        self.spare: dict[str, PETSc.Vec] = {}

    def _add_solver(self, each: Field) -> None:
        space = each.function.function_space
        held = held_places(space, self.model.bcs)
        down = self.prolongations[each.name] = prolongation(space, held)
        # Blocks of electrochemical potentials are in proportion to c, which may be e^-120 in places.
        small = each.kind == "electrochemical potential"
        own_down = down.copy() if small and down is not None else down
        self.solvers[each.name] = self._two_level(block_name(each), own_down, held, balanced=small)
        if each.kind == "potential":
            self._conductor = self._two_level("conductor", down, held)

    def _two_level(self, name: str, down: PETSc.Mat | None, held: Indices, *, balanced: bool = False) -> TwoLevel:
        dimension, own = self.model.domain.mesh.topology.dim, under(f"{name}_", self._own)
        return TwoLevel(f"{self._prefix}{name}_", down, held, dimension, own, balanced=balanced)

    def _nodal_concentrations(self) -> dict[str, tuple[fem.Function, fem.Expression]]:
        """Of each ion, where unknowns are electrochemical potentials."""
        space = self.scalars[0].function.function_space
        points, scale = space.element.interpolation_points, self.model.scales.concentration
        names = self.model.electrolyte.names
        expressions = [self.model.expression(name) / scale for name in names]
        return {
            ion.name: (fem.Function(space), fem.Expression(expression, points))
            for ion, expression in zip(self.ions, expressions, strict=True)
        }

    # for each matrix

    def refresh(self, matrix: PETSc.Mat) -> None:
        """Take the new values of the matrix."""
        self._rate = self._rate_now() if self.following else 0.0
        self._extract(matrix)
        if not self.spare:
            self._allocate()
        self.weights = {each.name: self._weight(each) for each in self.ions}
        self.amounts = self.weights if self.transformed else self._nodal_amounts()
        for ion in self.ions:
            self.solvers[ion.name].refresh(self._ion_block(ion))
        for each in self.scalars[len(self.ions) :]:
            block = self._potential_block() if each.kind == "potential" else self._kept(each.name, each.name)
            self.solvers[each.name].refresh(block)
        if self.following:
            self._conductor.refresh(self._conducting_block())
        if self.flow is not None:
            self.flow.refresh(*(self.matrices[row, column] for row in _FLOW for column in _FLOW))

    def _allocate(self) -> None:
        """Vectors for the sweep: the steps, what is left of the right-hand side, and room."""
        diagonal = {name: self.matrices[name, name] for name in self.names}
        self.steps = {name: block.createVecRight() for name, block in diagonal.items()}
        self.rest = {name: block.createVecLeft() for name, block in diagonal.items()}
        self.spare = {name: block.createVecLeft() for name, block in diagonal.items()}

    def _extract(self, matrix: PETSc.Mat) -> None:
        """Blocks on and below the diagonal in the order of the sweep, in the same objects each time."""
        self.coupled = set()
        for i, row in enumerate(self.names):
            for j, column in enumerate(self.names):
                back = self.following and column == "potential" and row in self.valences
                if j <= i or back or (row, column) == _FLOW:
                    block = self.blocks.of(matrix, row, column)
                    self.matrices[row, column] = block
                    # No product is spent on rows that do not know a column.
                    if j < i and is_filled(block):
                        self.coupled.add((row, column))

    def _weight(self, ion: Field) -> PETSc.Vec:
        """c in dc = c dmu; one where the unknown is mu."""
        weight = self.matrices[ion.name, ion.name].createVecLeft()
        if self.transformed:
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
            amounts[name] = self.matrices[name, name].createVecLeft()
            amounts[name].getArray()[:] = function.x.array[: amounts[name].getLocalSize()]
        return amounts

    def _ion_block(self, ion: Field) -> PETSc.Mat:
        block = self._kept(ion.name, ion.name)
        block.diagonalScale(None, self.weights[ion.name])
        if self._held and not self.following:
            block.axpy(_HOLD, self._weighted(self._mass, ion), _PATTERN)
        return block

    def _weighted(self, block: PETSc.Mat, ion: Field) -> PETSc.Mat:
        """A copy whose column is mu, of one whose column is the ion's unknown."""
        block = block.copy()
        block.diagonalScale(None, self.weights[ion.name])
        return block

    def _potential_block(self) -> PETSc.Mat:
        block = self._kept("potential", "potential")
        for ion in self.ions if self.transformed else ():
            screening = self._weighted(self.matrices["potential", ion.name], ion)
            block.axpy(-self.valences[ion.name], screening, _PATTERN)
        if self.following:
            block.axpy(self.model.scales.poisson * self._rate, self._mass, _PATTERN)
        return block

    def _conducting_block(self) -> PETSc.Mat:
        """Laplacian with the permittivity and the charge that flows in one step."""
        block = self._kept("potential", "potential", "conductor")
        for ion in self.ions:
            z = self.valences[ion.name]
            screening, moving = (self._weighted(self.matrices[row, ion.name], ion) for row in ("potential", ion.name))
            # The potential's own block holds the screening of potentials as unknowns, not that of concentrations.
            block.axpy(z if self.transformed else 2.0 * z, screening, _PATTERN)
            block.axpy(z**2 / self._rate, moving, _PATTERN)
        if self._floating:
            block.axpy(_GROUND * self.model.scales.poisson, self._mass, _PATTERN)
        shares = self.matrices["potential", "potential"].createVecLeft()
        for ion, species in zip(self.ions, self.model.electrolyte.species, strict=True):
            shares.axpy(species.valence**2 * species.diffusivity / self._rate, self.amounts[ion.name])
        local = shares.getArray()
        local /= self.model.scales.diffusivity
        local[:] = local / (self.model.scales.poisson + local)
        self._share = shares
        return block

    def _kept(self, row: str, column: str, use: str = "copy") -> PETSc.Mat:
        """A copy of a block to change, in the same object each time."""
        block = self.matrices[row, column]
        key = (f"{use} of {row}", column)
        if key not in self.matrices:
            self.matrices[key] = block.copy()
        else:
            block.copy(self.matrices[key], PETSc.Mat.Structure.SAME_NONZERO_PATTERN)
        return self.matrices[key]

    # for each vector

    def apply(self, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """All unknowns but the multipliers."""
        steps, rest = self.steps, self.rest
        for name in self.names:
            self.blocks.read(right, name, rest[name])
        done: list[str] = []
        for each in self.scalars:
            self._subtract(each.name, done)
            self.solvers[each.name].solve(rest[each.name], steps[each.name])
            if each.name in self.weights:
                steps[each.name].pointwiseMult(self.weights[each.name], steps[each.name])
            elif each.kind == "potential" and self.following:
                self._conduct(rest[each.name], steps[each.name])
                self._follow(right)
            elif each.kind == "potential" and self.transformed:
                self._migrate()
            done.append(each.name)
        if self.flow is not None:
            self._move(done)
        result.zeroEntries()
        for name in self.names:
            self.blocks.write(result, name, steps[name])

    def _subtract(self, row: str, columns: Sequence[str]) -> None:
        """What is solved already, from the right-hand side of a row."""
        for column in columns:
            if (row, column) in self.coupled:
                self.matrices[row, column].mult(self.steps[column], self.spare[row])
                self.rest[row].axpy(-1.0, self.spare[row])

    def _conduct(self, rest: PETSc.Vec, step: PETSc.Vec) -> None:
        """The share of the screened solution, and that of a conductor."""
        step.pointwiseMult(self._share, step)
        spare = self.spare["potential"]
        self._conductor.solve(rest, spare)
        step.axpy(1.0, spare)
        # Rows of held values are those of the identity; the blocks have more on their diagonals there.
        held = self.solvers["potential"].held
        step.getArray()[held] = rest.getArray(readonly=True)[held]

    def _follow(self, right: PETSc.Vec) -> None:
        """Ions again, with the potential known.

        The solve is for dc in fast steps, for dmu in slow ones: the difference of the two, c z dphi, would be lost in
        the errors of either. Its image is added where the unknown is the other one.
        """
        steps, rest = self.steps, self.rest
        of_amounts = self._rate > _FAST
        other = self.transformed != of_amounts
        for ion in self.ions:
            name, z, spare = ion.name, self.valences[ion.name], self.spare[ion.name]
            sign = -z if self.transformed else z
            self.blocks.read(right, name, rest[name])
            self.matrices[name, "potential"].mult(steps["potential"], spare)
            rest[name].axpy(-1.0, spare)
            moved = steps[name]
            moved.pointwiseMult(self.weights[name], steps["potential"])
            moved.scale(sign if other else 0.0)
            if other:
                self.matrices[name, name].mult(moved, spare)
                rest[name].axpy(-1.0, spare)
            self.solvers[name].solve(rest[name], spare)
            spare.pointwiseMult(self.weights[name], spare)
            moved.axpy(1.0, spare)

    def _migrate(self) -> None:
        """dc = c (dmu - z dphi), of which c dmu stands."""
        for ion in self.ions:
            spare = self.spare[ion.name]
            spare.pointwiseMult(self.weights[ion.name], self.steps["potential"])
            self.steps[ion.name].axpy(-self.valences[ion.name], spare)

    def _move(self, done: Sequence[str]) -> None:
        """Velocity and pressure, the osmotic pressure of the ions' step first."""
        assert self.flow is not None and self.to_pressure is not None
        steps, rest = self.steps, self.rest
        self._subtract("velocity", done)
        osmotic = self.spare["pressure"]
        self.to_pressure.mult(self._osmotic(), osmotic)
        osmotic.scale(-1.0)
        self.matrices["velocity", "pressure"].mult(osmotic, self.spare["velocity"])
        rest["velocity"].axpy(-1.0, self.spare["velocity"])
        self.flow.solve(rest["velocity"], rest["pressure"], steps["velocity"], steps["pressure"])
        steps["pressure"].axpy(1.0, osmotic)

    def _osmotic(self) -> PETSc.Vec:
        """Sum of the steps of all concentrations."""
        steps, total = self.steps, self.spare["potential"]
        total.zeroEntries()
        for ion in self.ions:
            if self.transformed:
                total.axpy(1.0, steps[ion.name])
            else:
                spare = self.spare[ion.name]
                steps["potential"].copy(spare)
                spare.scale(-self.valences[ion.name])
                spare.axpy(1.0, steps[ion.name])
                spare.pointwiseMult(self.amounts[ion.name], spare)
                total.axpy(1.0, spare)
        return total


def block_name(each: Field) -> str:
    """Of a field in the prefix of its block's options: PETSc takes letters, digits and underscores."""
    name = "".join(letter if letter.isalnum() else "_" for letter in each.name.replace("+", "p").replace("-", "m"))
    return f"ion_{name}" if each.kind in IONS else name
