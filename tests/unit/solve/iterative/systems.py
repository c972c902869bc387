# SPDX-License-Identifier: LGPL-3.0-or-later
"""One small model of each kind that the iterative solver must take, of some thousand unknowns, and what to count."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from mpi4py import MPI
from petsc4py import PETSc

import fem_ionics as fi
from fem_ionics.geometry import channel, conical_pore, cylindrical_pore, rectangle
from fem_ionics.solve import NonlinearSystem
from fem_ionics.units import nm

SALT = fi.Electrolyte.symmetric(100.0, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0)
KCL = fi.Electrolyte.kcl(100.0)
LENGTH, HEIGHT = 50 * nm, 10 * nm
WAVE = fi.pattern.cosine("x", wavelength=LENGTH)
MADE: dict[str, Callable[..., fi.Model]] = {}


def _listed(make: Callable[..., fi.Model]) -> Callable[..., fi.Model]:
    MADE[make.__name__.replace("_", " ")] = make
    return make


def flagship(
    refine: float = 0.5,
    half: bool = True,
    flux: Any = 20.0,
    relative: float = 1.0,
    viscosity: float = 1.0,
    **options: Any,
) -> fi.Model:
    """The active channel: charge and pumped ions in waves, slip; `relative` to its own layers so much thinner ones.

    The viscosity is relative to that of water.
    """
    salt = replace(SALT.scaled(relative**2), viscosity=1e-3 * viscosity)
    domain = channel(LENGTH, HEIGHT, resolve=salt.debye_length, half=half, refine=refine)
    stated = [
        fi.SurfaceCharge(0.05 * relative * WAVE, on="walls"),
        fi.IonFlux("cation", flux * (relative**2 * WAVE), on="walls"),
        fi.Slip(10e-9, on="walls"),
        *(fi.FixedTotal(name, 100.0 * relative**2) for name in salt.names),
    ]
    return fi.PNPS(salt, domain, stated, **options)


def pore(refine: float = 0.6, comm: Any = MPI.COMM_WORLD, voltage: float = 0.2, **options: Any) -> fi.Model:
    """A charged cone between baths, with flow."""
    domain = conical_pore(3 * nm, 8 * nm, 30 * nm, reservoir=30 * nm, resolve=1 * nm, refine=refine, comm=comm)
    return fi.PNPS(KCL, domain, [*_baths(voltage), *_walls()], **options)


def _baths(voltage: float = 0.2, salt: fi.Electrolyte = KCL) -> list[Any]:
    return [fi.Bath(salt, potential=voltage, on="cis"), fi.Bath(salt.scaled(0.5), on="trans")]


def _walls(charge: float = -0.05) -> list[Any]:
    return [fi.SurfaceCharge(charge, on="pore wall"), fi.NoSlip(on="walls")]


def _straight(**options: Any) -> Any:
    options = {"reservoir": 15 * nm, "resolve": 1.5 * nm, "refine": 0.6} | options
    return cylindrical_pore(4 * nm, 10 * nm, **options)


def _strip(**options: Any) -> Any:
    return rectangle((6 * nm, 2 * nm), (24, 3), **options)


@_listed
def closed_ions() -> fi.Model:
    """Ions alone, their amounts given."""
    domain = rectangle((LENGTH, HEIGHT), (10, 10), periodic="x")
    stated = [
        fi.SurfaceCharge(0.02 * WAVE, on=["bottom", "top"]),
        fi.IonFlux("cation", 5.0 * WAVE, on=["bottom", "top"]),
        *(fi.FixedTotal(name, 100.0) for name in SALT.names),
    ]
    return fi.PNP(SALT, domain, stated)


@_listed
def active_channel() -> fi.Model:
    return flagship()


@_listed
def active_channel_in_potentials() -> fi.Model:
    return flagship(unknowns="potentials")


@_listed
def one_amount_given() -> fi.Model:
    """The other ion's follows from neutrality with the walls."""
    domain = channel(LENGTH, HEIGHT, resolve=SALT.debye_length, half=True, refine=0.5)
    stated = [fi.SurfaceCharge(-0.01 + 0.02 * WAVE, on="walls"), fi.Slip(10e-9, on="walls")]
    return fi.PNPS(SALT, domain, [*stated, fi.ElectricField(1e6), fi.FixedTotal("anion", 100.0)])


@_listed
def whole_channel_with_inertia() -> fi.Model:
    return flagship(half=False, refine=0.4, inertia=True)


@_listed
def pore_between_baths() -> fi.Model:
    return pore()


@_listed
def pore_in_concentrations() -> fi.Model:
    return pore(unknowns="concentrations")


@_listed
def ions_in_an_open_pore() -> fi.Model:
    return fi.PNP(KCL, _straight(), [*_baths(), fi.SurfaceCharge(-0.05, on="pore wall")], unknowns="concentrations")


@_listed
def three_ions() -> fi.Model:
    salt = fi.Electrolyte.mixture({"KCl": 100.0, "CaCl2": 10.0})
    return fi.PNPS(salt, _straight(), [*_baths(salt=salt), *_walls()])


@_listed
def neutral_species() -> fi.Model:
    """Three species, one without a charge."""
    salt = fi.Electrolyte((*KCL.species, fi.Species("sugar", 0, 5e-10)), (100.0, 100.0, 10.0))
    return fi.PNPS(salt, _straight(), [*_baths(salt=salt), *_walls()])


@_listed
def crowded_ions() -> fi.Model:
    return fi.PNPS(KCL, _straight(), [*_baths(), *_walls(-0.2), fi.Steric(fi.Bikerman(0.7 * nm))])


@_listed
def hard_spheres() -> fi.Model:
    """A steric model without a closed inverse: excess chemical potentials are unknowns."""
    stated = [fi.Bath(KCL, on="right"), fi.Fixed("potential", -0.2, on="left")]
    return fi.PNP(KCL, _strip(), [*stated, fi.Steric(fi.CarnahanStarling(0.6 * nm))], unknowns="potentials")


@_listed
def dielectric_membrane() -> fi.Model:
    stated = [*_baths(), fi.SurfaceCharge(-0.05, on="walls"), fi.NoSlip(on="walls")]
    return fi.PNPS(KCL, _straight(membrane="dielectric"), [*stated, fi.Permittivity(4.0, on="membrane")])


@_listed
def dielectric_membrane_in_concentrations() -> fi.Model:
    stated = [*_baths(), fi.SurfaceCharge(-0.05, on="walls"), fi.NoSlip(on="walls")]
    domain = _straight(membrane="dielectric")
    return fi.PNPS(KCL, domain, [*stated, fi.Permittivity(4.0, on="membrane")], unknowns="concentrations")


@_listed
def regulated_charge() -> fi.Model:
    acid = fi.AcidGroup(1 / nm**2, pK=5.0)
    stated = [fi.ChargeRegulation(acid, on="pore wall", pH=6.0), fi.NoSlip(on="walls")]
    return fi.PNPS(KCL, _straight(), [*_baths(), *stated])


@_listed
def viscosity_of_the_ions() -> fi.Model:
    viscous = fi.Viscosity(1e-3, slopes={"K+": 1e-3, "Cl-": 1e-3})
    return fi.PNPS(KCL, _straight(), [*_baths(), *_walls(), viscous])


@_listed
def linear_elements() -> fi.Model:
    return fi.PNP(KCL, _straight(), [*_baths(), fi.SurfaceCharge(-0.05, on="pore wall")], degree=1)


@_listed
def cubic_elements() -> fi.Model:
    return fi.PNPS(KCL, _straight(refine=0.4), [*_baths(), *_walls()], degree=3)


@_listed
def solid_pore() -> fi.Model:
    domain = cylindrical_pore(3 * nm, 4 * nm, reservoir=6 * nm, resolve=6 * nm, refine=0.5, dimension=3)
    return fi.PNPS(KCL, domain, [*_baths(), *_walls(-0.01)])


# measures


def difference(state: fi.State, other: fi.State) -> float:
    """Largest difference of any field's nodal values, relative to the largest value of that field (collective)."""
    found = 0.0
    comm = state.model.domain.comm
    for field, a, b in zip(state.model.fields, state.arrays, other.arrays, strict=True):
        if field.kind != "multiplier":
            pair = [np.abs(a - b).max(initial=0.0), np.abs(b).max(initial=0.0)]
            apart, size = (comm.allreduce(value, op=MPI.MAX) for value in pair)
            found = max(found, apart / size)
    return found


def counted(system: NonlinearSystem) -> list[int]:
    """A list that the next solve fills with the iterations of FGMRES at each of Newton's."""
    counts: list[int] = []

    def note(snes: PETSc.SNES, iteration: int, norm: float) -> None:
        counts.append(snes.getLinearSolveIterations() - sum(counts))
        if iteration == 0:
            counts.clear()

    system.snes.setMonitor(note)
    return counts
