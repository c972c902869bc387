# SPDX-License-Identifier: LGPL-3.0-or-later
"""Velocity with pressure: solve, correct the pressure, solve again.

The pressure's Schur complement is what keeps solvers of Stokes flow from one number of iterations: a mass matrix over
the viscosity, the customary stand-in, knows nothing of the friction of walls, and needs 150 iterations in a pore
twenty times as long as narrow. Here it is that of linear elements for velocity and pressure alike, stabilised
(Dohrmann & Bochev, Int. J. Numer. Methods Fluids 46, 183, 2004): the pressure is the same, and friction, narrow
mouths and open ends are in it. In space, where its factors would fill, it is solved to two digits by iterations with
aggregation and that mass matrix, 5 to 8 in a short pore.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import ufl
from dolfinx import fem
from petsc4py import PETSc

from fem_ionics.model import Model
from fem_ionics.solve.iterative.inner import assembled, ready
from fem_ionics.solve.iterative.two_level import TwoLevel, held_places, prolongation
from fem_ionics.solve.options import stokes_options, under

#: Weight of the stabilisation. 0.3 to 1 need the same number of iterations; 0.1 and 3 half as many again.
_WEIGHT = 0.5
#: A closed domain's pressure is free up to a constant: this part of a mass matrix holds it, its gauge corrects it.
_HOLD = 1e-6
#: Viscous blocks whose norms agree to this are the same: a factorisation is kept.
_SAME = 1e-12


class Flow:
    """Approximate inverse of the block of velocity and pressure.

    Parameters
    ----------
    model
        With flow.
    prefix
        PETSc prefix; "velocity_" and "stokes_" follow it.
    options
        PETSc options without prefix that go over the defaults, for example "velocity_mg_levels_ksp_max_it".
    """

    def __init__(self, model: Model, prefix: str, options: Mapping[str, Any] | None = None) -> None:
        options = options or {}
        space = model.field_named("velocity").function.function_space
        held = held_places(space, model.bcs)
        self.prolongation = prolongation(space, held)
        self._dimension, own = space.mesh.topology.dim, under("velocity_", options)
        self.velocity = TwoLevel(f"{prefix}velocity_", self.prolongation, held, self._dimension, own)
        self._prefix = f"{prefix}stokes_"
        self._own = under("stokes_", options)
        self._viscous = float(model.scales.viscous)
        self._mass = _mass(model)
        self.stabilisation = _stabilisation(model, self._mass)
        self.stabilisation.scale(-_WEIGHT / self._viscous)
        self._solver: PETSc.KSP | None = None
        self._norm = np.inf

    def refresh(self, viscous: PETSc.Mat, gradient: PETSc.Mat, divergence: PETSc.Mat, corner: PETSc.Mat) -> None:
        """Take new values of the four blocks (collective)."""
        self._blocks = viscous, gradient, divergence
        norm = viscous.norm(PETSc.NormType.FROBENIUS)
        if self._solver is not None and abs(norm - self._norm) <= _SAME * norm:
            return
        self._norm = norm
        self.velocity.refresh(viscous)
        self._factorise(viscous, gradient, divergence, corner)
        self._rest, self._step = viscous.createVecLeft(), viscous.createVecRight()
        self._unmet = divergence.createVecLeft()

    def solve(self, force: PETSc.Vec, source: PETSc.Vec, velocity: PETSc.Vec, pressure: PETSc.Vec) -> None:
        """Velocity and pressure for a force and a source of volume (collective)."""
        viscous, gradient, divergence = self._blocks
        self.velocity.solve(force, velocity)
        divergence.mult(velocity, self._unmet)
        self._unmet.aypx(-1.0, source)
        self._schur(self._unmet, pressure)
        gradient.mult(pressure, self._rest)
        viscous.multAdd(velocity, self._rest, self._rest)
        self._rest.aypx(-1.0, force)
        self.velocity.solve(self._rest, self._step)
        velocity.axpy(1.0, self._step)

    def solve_transposed(self, velocity: PETSc.Vec, pressure: PETSc.Vec, force: PETSc.Vec, source: PETSc.Vec) -> None:
        """The transpose of `solve`: force and source for a velocity and a pressure (collective)."""
        viscous, gradient, divergence = self._blocks
        self.velocity.solve_transposed(velocity, force)
        gradient.multTranspose(force, self._unmet)
        self._unmet.aypx(-1.0, pressure)
        self._schur(self._unmet, source, transpose=True)
        viscous.multTranspose(force, self._rest)
        divergence.multTransposeAdd(source, self._rest, self._rest)
        self._rest.aypx(-1.0, velocity)
        self.velocity.solve_transposed(self._rest, self._step)
        force.axpy(1.0, self._step)

    def _factorise(self, viscous: PETSc.Mat, gradient: PETSc.Mat, divergence: PETSc.Mat, corner: PETSc.Mat) -> None:
        """The same flow in linear elements."""
        stabilised = self.stabilisation.copy()
        stabilised.axpy(1.0, corner, PETSc.Mat.Structure.DIFFERENT_NONZERO_PATTERN)
        down = self.prolongation
        assert down is not None
        blocks = [[self.velocity.coarse, down.transposeMatMult(gradient)], [divergence.matMult(down), stabilised]]
        matrix = assembled(blocks, viscous.comm)
        if self._solver is not None:
            self._solver.destroy()
        self._first = blocks[0][0].getLocalSize()[0]
        options = stokes_options(matrix.getSize()[0], self._dimension) | self._own
        self._solver = ready(matrix, self._prefix, options, partial(self._split, matrix, stabilised))
        self._right, self._result = matrix.createVecs()
        self._right.zeroEntries()

    def _split(self, matrix: PETSc.Mat, stabilised: PETSc.Mat, pc: PETSc.PC) -> None:
        """Velocity and pressure apart, with a mass matrix for the pressure's Schur complement, where it is to be so."""
        if pc.getType() != PETSc.PC.Type.FIELDSPLIT:
            return
        assert self.velocity.coarse is not None
        start, end = matrix.getOwnershipRange()
        middle = start + self._first
        velocity = PETSc.IS().createStride(self._first, start, 1, comm=matrix.comm)
        velocity.setBlockSize(self.velocity.coarse.getBlockSize())
        pc.setFieldSplitIS(
            ("velocity", velocity), ("pressure", PETSc.IS().createStride(end - middle, middle, 1, comm=matrix.comm))
        )
        schur = stabilised.copy()
        schur.axpy(-1.0 / self._viscous, self._mass, PETSc.Mat.Structure.DIFFERENT_NONZERO_PATTERN)
        pc.setFieldSplitSchurPreType(PETSc.PC.FieldSplitSchurPreType.USER, schur)

    def _schur(self, right: PETSc.Vec, pressure: PETSc.Vec, *, transpose: bool = False) -> None:
        assert self._solver is not None
        self._right.getArray()[self._first :] = right.getArray(readonly=True)
        (self._solver.solveTranspose if transpose else self._solver.solve)(self._right, self._result)
        pressure.getArray()[:] = self._result.getArray(readonly=True)[self._first :]


def _mass(model: Model) -> PETSc.Mat:
    """Of the pressure (collective)."""
    space = model.field_named("pressure").function.function_space
    p, q = ufl.TrialFunction(space), ufl.TestFunction(space)
    mass = fem_petsc.assemble_matrix(fem.form(p * q * model.domain.liquid(degree=2 * model.degree)))
    mass.assemble()
    return mass


def _stabilisation(model: Model, mass: PETSc.Mat) -> PETSc.Mat:
    """What of a pressure its mean over each cell leaves, as a matrix (collective)."""
    space = model.field_named("pressure").function.function_space
    means = fem.functionspace(space.mesh, ("Discontinuous Lagrange", 0))
    dx = model.domain.liquid(degree=2 * model.degree)
    p, mean = ufl.TrialFunction(space), ufl.TestFunction(means)
    to_means = fem_petsc.assemble_matrix(fem.form(p * mean * dx))
    to_means.assemble()
    volumes = fem_petsc.assemble_vector(fem.form(mean * dx))
    volumes.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
    local = volumes.getArray()
    # Cells of solids have none.
    local[:] = 1.0 / np.sqrt(np.where(local > 0.0, local, np.inf))
    to_means.diagonalScale(volumes, None)
    both = to_means.transposeMatMult(to_means)
    both.aypx(-1.0, mass, PETSc.Mat.Structure.DIFFERENT_NONZERO_PATTERN)
    both.axpy(_HOLD, mass, PETSc.Mat.Structure.DIFFERENT_NONZERO_PATTERN)
    return both
