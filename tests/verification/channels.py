# SPDX-License-Identifier: LGPL-3.0-or-later
"""The active channels of the references, with their amplitudes as parameters so that forms compile once."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from measures import Mean, mean_velocity
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.parameters.expression import Applied, Coordinate
from fem_ionics.parameters.groups import ActiveChannelGroups


@dataclass
class Flagship:
    """L = 50 nm, H = 10 nm, 100 mM, slip 10 nm; charge 0.05 cos kx C/m2, cation flux cos(kx + phase)."""

    refine: float = 1.0
    comm: Any = None
    flux: fi.Parameter = field(default_factory=lambda: fi.Parameter("flux", 20.0, "mol/m2/s"))
    charge: fi.Parameter = field(default_factory=lambda: fi.Parameter("charge", 0.05, "C/m2"))
    phase: fi.Parameter = field(default_factory=lambda: fi.Parameter("phase", 0.0, "rad"))

    def __post_init__(self) -> None:
        length, height = 50e-9, 10e-9
        salt = fi.Electrolyte.symmetric(
            100.0, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0
        )
        domain = fi.geometry.channel(
            length, height, resolve=salt.debye_length, half=True, refine=self.refine, comm=self.comm or MPI.COMM_WORLD
        )
        conditions = [
            fi.SurfaceCharge(self.charge * fi.pattern.cosine("x", wavelength=length), on="walls"),
            fi.IonFlux("cation", self.flux * fi.pattern.cosine("x", wavelength=length, phase=self.phase), on="walls"),
            fi.Slip(10e-9, on="walls"),
            fi.FixedTotal("cation", 100.0),
            fi.FixedTotal("anion", 100.0),
        ]
        self.model = fi.PNPS(salt, domain, conditions)
        self.steady, self.velocity = fi.Steady(self.model), mean_velocity(self.model)

    def solve(self, flux: float, guess: fi.State | None = None) -> fi.State:
        self.flux.value = flux
        return self.steady.solve(guess)

    def seeded(self, step: float) -> fi.State:
        """At rest, denser on the right by the fraction `step`, less dense on the left."""

        def density(x: Any, math: Any) -> Any:
            return 100.0 * (1.0 + step * math.sign(x[0]))

        return fi.resting(self.model, {"cation": density, "anion": density})

    def kicked(self, state: fi.State, step: float) -> fi.State:
        """A state with its ions changed by the same step (its potential and flow will follow)."""
        self.model.load(state)
        for name in ("cation", "anion"):
            function = self.model.field_named(name).function
            x = function.function_space.tabulate_dof_coordinates()[:, 0]
            # A sine that a period later is the same: nothing jumps at the periodic side.
            function.x.array[:] *= 1.0 + step * np.sin(2 * np.pi * x / 10.0)
        return self.model.snapshot(0.0)

    def follow(self, initial: fi.State, flux: float, until: float, **options: Any) -> tuple[Any, Any, fi.State]:
        """Times (h2/D), mean velocities (D/h) and the last state of a transient."""
        self.flux.value = flux
        unit = self.model.scales.time
        options = {name: value * unit if "step" in name else value for name, value in options.items()}
        trace = fi.transient(
            self.model, initial, until=until * unit, record={"U": self.velocity}, progress=False, **options
        )
        return trace["time"] / unit, trace["U"], trace.last


@dataclass
class PhaseShifted:
    """Charge s cos kx, cation flux J cos(kx + delta), in the groups of `ActiveChannelGroups` with m = 0.5.

    One electrolyte and half-height serve all groups: the wave number is a parameter, and K follows from the amount
    of salt, so that only the length of the mesh changes with k.
    """

    k: float
    slipping: bool = True
    refine: float = 1.0
    comm: Any = None

    def __post_init__(self) -> None:
        self.half = 5e-9
        channel = self.groups(s=0.02, J=0.02, K=2.0, b=0.3).to_si(half_height=self.half)
        self.values = {
            name: fi.Parameter(name, value)
            for name, value in {
                "charge": channel.surface_charge,
                "flux": channel.flux,
                "phase": 0.0,
                "slip": channel.slip,
                "wave number": self.k / self.half,
                "salt": channel.electrolyte.concentrations[0],
            }.items()
        }
        v = self.values
        along = v["wave number"] * Coordinate("x")
        domain = fi.geometry.channel(
            channel.wavelength,
            2 * self.half,
            resolve=self.half / 5,
            half=True,
            refine=self.refine,
            comm=self.comm or MPI.COMM_WORLD,
        )
        conditions = [
            fi.SurfaceCharge(v["charge"] * Applied("cos", along), on="walls"),
            fi.IonFlux("cation", v["flux"] * Applied("cos", along + v["phase"]), on="walls"),
            fi.Slip(v["slip"], on="walls") if self.slipping else fi.NoSlip("walls"),
            fi.FixedTotal("cation", v["salt"]),
            fi.FixedTotal("anion", v["salt"]),
        ]
        self.model = fi.PNPS(channel.electrolyte, domain, conditions)
        self.steady: fi.Steady = fi.Steady(self.model)
        self.mean: Mean = mean_velocity(self.model)

    def groups(self, **values: float) -> ActiveChannelGroups:
        return ActiveChannelGroups(k=self.k, m=0.5, **values)

    def velocity(self, *, s: float, J: float, K: float, b: float, delta: float) -> float:
        """Mean velocity, D/h."""
        channel = self.groups(s=s, J=J, K=K, b=b).to_si(half_height=self.half)
        given = {
            "charge": channel.surface_charge,
            "flux": channel.flux,
            "phase": delta,
            "slip": channel.slip,
            "salt": channel.electrolyte.concentrations[0],
        }
        for name, value in given.items():
            if name != "slip" or self.slipping:
                self.values[name].value = value
        return self.mean(self.steady.solve())
