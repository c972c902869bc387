# SPDX-License-Identifier: LGPL-3.0-or-later
"""Numbers of a state that the verification needs, integrated here without the package's probes."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from dolfinx import fem


def integral(domain: Any, integrand: Any, degree: int = 8) -> float:
    """Integral over the mesh in mesh units (collective)."""
    return float(domain.comm.allreduce(fem.assemble_scalar(fem.form(integrand * domain.dx(degree=degree)))))


def surface_mean(domain: Any, integrand: Any, on: str, degree: int = 6) -> float:
    """Mean over a boundary (collective)."""
    one = fem.Constant(domain.mesh, 1.0)
    local = [fem.assemble_scalar(fem.form(each * domain.ds(on, degree=degree))) for each in (integrand, one)]
    total, area = map(domain.comm.allreduce, local)
    return float(total / area)


@dataclass
class Mean:
    """Mean over the liquid of a UFL expression of a model's live functions; compiled once, also a probe."""

    model: Any
    expression: Any
    unit: str = ""
    _form: Any = field(init=False)
    _volume: float = field(init=False)

    def __post_init__(self) -> None:
        domain = self.model.domain
        self._form = fem.form(self.expression * domain.dx(degree=self.model.quadrature_degree))
        self._volume = integral(domain, fem.Constant(domain.mesh, 1.0), 2)

    def __call__(self, state: Any) -> float:
        self.model.load(state)
        return float(self.model.domain.comm.allreduce(fem.assemble_scalar(self._form))) / self._volume


def mean_velocity(model: Any) -> Mean:
    """Axial velocity averaged over the channel, in the model's scale D/L."""
    return Mean(model, model.field_named("velocity").function[0])


def peak_velocity(state: Any) -> float:
    """Largest nodal speed in the model's scale D/L (collective)."""
    names = [each.name for each in state.model.fields]
    speeds = np.linalg.norm(state.arrays[names.index("velocity")].reshape(-1, state.model.domain.dim), axis=1)
    return float(max(state.model.domain.comm.allgather(float(speeds.max(initial=0.0)))))


def orders(errors: Any) -> Any:
    """Observed orders of errors on meshes or steps that halve."""
    errors = np.asarray(errors, dtype=float)
    return np.log2(errors[:-1] / errors[1:])
