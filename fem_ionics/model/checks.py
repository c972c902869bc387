# SPDX-License-Identifier: LGPL-3.0-or-later
"""Is the problem well posed? Asked before any matrix exists, answered alike on all ranks."""

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from dolfinx.mesh import entities_to_geometry
from mpi4py import MPI

from fem_ionics.errors import ModelError, ParameterError, ResolutionWarning, TagError, nearest
from fem_ionics.geometry import Domain
from fem_ionics.model.baths import check_bath_values
from fem_ionics.parameters import Electrolyte
from fem_ionics.physics import (
    ChargeRegulation,
    Condition,
    Diffusivity,
    ElectrodeReaction,
    ExcessPotential,
    Fixed,
    FixedCharge,
    FixedTotal,
    IonFlux,
    NoSlip,
    Permittivity,
    Pressure,
    PressureGradient,
    Slip,
    SurfaceCharge,
    SurfaceGroup,
    Symmetry,
    Viscosity,
)

#: Statements about regions, not about boundaries.
IN_REGIONS = (FixedCharge, Permittivity, Viscosity, Diffusivity, ExcessPotential)
#: Walls with a diffuse layer.
CHARGED = (SurfaceCharge, ChargeRegulation, IonFlux)
FLOW_CONDITIONS = (NoSlip, Slip, Pressure, Symmetry)


def check_names(electrolyte: Electrolyte, domain: Domain, conditions: Iterable[Any]) -> None:
    """Every condition is one, and names species, fields and boundaries that exist.

    Raises
    ------
    ModelError, TagError
    """
    species = [each.name for each in electrolyte.species]
    for condition in conditions:
        kind = type(condition).__name__
        if not isinstance(condition, Condition):
            raise ModelError(f"conditions: {condition!r} is not a condition such as SurfaceCharge or NoSlip.")
        on = getattr(condition, "on", None)
        if on is not None:
            known = domain.region_tags if isinstance(condition, IN_REGIONS) else domain.tags
            try:
                known(on)
            except TagError as error:
                raise TagError(f"{kind}(on=...): {error}") from None
        slopes = [name for name, _ in getattr(condition, "slopes", ())]
        ions = [getattr(condition, name, None) for name in ("species", "ion", "oxidised", "reduced")]
        for given in (*ions, *slopes):
            if given is not None and given not in species:
                raise _unknown(kind, given, "species", species)
        if isinstance(condition, Fixed) and condition.field not in ["potential", "velocity", *species]:
            raise _unknown(kind, condition.field, "field", ["potential", "velocity", *species])
        if isinstance(condition, Fixed):
            wanted = domain.dim if condition.field == "velocity" else 1
            if len(condition.value) != wanted:
                raise ModelError(
                    f'Fixed("{condition.field}"): {len(condition.value)} values were given, {wanted} needed.'
                )
        along = getattr(condition, "along", None)
        if along is not None and along not in domain.periods:
            raise ModelError(
                f'{kind}(along="{along}"): a uniform drive needs a periodic axis; this domain is periodic along '
                f"{', '.join(domain.periods) or 'none'}. Hold a potential or pressure at the openings instead."
            )


def _unknown(kind: str, given: str, what: str, known: Sequence[str]) -> TagError:
    listed = ", ".join(f'"{name}"' for name in known)
    return TagError(f'{kind}: there is no {what} "{given}"; known are {listed}.{nearest(given, known)}')


def check_overlap(domain: Domain, conditions: Iterable[Condition], flow: bool) -> None:
    """No boundary holds one field twice or gives its flux too, and with flow each has a word about the velocity.

    Raises
    ------
    ModelError
    """
    held: dict[tuple[str, int], str] = {}
    for condition in conditions:
        field = _held_field(condition)
        for tag in domain.tags(condition.on) if field else ():  # type: ignore[union-attr,arg-type]
            if (field, tag) in held:
                raise _both(domain, field, held[field, tag], condition, tag)
            held[field, tag] = type(condition).__name__
    for condition in conditions:
        for field in _driven_fields(condition):
            for tag in domain.tags(condition.on):  # type: ignore[union-attr,arg-type]
                if (field, tag) in held:
                    raise _both(domain, field, held[field, tag], condition, tag)
    if flow:
        _check_flow_everywhere(domain, {tag for field, tag in held if field == "velocity"})


def _held_field(condition: Condition) -> str:
    if isinstance(condition, Fixed):
        return condition.field
    return "velocity" if isinstance(condition, FLOW_CONDITIONS) else ""


def _driven_fields(condition: Condition) -> list[str]:
    """The fields whose flux a condition gives: where their value is held too, that flux would have no effect."""
    if isinstance(condition, SurfaceCharge | ChargeRegulation):
        return ["potential"]
    if isinstance(condition, ElectrodeReaction):
        ions = [name for name in (condition.oxidised, condition.reduced) if name is not None]
        return [*ions, "potential"] if condition.is_charged else ions
    return [condition.species] if isinstance(condition, IonFlux) else []


def _both(domain: Domain, field: str, first: str, second: Condition, tag: int) -> ModelError:
    names = [name for name, tags in domain.boundaries.items() if tags == (tag,)]
    return ModelError(
        f'{field}: both {first} and {type(second).__name__} act on "{names[0] if names else tag}"; keep one of them.'
    )


def _check_flow_everywhere(domain: Domain, held: set[int]) -> None:
    for name, tags in domain.boundaries.items():
        if name in domain.wetted and not set(tags) <= held:
            raise ModelError(
                f'No condition says what the liquid does at "{name}": give NoSlip, Slip, Symmetry, Pressure or '
                'Fixed("velocity", ...) there.'
            )


def check_no_flow(conditions: Iterable[Condition]) -> None:
    """No condition speaks of a velocity; a mirror plane does without one too.

    Raises
    ------
    ModelError
    """
    for each in conditions:
        velocity = isinstance(each, NoSlip | Slip | Pressure | PressureGradient | Viscosity)
        if velocity or (isinstance(each, Fixed) and each.field == "velocity"):
            raise ModelError(f"PNP has no velocity, but {type(each).__name__} was given: use PNPS for flow.")


def closing_species(electrolyte: Electrolyte, conditions: Sequence[Condition]) -> tuple[list[str], str | None]:
    """Species whose amounts are given, and the one that follows from neutrality (or None).

    Raises
    ------
    ModelError
        When amounts are missing, given twice or given for species that a boundary supplies, or when ions are
        supplied from outside but no boundary holds the potential.
    """
    held = {condition.field for condition in conditions if isinstance(condition, Fixed)}
    made = {each.oxidised for each in conditions if isinstance(each, ElectrodeReaction)} - held
    closed = [each.name for each in electrolyte.species if each.name not in held | made]
    totals = [condition.species for condition in conditions if isinstance(condition, FixedTotal)]
    if len(set(totals)) < len(totals):
        raise ModelError(f"FixedTotal was given twice for one species: {', '.join(totals)}.")
    open_totals = [name for name in totals if name in held]
    if open_totals:
        raise ModelError(
            f'FixedTotal("{open_totals[0]}"): a boundary holds this concentration, so its amount is not free.'
        )
    if made.intersection(totals):
        raise ModelError(
            f'FixedTotal("{made.intersection(totals).pop()}"): an electrode oxidises to it, so its amount follows from '
            "neutrality. Give that of the reduced ion, if it is one, and of the other ions."
        )
    floating = not refers_potential(conditions)
    if floating and len(closed) < len(electrolyte.species):
        raise ModelError(
            "A boundary holds a concentration, but none holds the potential: add "
            'Fixed("potential", 0.0, on=...) at that opening.'
        )
    missing = [name for name in closed if name not in totals]
    charged = [name for name in missing if electrolyte[name].valence != 0]
    if not missing or (floating and len(missing) == 1 and charged):
        return totals, (missing[0] if missing else None)
    hint = "one of them may be left out, to follow from neutrality" if floating and charged else "none may miss"
    raise ModelError(
        f"This domain is closed for {', '.join(missing)}: give FixedTotal(species, mean concentration) ({hint})."
    )


def refers_potential(conditions: Iterable[Condition]) -> bool:
    """Whether a boundary gives the potential its zero: one that holds it, or an electrode at a potential."""
    return any(
        isinstance(each, ElectrodeReaction) or (isinstance(each, Fixed) and each.field == "potential")
        for each in conditions
    )


def check_reactions(electrolyte: Electrolyte, conditions: Iterable[Condition]) -> None:
    """Each reaction of an electrode moves one electron.

    Parameters
    ----------
    electrolyte, conditions
        Names in them are known.

    Raises
    ------
    ModelError
    """
    for each in conditions:
        if not isinstance(each, ElectrodeReaction):
            continue
        before = 0 if each.reduced is None else electrolyte[each.reduced].valence
        after = electrolyte[each.oxidised].valence
        if after != before + 1:
            form = f'"{each.reduced}"' if each.reduced is not None else "the electrode"
            raise ModelError(
                f'ElectrodeReaction: {form} with valence {before} becomes "{each.oxidised}" with {after}; the laws '
                "are of one electron, so that they must differ by 1."
            )


def check_regulation(electrolyte: Electrolyte, conditions: Sequence[Condition], closing: str | None) -> None:
    """Regulated charges have ions with a charge, a reference for the protons, and an amount that neutrality sets.

    Parameters
    ----------
    electrolyte, conditions
        Names in them are known.
    closing
        The species that `closing_species` leaves to neutrality, or None.

    Raises
    ------
    ModelError
    """
    regulated = [each for each in conditions if isinstance(each, ChargeRegulation)]
    for each in regulated:
        if each.ion is not None and electrolyte[each.ion].valence == 0:
            raise ModelError(f'ChargeRegulation: "{each.ion}" has no charge, so a wall that binds it regulates none.')
    if not regulated or any(isinstance(each, Fixed) and each.field == "potential" for each in conditions):
        return
    if any(each.ion is None for each in regulated):
        raise ModelError(
            "ChargeRegulation(pH=...): protons are in equilibrium with a bulk at potential zero, but no boundary of "
            'this closed domain holds the potential. Carry "H+" as a species of the electrolyte and give ion="H+", '
            'or hold the potential with Fixed("potential", 0.0, on=...).'
        )
    if closing is None:
        raise ModelError(
            "ChargeRegulation in a closed domain: the charge of the walls follows from the ions, so that not every "
            f'amount can be given. Leave one FixedTotal out (that of "{regulated[0].ion}", which binds), and it '
            "follows from neutrality."
        )


def check_values(values: Any, electrolyte: Electrolyte, conditions: Sequence[Condition]) -> None:
    """Slip lengths are positive, densities of groups not negative and baths neutral at the parameters (collective).

    Raises
    ------
    ParameterError, ModelError
    """
    check_bath_values(values, electrolyte, conditions)
    for condition in conditions:
        if isinstance(condition, ChargeRegulation):
            for group in condition.groups:
                _check_density(values, group, condition.on)
        elif isinstance(condition, Slip) and condition.length.is_constant and not condition.is_no_slip:
            length = values.number(condition.length)
            if length <= 0.0:
                raise ParameterError(
                    f"Slip: length = {length:g} m at the present parameters; a positive length is needed "
                    "(a plain 0, or NoSlip, for none)."
                )


def _check_density(values: Any, group: SurfaceGroup, names: Sequence[str]) -> None:
    """No negative density at the nodes of the named boundaries (collective)."""
    domain = values.domain
    facets = domain.facets(names)
    nodes = entities_to_geometry(domain.mesh, domain.dim - 1, facets) if len(facets) else np.empty(0, np.int32)
    # Evaluated on ranks without such a wall too: what is wrong with an expression is raised on all of them.
    found = values.numpy(group.density, domain.mesh.geometry.x[np.unique(nodes)].T, 1.0)
    found = np.where(np.isfinite(found), found, -np.inf)
    lowest = domain.comm.allreduce(float(found.min(initial=np.inf)), op=MPI.MIN)
    largest = domain.comm.allreduce(float(found.max(initial=0.0)), op=MPI.MAX)
    # A pattern may touch zero from the wrong side by round-off.
    if lowest < -1e-9 * largest or not np.isfinite(lowest):
        raise ParameterError(
            f"ChargeRegulation(on={list(names)}): a density of groups is {lowest:g} 1/m2 somewhere at the present "
            "parameters; zero or a positive number is needed. pattern.positive_part takes the positive half of a "
            "pattern; stripes of the other sign are BaseGroup instead of AcidGroup."
        )


def warn_if_coarse(electrolyte: Electrolyte, domain: Domain, conditions: Iterable[Condition]) -> None:
    """Warn where the cells at a charged or active wall are thicker than the Debye length (collective).

    Warns
    -----
    ResolutionWarning
    """
    length = electrolyte.debye_length
    names = dict.fromkeys(name for each in conditions if isinstance(each, CHARGED) for name in each.on)
    for name in names:
        spacing = domain.wall_spacing(name)
        if spacing > length:
            warnings.warn(
                f'The cells at "{name}" are {spacing * 1e9:.3g} nm thick, the Debye length is '
                f"{length * 1e9:.3g} nm: the diffuse layer is not resolved. Make the mesh finer there.",
                ResolutionWarning,
                stacklevel=4,
            )
