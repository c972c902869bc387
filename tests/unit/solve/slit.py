# SPDX-License-Identifier: LGPL-3.0-or-later
"""A small model whose parameters turn, so that its forms are compiled once."""

from dolfinx import fem

from fem_ionics import PNP, Electrolyte, FixedTotal, IonFlux, Parameter, State, Steady, SurfaceCharge, pattern
from fem_ionics.geometry import rectangle
from fem_ionics.units import nm

LENGTH, HEIGHT = 50 * nm, 10 * nm
SALT = Electrolyte.symmetric(20.0, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0)


class Slit:
    """Closed periodic slit: charge and pumped ions in waves, and both ions fed through the top."""

    def __init__(self, unknowns: str, closing: bool = False, cells: tuple[int, int] = (6, 8)) -> None:
        self.charge = Parameter("charge", 0.0, "C/m2")
        self.mean_charge = Parameter("mean charge", 0.0, "C/m2")
        self.pump = Parameter("pump", 0.0, "mol/m2/s")
        self.feed = {name: Parameter(f"feed of {name}", 0.0, "mol/m2/s") for name in SALT.names}
        wave = pattern.cosine("x", wavelength=LENGTH)
        conditions = [
            SurfaceCharge(self.mean_charge + self.charge * wave, on=["bottom", "top"]),
            IonFlux("cation", self.pump * wave, on=["bottom", "top"]),
            *(IonFlux(name, feed, on="top") for name, feed in self.feed.items()),
            *(FixedTotal(name, 20.0) for name in (("anion",) if closing else SALT.names)),
        ]
        domain = rectangle((LENGTH, HEIGHT), cells, periodic="x")
        self.model = PNP(SALT, domain, conditions, unknowns=unknowns)
        self._steady: Steady | None = None

    @property
    def steady(self) -> Steady:
        if self._steady is None:
            self._steady = Steady(self.model)
        return self._steady

    def still(self) -> "Slit":
        """With all parameters at zero."""
        for parameter in self.model.parameters:
            parameter.value = 0.0
        return self


class Slits:
    """Each kind once, made when it is asked for; handed out with all parameters at zero."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, bool], Slit] = {}

    def __call__(self, unknowns: str, closing: bool = False) -> Slit:
        key = (unknowns, closing)
        if key not in self._made:
            self._made[key] = Slit(*key)
        return self._made[key].still()


def mean(state: State, name: str) -> float:
    """Mean of a species' concentration over the domain, mol/m3 (collective)."""
    model, domain = state.model, state.model.domain
    model.load(state)
    form = fem.form(model.expression(name) * domain.dx(degree=model.quadrature_degree))
    return domain.comm.allreduce(fem.assemble_scalar(form)) * domain.unit**2 / domain.volume()
