# SPDX-License-Identifier: LGPL-3.0-or-later
"""What is asked of a model before a solve, and of a solution before it counts."""

import warnings

from dolfinx import fem
from mpi4py import MPI

from fem_ionics.constants import AVOGADRO
from fem_ionics.errors import ConvergenceError, DepletionError, ModelError, ResolutionWarning
from fem_ionics.model import Model
from fem_ionics.physics import ChargeRegulation, ElectrodeReaction, FixedTotal, IonFlux, Steric

#: Nodal undershoots below this fraction of the scale come from the mesh: they are reported, not refused. An ion that
#: no flux takes away cannot run out, so more of it is put down to the mesh; an absorbed one is judged
#: strictly. Less than the last number changes no digit that such a mesh has.
_UNDERSHOOT, _UNDERSHOOT_ABSORBED, _NEGLIGIBLE = 2e-2, 1e-3, 1e-5

#: A given net flux or charge below this fraction of its size is rounding and quadrature.
_BALANCED = 1e-6


def net_fluxes(model: Model) -> dict[str, tuple[float, float]]:
    """Species -> net active flux and its size over all walls, mol/s; per metre of depth if planar (collective).

    Without those that react at electrodes: their flux follows from the solution.
    """
    reacting = _reacting(model)
    unit = model.scales.flux * model.scales.length ** (model.domain.device_dim - 1) * model.domain.multiplicity
    return {
        name: (unit * model.integral(f"flux {name}"), unit * model.integral(f"flux size {name}"))
        for name in model.amounts
        if f"flux {name}" in model.integrals and name not in reacting
    }


def _reacting(model: Model) -> set[str | None]:
    """Species that electrodes turn into each other."""
    reactions = [each for each in model.conditions if isinstance(each, ElectrodeReaction)]
    return {name for each in reactions for name in (each.oxidised, each.reduced)}


def unbalanced(model: Model) -> list[str]:
    """Closed species with a net active flux at the present parameters (collective)."""
    return [name for name, (net, size) in net_fluxes(model).items() if abs(net) > _BALANCED * size]


def bound(model: Model) -> list[str]:
    """Species of given amount that walls bind or electrodes take: it may change while the liquid does."""
    given = {each.species for each in model.conditions if isinstance(each, FixedTotal)}
    binding = {each.ion for each in model.conditions if isinstance(each, ChargeRegulation)}
    return [name for name in model.amounts if name in (given & binding) | _reacting(model)]


def check_closed(model: Model, *, steady: bool) -> None:
    """A closed domain must balance: no net flux of a species (steady) or of charge, and neutral amounts.

    Raises
    ------
    ModelError
        With the mean that was found.
    """
    if not model.amounts:
        return
    _check_fluxes(model, steady)
    if not _regulates(model):
        check_neutrality(model)


def check_regulated(model: Model) -> None:
    """What `check_closed` could not know before the solve: the charge of regulated walls leaves a positive amount.

    Raises
    ------
    ModelError
    """
    if model.amounts and _regulates(model):
        check_neutrality(model)


def _regulates(model: Model) -> bool:
    return any(isinstance(each, ChargeRegulation) for each in model.conditions)


def _check_fluxes(model: Model, steady: bool) -> None:
    fluxes = net_fluxes(model)
    for name in unbalanced(model) if steady else ():
        net, size = fluxes[name]
        area = model.domain.area(_walls(model, name))
        raise ModelError(
            f'IonFlux("{name}") injects a net {net:.3g} mol/s (mean {net / area:.3g} mol/m2/s over its active walls, '
            f"against a mean size of {size / area:.3g}): a closed domain has no steady state then. Make its mean "
            "zero, or open the domain with Fixed concentrations."
        )
    if not floats(model):
        return  # the boundary that holds the potential takes the charge up
    charge = sum(model.electrolyte[name].valence * net for name, (net, _) in fluxes.items())
    if abs(charge) > _BALANCED * sum(size for _, size in fluxes.values()):
        raise ModelError(
            f"The active fluxes charge the closed domain (net {charge:.3g} mol/s of elementary charges): let them "
            "balance, or hold a potential somewhere."
        )


def floats(model: Model) -> bool:
    """No boundary holds the potential."""
    return any(field.name == "potential gauge" for field in model.fields)


def _walls(model: Model, species: str) -> tuple[str, ...]:
    """Names of the boundaries through which a species is driven."""
    fluxes = [each for each in model.conditions if isinstance(each, IonFlux) and each.species == species]
    return tuple(dict.fromkeys(name for each in fluxes for name in each.on))


def check_neutrality(model: Model) -> None:
    """All amounts given: they must be neutral with the walls. One left to neutrality: it must be positive.

    Raises
    ------
    ModelError
    """
    if not floats(model):
        return
    scales, volume = model.scales, model.integral("volume")
    walls = model.integral("wall charge") / volume if "wall charge" in model.integrals else 0.0
    means = {
        condition.species: model.values.number(condition.mean, scales.concentration)
        for condition in model.conditions
        if isinstance(condition, FixedTotal)
    }
    ions = sum(model.electrolyte[name].valence * mean for name, mean in means.items())
    free = [name for name in model.amounts if name not in means]
    if free:
        mean = -(ions + walls) / model.electrolyte[free[0]].valence
        if mean <= 0.0:
            raise ModelError(
                f'Neutrality asks for {mean * scales.concentration:.4g} mol/m3 of "{free[0]}": the walls carry more '
                "charge than the given amounts can balance. Give another FixedTotal or wall charge."
            )
    elif abs(ions + walls) > _BALANCED * (sum(abs(mean) for mean in means.values()) + abs(walls)):
        excess = (ions + walls) * scales.concentration
        raise ModelError(
            f"The given amounts and the wall charge do not balance (excess {excess:.4g} mol/m3 of elementary charges "
            "over the domain): leave one FixedTotal out, and it follows from neutrality."
        )


def check_positive(model: Model) -> None:
    """No negative concentration in the live functions (collective).

    Raises
    ------
    DepletionError
        Naming the ion, the value and the place.

    Warns
    -----
    ResolutionWarning
        For an undershoot so small that the mesh explains it.
    """
    absorbed = {each.species for each in model.conditions if isinstance(each, IonFlux)}
    for species, (value, where) in model.concentration_minima().items():
        limit = _UNDERSHOOT_ABSORBED if species in absorbed else _UNDERSHOOT
        if value < -limit * model.scales.concentration:
            raise _depleted(model, species, value, where, species in absorbed)
        if value < -_NEGLIGIBLE * model.scales.concentration:
            warnings.warn(
                f'The concentration of "{species}" undershoots zero at {_place(model, where)}: the mesh is coarse for '
                "so strong a depletion. Refine it there.",
                ResolutionWarning,
                stacklevel=4,
            )


def check_packing(model: Model) -> None:
    """Ions with a size fill less than the volume, at the nodes of the live functions (collective).

    Formulas of crowding have roots beyond that, which Newton may find.

    Raises
    ------
    ConvergenceError
    """
    steric = [each.model for each in model.conditions if isinstance(each, Steric)]
    if not steric:
        return

    def make() -> tuple[fem.Function, fem.Expression]:
        species = model.electrolyte.species
        packing = steric[0].packing([AVOGADRO * model.expression(each.name) for each in species], species)
        space = model.field_named("potential").function.function_space
        return fem.Function(space), fem.Expression(packing, space.element.interpolation_points)

    function, expression = model.kept(("solve", "packing"), make)
    function.interpolate(expression, model.cells_of(model.electrolyte.names[0]))
    largest = model.domain.comm.allreduce(float(abs(function.x.array).max(initial=0.0)), op=MPI.MAX)
    if not largest < 1.0:
        raise ConvergenceError(
            f"The solution found fills {largest:.3g} of the volume with ions, more than there is: it is no state of "
            "the liquid. Raise the charge or the potential in smaller steps, or refine the mesh at the wall.",
            reason="PACKING",
        )


def _depleted(model: Model, species: str, value: float, where: tuple[float, ...], absorbed: bool) -> DepletionError:
    cause = "the flux asked for exceeds what diffusion and migration can supply there" if absorbed else "unresolved"
    cure = "Lower the flux, raise the concentration, or refine the mesh." if absorbed else "Refine the mesh there."
    return DepletionError(
        f'The concentration of "{species}" falls to {value:.4g} mol/m3 at {_place(model, where)}: {cause}. {cure}',
        species=species,
        minimum=value,
        where=where,
    )


def _place(model: Model, where: tuple[float, ...]) -> str:
    return ", ".join(f"{axis} = {x * 1e9:.4g} nm" for axis, x in zip(model.domain.axes, where, strict=False))
