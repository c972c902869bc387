# SPDX-License-Identifier: LGPL-3.0-or-later
"""Values at points: exact for what the elements hold, on any number of ranks."""

import numpy as np
import pytest
from dolfinx import fem

from fem_ionics.errors import ParameterError
from fem_ionics.geometry import channel, rectangle
from fem_ionics.observe.points import Points
from fem_ionics.units import nm

LENGTH, HEIGHT = 12 * nm, 10 * nm


@pytest.mark.mpi
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_quadratics_are_exact_and_points_wrap(shape):
    domain = channel(LENGTH, HEIGHT, resolve=3 * nm, shape=shape)
    space = fem.functionspace(domain.mesh, ("Lagrange", 2, (2,)))
    function = fem.Function(space)
    function.interpolate(lambda x: np.stack([x[1] ** 2, 1.0 + x[1]]))
    y = np.linspace(-0.5, 0.5, 23) * HEIGHT
    x = np.linspace(-2.0, 3.0, 23) * LENGTH
    values = Points(domain, np.column_stack([x, y]), "error")(function)
    scaled = y / domain.unit
    np.testing.assert_allclose(values, np.column_stack([scaled**2, 1.0 + scaled]), atol=1e-13)
    gathered = domain.comm.allgather(values.tobytes())
    assert len(set(gathered)) == 1


@pytest.mark.mpi
def test_the_seam_is_periodic():
    domain = channel(LENGTH, HEIGHT, resolve=3 * nm)
    function = fem.Function(fem.functionspace(domain.mesh, ("Lagrange", 2)))
    wave = 2 * np.pi * domain.unit / LENGTH
    function.interpolate(lambda x: np.cos(wave * x[0]))
    ends = np.column_stack([np.array([-0.5, 0.5, 1.5, -1.5]) * LENGTH, np.full(4, 0.3) * HEIGHT])
    np.testing.assert_allclose(Points(domain, ends, "error")(function), -1.0, rtol=1e-12)


@pytest.mark.mpi
def test_curved_walls_are_met_and_left():
    # The crest lies between nodes, so that the wall reaches beyond the boxes of the cells' nodes there.
    crest, wave = 0.15 * nm, 2 * np.pi / LENGTH

    def wall(x, math):
        return 1.5 * nm * math.cos(wave * (x[0] - crest))

    domain = channel(LENGTH, HEIGHT, resolve=3 * nm, wall=wall, half=True)
    function = fem.Function(fem.functionspace(domain.mesh, ("Lagrange", 2)))
    function.interpolate(lambda x: 2.0 + 0 * x[0])
    x = np.linspace(-0.5, 0.5, 101) * LENGTH
    top = 0.5 * HEIGHT + 1.5 * nm * np.cos(wave * (x - crest))
    # Walls of second order are not the wave itself, but close to it.
    inside = Points(domain, np.column_stack([x, 0.9998 * top]))
    assert inside.inside.all()
    np.testing.assert_allclose(inside(function), 2.0, rtol=1e-13)
    assert not Points(domain, np.column_stack([x, 1.002 * top])).inside.any()
    assert not Points(domain, np.column_stack([x, -1e-3 * top])).inside.any()


@pytest.mark.mpi
def test_points_outside():
    box = rectangle((2 * nm, 1 * nm), (4, 4))
    function = fem.Function(fem.functionspace(box.mesh, ("Lagrange", 1)))
    function.x.array[:] = 1.0
    points = np.array([[0.0, 0.0], [9 * nm, 0.0], [2 * nm, 1 * nm]])
    points += box.bounds[0] * [1, 1]
    values = Points(box, points)(function)
    np.testing.assert_array_equal(np.isnan(values), [False, True, False])
    with pytest.raises(ParameterError, match=r"1 of 3 points lie outside rectangle"):
        Points(box, points, "error")
    assert Points(box, np.empty((0, 2)))(function).shape == (0,)


@pytest.mark.mpi
@pytest.mark.parametrize("points", [[1.0, 2.0], [[1.0]], [[np.nan, 0.0]]])
def test_bad_points_are_refused(points):
    box = rectangle((2 * nm, 1 * nm), (4, 4))
    with pytest.raises(ParameterError, match="finite numbers in m"):
        Points(box, points)
    with pytest.raises(ParameterError, match="outside"):
        Points(box, [[0.0, 0.0]], "zero")
