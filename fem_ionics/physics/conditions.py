# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a user states about walls, openings and the whole domain: kind, value in SI, names.

A value may be a number, a `Parameter`, a pattern, or a combination of these. A wall without a `SurfaceCharge` or
`ChargeRegulation` is uncharged, one without an `IonFlux`, an `ElectrodeReaction` or a fixed concentration lets no ion
through; each boundary of a model with flow needs one word about the velocity.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fem_ionics.errors import ParameterError, TagError, nearest
from fem_ionics.parameters import Electrolyte, Expression, as_expression, checks
from fem_ionics.physics.charge_regulation import SurfaceGroup
from fem_ionics.physics.materials import Diffusivity, ExcessPotential, Permittivity, Steric, Viscosity
from fem_ionics.physics.naming import Names, as_names
from fem_ionics.physics.reactions import ElectrodeReaction


def _constant(owner: str, name: str, given: Any) -> Expression:
    expression = as_expression(given)
    if not expression.is_constant:
        raise ParameterError(f"{owner}: {name} varies in space; a number or a Parameter is needed.")
    return expression


@dataclass(frozen=True, eq=False)
class SurfaceCharge:
    """Charge on a wall, C/m2: eps d_n phi = density. Several on one wall add up.

    Raises
    ------
    ParameterError
        For a value that is not a number, Parameter, pattern or function.
    """

    density: Any
    on: Names

    def __post_init__(self) -> None:
        object.__setattr__(self, "density", as_expression(self.density))
        object.__setattr__(self, "on", as_names("SurfaceCharge", self.on))


@dataclass(frozen=True, eq=False)
class ChargeRegulation:
    """A wall whose charge follows from the ions that bind to its groups; see `physics.charge_regulation`.

    Charges of several conditions on one wall add up, also with `SurfaceCharge`.

    Parameters
    ----------
    groups
        One `AcidGroup`, `BaseGroup` or `SurfaceGroup`, or several; all of them bind the same ion.
    on
        Name or names of boundaries.
    ion
        Name of the species that binds, at its local concentration at the wall.
    pH
        Instead of `ion`: protons bind that are no species of the model, but in equilibrium with a bulk of this pH
        at potential zero, c_H = 10^-pH mol/l exp(-e phi/kT). A number or Parameter. Protons are then taken to be
        so few that they carry no charge, and to be at rest: a voltage between openings would move them.

    Notes
    -----
    In a closed domain leave one `FixedTotal` out: neutrality with the regulated charge sets that amount. Groups
    follow the liquid at once, also in a transient, where an ion that leaves them enters the liquid at the wall; keep
    densities and pK as they are meanwhile, since what is bound follows from their present values.

    Raises
    ------
    ParameterError
        For groups that are none, and unless exactly one of `ion` and `pH` is given.
    """

    groups: Any
    on: Names
    ion: str | None = None
    pH: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", _groups(self.groups))
        object.__setattr__(self, "on", as_names("ChargeRegulation", self.on))
        if (self.ion is None) == (self.pH is None):
            raise ParameterError(
                f"ChargeRegulation: ion = {self.ion!r} and pH = {self.pH!r} were given; one of them is needed: the "
                "name of the species that binds, or the pH of the bulk where protons are no species."
            )
        if self.ion is not None:
            checks.label("ChargeRegulation", "ion", self.ion)
        else:
            object.__setattr__(self, "pH", _constant("ChargeRegulation", "pH", self.pH))


def _groups(given: Any) -> tuple[SurfaceGroup, ...]:
    groups = tuple(given) if isinstance(given, Iterable) else (given,)
    if not groups or not all(isinstance(each, SurfaceGroup) for each in groups):
        raise ParameterError(
            f"ChargeRegulation: groups = {given!r} was given; an AcidGroup, BaseGroup or SurfaceGroup, or several, "
            "is needed."
        )
    return groups


@dataclass(frozen=True, eq=False)
class IonFlux:
    """Active flux of one species through a wall, mol/m2/s; positive is injection into the liquid."""

    species: str
    flux: Any
    on: Names

    def __post_init__(self) -> None:
        checks.label("IonFlux", "species", self.species)
        object.__setattr__(self, "flux", as_expression(self.flux))
        object.__setattr__(self, "on", as_names("IonFlux", self.on))


@dataclass(frozen=True, eq=False)
class Fixed:
    """A value held on a boundary.

    Parameters
    ----------
    field
        "potential" (V), the name of a species (mol/m3), or "velocity" (m/s, one value for each axis).
    value
        Number, Parameter or pattern; a tuple of these for the velocity.
    on
        Name or names of boundaries.
    """

    field: str
    value: Any
    on: Names

    def __post_init__(self) -> None:
        checks.label("Fixed", "field", self.field)
        values = self.value if isinstance(self.value, tuple | list) else (self.value,)
        object.__setattr__(self, "value", tuple(as_expression(value) for value in values))
        object.__setattr__(self, "on", as_names("Fixed", self.on))


@dataclass(frozen=True, eq=False)
class Bath:
    """An opening to a reservoir at rest: its ions, its potential and its pressure, in equilibrium with each other.

    Parameters
    ----------
    concentrations
        An Electrolyte, or species -> mol/m3: numbers, Parameters or what is made of them. Neutral as a whole and
        without zeros; every species of the model is named.
    potential
        V: a number or Parameter.
    on
        Name or names of boundaries.
    pressure
        Pa, counted from that of the model's electrolyte at rest; for models with flow.

    Notes
    -----
    It holds the potential and the concentrations, so that the electrochemical potential of each ion, with its steric
    and other excess part, is that of the bath.

    Raises
    ------
    ParameterError
        For concentrations of another kind or that vary in space.
    """

    concentrations: Any
    potential: Any = 0.0
    on: Names = ()
    pressure: Any = 0.0

    def __post_init__(self) -> None:
        given = self.concentrations
        given = given.bulk if isinstance(given, Electrolyte) else given
        if not isinstance(given, Mapping) or not given:
            raise ParameterError(
                f"Bath: concentrations = {given!r} was given; an Electrolyte or a mapping from species to mol/m3 is "
                "needed."
            )
        pairs = ((str(name), _constant("Bath", f'concentration of "{name}"', value)) for name, value in given.items())
        object.__setattr__(self, "concentrations", tuple(pairs))
        object.__setattr__(self, "potential", _constant("Bath", "potential", self.potential))
        object.__setattr__(self, "pressure", _constant("Bath", "pressure", self.pressure))
        object.__setattr__(self, "on", as_names("Bath", self.on))


@dataclass(frozen=True, eq=False)
class FixedCharge:
    """Immobile charge in the volume, C/m3: of a polyelectrolyte, a gel or an ion-exchange membrane. Several add up.

    Parameters
    ----------
    density
        C/m3: number, Parameter, pattern or function.
    on
        Name or names of regions; everywhere in the liquid by default.
    """

    density: Any
    on: Names | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "density", as_expression(self.density))
        object.__setattr__(self, "on", None if self.on is None else as_names("FixedCharge", self.on))


@dataclass(frozen=True, eq=False)
class FixedTotal:
    """Amount of a species in a closed domain, as its mean concentration over the domain, mol/m3.

    A mapping from species to concentrations, such as ``electrolyte.bulk``, gives the one of its name.

    One species of a closed domain may be left out: its amount follows from neutrality with the walls.
    """

    species: str
    mean: Any

    def __post_init__(self) -> None:
        checks.label("FixedTotal", "species", self.species)
        given = self.mean
        if isinstance(given, Mapping):
            if self.species not in given:
                raise TagError(
                    f'FixedTotal: no species "{self.species}" among {", ".join(given)}.{nearest(self.species, given)}'
                )
            given = given[self.species]
        mean = _constant("FixedTotal", "mean", given)
        checks.positive("FixedTotal", f'mean of "{self.species}"', float(mean(())), "mol/m3")
        object.__setattr__(self, "mean", mean)


@dataclass(frozen=True, eq=False)
class NoSlip:
    """The liquid rests on the boundary."""

    on: Names

    def __post_init__(self) -> None:
        object.__setattr__(self, "on", as_names("NoSlip", self.on))


@dataclass(frozen=True, eq=False)
class Slip:
    """Navier slip with length b, m: u_t = -b d_n u_t, and no flow through the wall.

    The law takes the viscous traction alone: the Maxwell traction of the diffuse layer acts in the liquid, not
    between liquid and wall. A plain 0 is the same as `NoSlip`; a Parameter or pattern must stay positive.
    """

    length: Any
    on: Names

    def __post_init__(self) -> None:
        if not isinstance(self.length, Expression) and not callable(self.length):
            checks.non_negative("Slip", "length", self.length, "m")
        object.__setattr__(self, "length", as_expression(self.length))
        object.__setattr__(self, "on", as_names("Slip", self.on))

    @property
    def is_no_slip(self) -> bool:
        """True for a plain length of zero."""
        return self.length.is_constant and not self.length.parameters and float(self.length(())) == 0.0


@dataclass(frozen=True, eq=False)
class Pressure:
    """Normal traction -p n on an opening, Pa; p is counted from that of the bulk electrolyte at rest."""

    value: Any
    on: Names

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", as_expression(self.value))
        object.__setattr__(self, "on", as_names("Pressure", self.on))


@dataclass(frozen=True, eq=False)
class Symmetry:
    """A mirror plane: no flow through it, no shear, no charge, no flux."""

    on: Names = "symmetry"

    def __post_init__(self) -> None:
        object.__setattr__(self, "on", as_names("Symmetry", self.on))


@dataclass(frozen=True, eq=False)
class ElectricField:
    """Uniform driving field along a periodic axis, V/m; it adds to that of the charges."""

    value: Any
    along: str = "x"

    def __post_init__(self) -> None:
        checks.axis_index(self.along)
        object.__setattr__(self, "value", _constant("ElectricField", "value", self.value))


@dataclass(frozen=True, eq=False)
class PressureGradient:
    """Uniform driving gradient dp/dx along a periodic axis, Pa/m; a negative one drives flow along +x."""

    value: Any
    along: str = "x"

    def __post_init__(self) -> None:
        checks.axis_index(self.along)
        object.__setattr__(self, "value", _constant("PressureGradient", "value", self.value))


Condition = (
    SurfaceCharge
    | ChargeRegulation
    | Bath
    | FixedCharge
    | IonFlux
    | ElectrodeReaction
    | Fixed
    | FixedTotal
    | NoSlip
    | Slip
    | Pressure
    | Symmetry
    | ElectricField
    | PressureGradient
    | Steric
    | ExcessPotential
    | Permittivity
    | Viscosity
    | Diffusivity
)


def stated(condition: Condition | SurfaceGroup) -> Iterator[Any]:
    """Every single thing inside a condition, in order: expressions, names, numbers."""
    for given in vars(condition).values():
        yield from _flat(given)


def _flat(given: Any) -> Iterator[Any]:
    if isinstance(given, tuple):
        for each in given:
            yield from _flat(each)
    elif isinstance(given, SurfaceGroup):
        yield from stated(given)
    else:
        yield given
