# SPDX-License-Identifier: LGPL-3.0-or-later
"""Probes as goals of an error estimate: J(u) = R(u; q) + G(u), with a test function q and a form G."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem

from fem_ionics.constants import FARADAY
from fem_ionics.errors import ModelError, ParameterError
from fem_ionics.model import Model
from fem_ionics.observe.currents import Current, IonCurrent, IonRate
from fem_ionics.observe.forms import axis_of, device, integral, mesh_volume, names, scalar, weighted
from fem_ionics.observe.probes import FlowRate, Integral, Mean, Probe
from fem_ionics.observe.residual import held_nodes, held_sum, ion_field

Array = npt.NDArray[np.float64]


class Goal:
    """What a probe measures on a model, in the form that an adjoint needs.

    Parameters
    ----------
    probe
        `Current`, `IonCurrent` or `IonRate` out of boundaries (``on=``) where concentrations are held or as the mean
        along an axis; `Mean`, `Integral` or `FlowRate`.
    model
        On which.

    Raises
    ------
    ParameterError
        For other probes, and for one section (``at=``).
    ModelError
        For ions out of boundaries that hold none: what leaves there is given.
    """

    def __init__(self, probe: Probe, model: Model) -> None:
        self.probe = probe
        self.model = model
        self.on: tuple[str, ...] = ()
        self._per_species: dict[str, float] = {}
        self._build: Callable[[], Any] | None = None
        if isinstance(probe, Current | IonRate) and probe.on is not None:
            self._take_outflow(probe)
        else:
            self._build = _form_of(probe, model)

    def _take_outflow(self, probe: Current | IonRate) -> None:
        self.on = names(type(probe).__name__, probe.on)  # type: ignore[arg-type]  # checked to be given
        scale = -self.model.scales.flux * device(self.model.domain, 1)
        factors = _factors(probe, self.model)
        comm = self.model.domain.comm
        held = {name for name in factors if comm.allreduce(len(held_nodes(self.model, name, self.on)))}
        self._per_species = {name: scale * factor for name, factor in factors.items() if name in held}
        if not held:
            raise ModelError(
                f"{probe.name}: no concentration is held there, so the current is given and has no error to estimate. "
                "Name an opening to a bath."
            )

    def value(self) -> float:
        """R(u; q) + G(u) at the live functions, in the probe's unit (collective).

        It is the probe's number, less what `IonFlux` gives.
        """
        total = sum(weight * held_sum(self.model, name, self.on) for name, weight in self._per_species.items())
        return total + self.form_value()

    def form_value(self) -> float:
        """G(u) at the live functions (collective)."""
        return integral(self.model, ("goal", self.probe), self._build) if self._build else 0.0

    def lift(self) -> list[Array | None]:
        """For each block the values of q at its local unknowns, ghosts included; None for zero (collective)."""
        found: list[Array | None] = [None] * len(self.model.fields)
        for name, weight in self._per_species.items():
            field = ion_field(self.model, name)
            function = fem.Function(field.function.function_space)
            function.x.array[held_nodes(self.model, name, self.on)] = weight
            function.x.scatter_forward()
            found[self.model.fields.index(field)] = function.x.array.copy()
        return found

    def slope(self) -> list[fem.Form | None]:
        """For each block the compiled form G'(u); None where G lacks the field (collective)."""
        if self._build is None:
            return [None] * len(self.model.fields)
        form = self._build()
        present = set(form.coefficients())
        return [
            fem.form(ufl.derivative(form, each.function, ufl.TestFunction(each.function.function_space)))
            if each.function in present
            else None
            for each in self.model.fields
        ]


def _factors(probe: Current | IonRate, model: Model) -> dict[str, float]:
    """Species -> what one mol/s of it counts."""
    if isinstance(probe, Current):
        return {each.name: FARADAY * each.valence for each in model.electrolyte.species if each.valence}
    species = model.electrolyte[probe.species]
    return {species.name: FARADAY * species.valence if isinstance(probe, IonCurrent) else 1.0}


def _form_of(probe: Probe, model: Model) -> Callable[[], Any]:
    """What builds G in the probe's unit."""
    domain = model.domain
    if isinstance(probe, Mean):
        share = model.values.constant(1.0 / mesh_volume(model, probe.region))
        return lambda: share * weighted(model, scalar(model, probe.quantity, probe.component), probe.region)
    if isinstance(probe, Integral):
        size = model.values.constant(device(domain))
        return lambda: size * weighted(model, scalar(model, probe.quantity, probe.component), probe.region)
    if isinstance(probe, FlowRate) and probe.on is not None:
        return lambda: _through(model, names("FlowRate", probe.on))  # type: ignore[arg-type]  # checked to be given
    if isinstance(probe, FlowRate):
        return lambda: _along(model, "velocity", probe.along)
    if isinstance(probe, Current | IonRate) and probe.at is None:
        factors = _factors(probe, model)
        return lambda: sum(
            model.values.constant(factor) * _along(model, f"flux {name}", probe.along)
            for name, factor in factors.items()
        )
    raise _unsupported(probe)


def _along(model: Model, quantity: str, axis: str) -> Any:
    """Mean over the sections across an axis of what passes them."""
    domain = model.domain
    index = axis_of(domain, axis)
    length = float(domain.bounds[1][index] - domain.bounds[0][index])
    size = model.values.constant(device(domain) / length)
    return size * weighted(model, scalar(model, quantity, axis))


def _through(model: Model, on: tuple[str, ...]) -> Any:
    """Liquid that leaves through boundaries."""
    domain = model.domain
    size = model.values.constant(device(domain, 1))
    through = ufl.dot(model.expression("velocity"), domain.normal)
    return size * through * domain.ds(on, degree=model.quadrature_degree)


def _unsupported(probe: Any) -> ParameterError:
    return ParameterError(
        f"{getattr(probe, 'name', probe)!s}: no error estimate for this; give Current, IonCurrent or IonRate with on= "
        "or along=, or Mean, Integral or FlowRate."
    )
