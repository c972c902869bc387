# SPDX-License-Identifier: LGPL-3.0-or-later
"""The blocks of the Jacobian are the derivative of the residual: Taylor's remainder falls with the square."""

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.geometry import channel
from fem_ionics.model.blocks import jacobian_blocks, residual_blocks
from fem_ionics.solve import Newton, NonlinearSystem
from fem_ionics.units import mC, nm

SALT = fi.Electrolyte.symmetric(100.0, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0)
WAVE = fi.pattern.cosine("x", wavelength=50 * nm)


def active(unknowns, inertia, wavy):
    domain = channel(
        50 * nm, 10 * nm, resolve=SALT.debye_length, half=True, axial=6, across=3, wall=1 * nm * WAVE if wavy else None
    )
    conditions = [
        fi.SurfaceCharge(50 * mC * WAVE, on="walls"),
        fi.IonFlux("cation", 10.0 * WAVE, on="walls"),
        fi.Slip(10 * nm, on="walls"),
        *(fi.FixedTotal(name, 100.0) for name in SALT.names),
    ]
    return fi.PNPS(SALT, domain, conditions, unknowns=unknowns, inertia=inertia)


def smooth(model, number):
    """A smooth direction or state in every field, the same on any number of ranks."""
    arrays = []
    k = 2 * np.pi * model.domain.unit / (50 * nm)
    for index, field in enumerate(model.fields):

        def values(x, index=index):
            return np.cos((1 + number) * k * x[0] + index) * (1.0 + 0.3 * (index + 1) * x[1] ** 2)

        kept = field.function.x.array.copy()
        if field.kind == "multiplier":
            field.function.x.array[:] = 0.1 + 0.1 * index + number
        elif field.kind == "velocity":
            field.function.interpolate(lambda x, f=values: np.array([f(x), 0.5 * f(x)]))
        else:
            field.function.interpolate(values)
        field.function.x.scatter_forward()
        arrays.append(field.function.x.array.copy())
        field.function.x.array[:] = kept
    return arrays


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("unknowns", "inertia", "wavy"),
    [
        ("concentrations", False, False),
        ("concentrations", True, True),
        ("potentials", True, False),
        ("potentials", False, True),
    ],
)
def test_taylor(unknowns, inertia, wavy):
    model = active(unknowns, inertia, wavy)
    assert bool(model.domain.curved) == wavy
    # Without held values, whose rows are not those of the forms.
    system = NonlinearSystem(model.residual, model.functions, [], Newton())
    state, direction = smooth(model, 0), smooth(model, 1)

    def at(step):
        for function, a, d in zip(model.functions, state, direction, strict=True):
            function.x.array[:] = a + step * d
        fem_petsc.assign(model.functions, system.solution)
        return system.solution

    def residual(step):
        system.snes.computeFunction(at(step), system.vector)
        return system.vector.copy()

    for function, d in zip(model.functions, direction, strict=True):
        function.x.array[:] = d
    fem_petsc.assign(model.functions, system.solution)
    along = system.solution.copy()
    system.snes.computeJacobian(at(0.0), system.matrix)
    slope = system.matrix * along
    before = residual(0.0)
    remainders = []
    for step in (1e-2, 5e-3):
        remainder = residual(step) - before
        change = remainder.norm()
        remainder.axpy(-step, slope)
        remainders.append(remainder.norm())
        assert remainders[-1] < 0.1 * change
    assert np.log2(remainders[0] / remainders[1]) == pytest.approx(2.0, abs=0.05)


def test_blocks_are_left_out_where_nothing_couples():
    model = active("concentrations", False, False)
    rows = residual_blocks(model.residual)
    blocks = jacobian_blocks(rows, model.functions)
    names = [field.name for field in model.fields]
    potential, cation, anion, velocity, pressure = range(5)
    present = {(names[i], names[j]) for i in range(len(names)) for j in range(len(names)) if blocks[i][j] is not None}
    assert ("cation", "anion") not in present and ("potential", "velocity") not in present
    assert {("potential", "cation"), ("cation", "velocity"), ("velocity", "anion")} <= present
    assert all((name, name) in present for name in names)
    assert len(rows) == len(names) and names[:5] == ["potential", "cation", "anion", "velocity", "pressure"]
    assert (pressure, velocity, anion, cation, potential) == (4, 3, 2, 1, 0)
