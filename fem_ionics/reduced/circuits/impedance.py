# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a circuit answers to small signals: its impedance between two nodes.

Linearised about an operating point an element has the admittance

    y(omega) = di/dv + di/ds (i omega - dr/ds)^-1 dr/dv

for states with rates r; a memristor's part that lags looks like an inductor or a capacitor. Sources are held.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fem_ionics.errors import ParameterError
from fem_ionics.reduced import given
from fem_ionics.reduced.circuits.elements import GROUND
from fem_ionics.reduced.circuits.equations import Equations
from fem_ionics.reduced.circuits.operating import OperatingPoint, operating_point

if TYPE_CHECKING:
    from fem_ionics.reduced.circuits.circuit import Circuit

Complex = NDArray[np.complex128]


def impedance(
    circuit: "Circuit", frequencies: Any, first: str, second: str = GROUND, point: OperatingPoint | None = None
) -> Complex:
    """Voltage from one node to another over a small current sent in at the first and taken out at the second.

    Parameters
    ----------
    circuit
        The circuit.
    frequencies
        Hz, shape (n,); positive.
    first, second
        Nodes.
    point
        Where to linearise; the operating point by default.

    Returns
    -------
    array of complex, shape (n,)
        ohm.

    Raises
    ------
    ParameterError
        For frequencies that are not positive, or twice the same node.
    TagError
        For nodes that the circuit does not have.
    ModelError, ConvergenceError
        When there is no operating point.
    """
    f = np.atleast_1d(given.positives("impedance", "frequencies", frequencies))
    if first == second:
        raise ParameterError(f'impedance: between "{first}" and "{second}" was given; two different nodes are needed.')
    sent = np.zeros(len(circuit.nodes))
    for name, sign in ((first, 1.0), (second, -1.0)):
        if name != GROUND:
            sent[circuit.node(name)] += sign
    where = operating_point(circuit) if point is None else point
    equations = circuit.equations()
    now = equations.moment(0.0, where.z)
    N = circuit.topology.N
    by_y, stored = equations.A.T @ N, equations.K.T @ N
    found = []
    for omega in (2.0 * np.pi * f).tolist():
        admittances = _admittances(equations, where, now, omega)
        matrix = by_y.T @ (admittances[:, None] * by_y)
        matrix = matrix + 1j * omega * stored.T @ (equations.capacitances[:, None] * stored)
        found.append((N.T @ sent) @ np.linalg.solve(matrix, N.T @ sent))
    return np.array(found, dtype=complex)


def _admittances(equations: Equations, point: OperatingPoint, now: Any, omega: float) -> Complex:
    values = now.di.astype(complex)
    s, volts = point.z[equations.charges :].tolist(), now.across.tolist()
    for k in equations.with_states:
        slot = equations.slots[k]
        _, by_v, by_s = equations.conductive[k].rates(volts[k], s[slot])
        lag = 1j * omega * np.eye(slot.stop - slot.start) - np.array(by_s, dtype=float)
        values[k] += now.di_ds[k, slot] @ np.linalg.solve(lag, np.array(by_v, dtype=float))
    return values
