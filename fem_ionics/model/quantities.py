# SPDX-License-Identifier: LGPL-3.0-or-later
"""Named quantities in SI as UFL over a model's live functions: what probes, pictures and files ask for."""

from collections.abc import Callable, Sequence
from typing import Any

import ufl

from fem_ionics.constants import FARADAY
from fem_ionics.parameters import Electrolyte, Scales
from fem_ionics.physics import electrostatics


def quantities(
    electrolyte: Electrolyte,
    scales: Scales,
    constant: Callable[[float], Any],
    potential: Any,
    concentrations: Sequence[Any],
    drifts: Sequence[Any],
    diffusivities: Sequence[Any],
    driving: Any,
    velocity: Any = None,
    pressure: Any = None,
) -> tuple[dict[str, Any], dict[str, str]]:
    """Expressions and units by name.

    Parameters
    ----------
    electrolyte, scales
        What turns scaled numbers into SI.
    constant
        Makes a symbol of a number, so that other scales need no new compilation.
    potential, concentrations, drifts, diffusivities, driving
        phi, c_i, c_i grad mu_i - z_i c_i E0, D_i, and the uniform field E0.
    velocity, pressure
        None in a model without flow; the pressure counts from that of the bulk at rest.

    Returns
    -------
    expressions, units
        Keys "potential", "electric field", each species' name, "flux NAME" and its parts "advective flux NAME",
        "diffusive flux NAME", "electromigrative flux NAME", "charge density", "current density", "velocity",
        "pressure".
    """
    field = -ufl.grad(potential) + driving
    found: dict[str, tuple[Any, str]] = {
        "potential": (constant(scales.potential) * potential, "V"),
        "electric field": (constant(scales.electric_field) * field, "V/m"),
    }
    current: Any = 0
    for species, c, drift, diffusivity in zip(electrolyte.species, concentrations, drifts, diffusivities, strict=True):
        migration = diffusivity * species.valence * c * field
        diffusion = -diffusivity * drift - migration
        advection = c * velocity if velocity is not None else 0 * field
        total = advection + diffusion + migration
        found[species.name] = (constant(scales.concentration) * c, "mol/m3")
        found[f"flux {species.name}"] = (constant(scales.flux) * total, "mol/m2/s")
        found[f"advective flux {species.name}"] = (constant(scales.flux) * advection, "mol/m2/s")
        found[f"diffusive flux {species.name}"] = (constant(scales.flux) * diffusion, "mol/m2/s")
        found[f"electromigrative flux {species.name}"] = (constant(scales.flux) * migration, "mol/m2/s")
        current = current + species.valence * total
    charge = electrostatics.charge_density(concentrations, electrolyte.valences)
    found["charge density"] = (constant(scales.volume_charge) * charge, "C/m3")
    found["current density"] = (constant(FARADAY * scales.flux) * current, "A/m2")
    if velocity is not None:
        found["velocity"] = (constant(scales.velocity) * velocity, "m/s")
        found["pressure"] = (constant(scales.pressure) * pressure, "Pa")
    return {name: e for name, (e, _) in found.items()}, {name: unit for name, (_, unit) in found.items()}
