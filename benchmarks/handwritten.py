# SPDX-License-Identifier: LGPL-3.0-or-later
"""The flagship channel written directly with UFL and DOLFINx: what `overhead.py` measures fem_ionics against.

Half a channel with a charged, active wall, steady PNP-Stokes in scaled variables (lengths in the half height,
concentrations in the mean one). It takes the mesh and nothing else from fem_ionics.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import basix.ufl
import numpy as np
import ufl
from dolfinx import fem
from dolfinx.fem.forms import derivative_block
from dolfinx.fem.petsc import NonlinearProblem
from dolfinx.mesh import Mesh, MeshTags
from ufl import div, dot, grad, inner, sym

e, kB, NA, eps0 = 1.602176634e-19, 1.380649e-23, 6.02214076e23, 8.8541878188e-12
F, RT = e * NA, kB * NA * 298.0
h, L, D, c0, b = 5e-9, 50e-9, 1e-9, 100.0, 10e-9
sigma0, eps_r, eta = 0.05, 78.5, 1e-3


class Flagship(NamedTuple):
    """The problem, its unknowns (phi, c+, c-, u, p, four multipliers) and the amplitude of the flux, scaled."""

    problem: NonlinearProblem
    unknowns: list[fem.Function]
    flux: Any


def flagship(
    mesh: Mesh,
    facet_tags: MeshTags,
    wall: int,
    symmetry: int,
    quadrature_degree: int,
    options: Mapping[str, Any],
    zeros: bool = True,
) -> Flagship:
    """Compile the forms and make the solver.

    Parameters
    ----------
    mesh
        In units of the half height.
    facet_tags, wall, symmetry
        Tags of the facets, and the values of the wall and of the mirror plane, both horizontal.
    quadrature_degree
        Of all integrals.
    options
        Of PETSc, without prefix.
    zeros
        Whether pressure and multipliers keep a diagonal block of zeros in the matrix, as in fem_ionics.
    """
    Q2, Q1 = ("Lagrange", 2), ("Lagrange", 1)
    real = basix.ufl.real_element(mesh.basix_cell(), ())
    elements: list[Any] = [Q2, Q2, Q2, (*Q2, (2,)), Q1, real, real, real, real]
    V = [fem.functionspace(mesh, element) for element in elements]
    unknowns = [fem.Function(space) for space in V]
    phi, cp, cm, u, p, sp, sm, gphi, gp = unknowns
    psi, qp, qm, v, q, rp, rm, tphi, tp = (ufl.TestFunction(space) for space in V)
    metadata = {"quadrature_degree": quadrature_degree}
    dx = ufl.Measure("dx", domain=mesh, metadata=metadata)
    ds = ufl.Measure("ds", domain=mesh, subdomain_data=facet_tags, metadata=metadata)(wall)

    poisson = eps0 * eps_r * RT / F / (F * c0 * h**2)
    viscous = eta * D / (RT * c0 * h**2)
    cosx = ufl.cos(2 * ufl.pi * h / L * ufl.SpatialCoordinate(mesh)[0])
    sigma = sigma0 / (F * c0 * h) * cosx
    flux = fem.Constant(mesh, 0.0)
    n = ufl.FacetNormal(mesh)

    drift_p, drift_m = grad(cp) + cp * grad(phi), grad(cm) - cm * grad(phi)
    stokes = 2 * viscous * inner(sym(grad(u)), sym(grad(v))) - p * div(v) + dot(drift_p + drift_m, v)
    residual = [
        (poisson * dot(grad(phi), grad(psi)) - (cp - cm) * psi + gphi * psi) * dx - sigma * psi * ds,
        (dot(drift_p - cp * u, grad(qp)) + sp * qp) * dx - flux * cosx * qp * ds,
        (dot(drift_m - cm * u, grad(qm)) + sm * qm) * dx,
        stokes * dx + viscous * h / b * dot(u - dot(u, n) * n, v - dot(v, n) * n) * ds,
        (gp - div(u)) * q * dx,
        (cp - 1) * rp * dx,
        (cm - 1) * rm * dx,
        phi * tphi * dx,
        p * tp * dx,
    ]
    jacobian = derivative_block(residual, unknowns)
    if zeros:
        # MUMPS permutes columns where the diagonal is absent, and then fills in about twice as much.
        zero, dx0 = fem.Constant(mesh, 0.0), ufl.Measure("dx", domain=mesh, metadata={"quadrature_degree": 0})
        for i in range(4, 9):
            jacobian[i][i] = zero * ufl.TrialFunction(V[i]) * ufl.TestFunction(V[i]) * dx0
    facets = np.concatenate([facet_tags.find(wall), facet_tags.find(symmetry)])
    normal = fem.locate_dofs_topological(V[3].sub(1), 1, facets)
    problem = NonlinearProblem(
        residual,
        unknowns,
        J=jacobian,
        bcs=[fem.dirichletbc(0.0, normal, V[3].sub(1))],
        petsc_options=dict(options),
        petsc_options_prefix="handwritten_",
    )
    return Flagship(problem, unknowns, flux)


def scaled_flux(amplitude: float) -> float:
    """Of a flux in mol/m2/s."""
    return amplitude * h / (D * c0)
