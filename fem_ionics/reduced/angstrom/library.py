# SPDX-License-Identifier: LGPL-3.0-or-later
"""The pores and ions of Noh and Smolyanitsky (Small, 2026): `pores.toml`, read and made into kinetics."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from fem_ionics.cite import Reference, cite, register
from fem_ionics.errors import ParameterError, TagError, nearest
from fem_ionics.parameters import Parameter, checks
from fem_ionics.reduced.angstrom.barriers import Transition, centre_trap, entrance_trap
from fem_ionics.reduced.angstrom.carrier import ExponentialCarrier
from fem_ionics.reduced.angstrom.kinetics import PoreKinetics
from fem_ionics.reduced.angstrom.roles import DesignSpace, Role
from fem_ionics.reduced.angstrom.states import PoreStates

register(
    [
        Reference(
            "noh2026",
            "Y. Noh, A. Smolyanitsky",
            "Leveraging electrochemical diversity in engineering liquid-state ionic devices for neuromorphic computing",
            "Small",
            2026,
            "10.1002/smll.202511663",
        ),
    ]
)

#: Where a number comes from.
ORIGINS = ("stated", "fitted", "assumed")
_TRAPS: dict[str, Callable[..., tuple[Transition, ...]]] = {"centre": centre_trap, "entrance": entrance_trap}


@dataclass(frozen=True)
class Figure:
    """A number with its source.

    Parameters
    ----------
    value
        SI.
    origin
        "stated" in the paper, "fitted" here to what it states, or "assumed".
    source
        Where it is stated, or what it was fitted to.
    """

    value: float
    origin: str
    source: str


@dataclass(frozen=True)
class AngstromPore:
    """What is known of one pore.

    Parameters
    ----------
    name, membrane, note
        Words.
    roles
        Ion -> role, of the ions whose role is known.
    inferred
        Ions whose role the paper does not name.
    carriers
        Ion -> `concentration` (mol/m3), `C` (S) and `alpha` (1/V) of the open pore.
    traps
        Ion -> rates and distances of `centre_trap` or `entrance_trap`.
    places
        Ion -> "centre" or "entrance".
    """

    name: str
    membrane: str
    note: str
    roles: Mapping[str, Role]
    inferred: frozenset[str]
    carriers: Mapping[str, Mapping[str, Figure]]
    traps: Mapping[str, Mapping[str, Figure]]
    places: Mapping[str, str]


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads((files("fem_ionics.reduced.angstrom") / "pores.toml").read_text(encoding="utf-8"))


@cache
def angstrom_ions() -> Mapping[str, int]:
    """Ion -> valence of the nine cations."""
    return MappingProxyType({name: int(known["valence"]) for name, known in _read()["ions"].items()})


@cache
def angstrom_pores() -> Mapping[str, AngstromPore]:
    """Name -> pore, of the four."""
    return MappingProxyType({name: _pore(name, known) for name, known in _read()["pores"].items()})


def _pore(name: str, known: Mapping[str, Any]) -> AngstromPore:
    traps = known.get("traps", {})
    return AngstromPore(
        name,
        known["membrane"],
        known["note"],
        {ion: Role(each["role"]) for ion, each in known["roles"].items()},
        frozenset(ion for ion, each in known["roles"].items() if each["origin"] != "stated"),
        {ion: _figures(name, ion, each) for ion, each in known.get("carriers", {}).items()},
        {ion: _figures(name, ion, each) for ion, each in traps.items()},
        {ion: each["place"] for ion, each in traps.items()},
    )


def _figures(pore: str, ion: str, given: Mapping[str, Any]) -> dict[str, Figure]:
    found = {key: Figure(**each) for key, each in given.items() if isinstance(each, Mapping)}
    for key, figure in found.items():
        if figure.origin not in ORIGINS or not figure.source:
            raise ParameterError(f"pores.toml: {key} of {ion} in {pore} has no source, or an unknown origin.")
    return found


def roles_of_pores() -> dict[str, dict[str, Role | None]]:
    """Pore -> ion -> role of every ion in every pore; None where the text does not tell it."""
    return {name: {ion: pore.roles.get(ion) for ion in angstrom_ions()} for name, pore in angstrom_pores().items()}


def design_space() -> DesignSpace:
    """Of the four pores and the nine cations."""
    return DesignSpace(tuple(angstrom_pores()), tuple(angstrom_ions()))


def angstrom_pore(
    pore: str, concentrations: Mapping[str, float | Parameter], *, voltage: float | Parameter = 0.0
) -> PoreKinetics:
    """Kinetics of a pore of the paper in a mixture.

    Parameters
    ----------
    pore
        "18-crown-6" or "B3N"; of the two others only roles are known.
    concentrations
        Ion -> concentration in both baths, mol/m3: a number, or a Parameter for an ion that binds.
    voltage
        Of cis, V: a number or a Parameter.

    Raises
    ------
    TagError
        For an unknown pore or ion, and an ion without numbers in this pore.
    ParameterError
        For negative concentrations.

    Notes
    -----
    One site for one occupant, rates of `pores.toml`. The conductance of the open pore grows in proportion to the
    concentration of its carrier, which is assumed; anions do not pass and need not be named.
    """
    found = angstrom_pores().get(pore)
    if found is None:
        raise _unknown(pore, "pores", angstrom_pores())
    for ion in concentrations:
        _check_ion(found, ion)
    carriers = [_carrier(found, ion, given) for ion, given in concentrations.items() if ion in found.carriers]
    binding = {ion: given for ion, given in concentrations.items() if ion in found.traps}
    steps: list[Transition] = []
    for ion in binding:
        numbers = {key: figure.value for key, figure in found.traps[ion].items()}
        steps += _TRAPS[found.places[ion]](ion, valence=angstrom_ions()[ion], **numbers)
    cite("noh2026")
    temperature = float(_read()["temperature"]["value"])
    states = PoreStates(tuple(binding))
    return PoreKinetics(states, steps, binding, voltage=voltage, carriers=carriers, temperature=temperature)


def _unknown(name: str, kind: str, known: Iterable[str]) -> TagError:
    listed = ", ".join(f'"{each}"' for each in known)
    return TagError(f'angstrom_pore: "{name}" is not known; the {kind} are {listed}.{nearest(str(name), known)}')


def _check_ion(pore: AngstromPore, ion: str) -> None:
    if ion not in angstrom_ions():
        raise _unknown(ion, "ions", angstrom_ions())
    numbers = [*pore.carriers, *pore.traps]
    if ion not in numbers:
        raise TagError(
            f'angstrom_pore: no rates of "{ion}" in "{pore.name}" are known; there are some of '
            f"{', '.join(numbers) or 'none'}. Others: PoreKinetics with centre_trap or entrance_trap."
        )


def _carrier(pore: AngstromPore, ion: str, given: float | Parameter) -> ExponentialCarrier:
    if isinstance(given, Parameter):
        raise ParameterError(f'angstrom_pore: the concentration of the carrier "{ion}" is a Parameter; give a number.')
    figures = {key: figure.value for key, figure in pore.carriers[ion].items()}
    part = checks.non_negative("angstrom_pore", f"concentration of {ion}", given, "mol/m3") / figures["concentration"]
    return ExponentialCarrier(ion, part * figures["C"], figures["alpha"], angstrom_ions()[ion])
