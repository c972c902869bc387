# SPDX-License-Identifier: LGPL-3.0-or-later
"""Circuits as netlists for ngspice: channels and diodes become behavioural sources."""

import itertools
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from fem_ionics.parameters import checks
from fem_ionics.reduced.circuits.elements import GROUND, Card
from fem_ionics.reduced.circuits.equations import at_values
from fem_ionics.reduced.circuits.operating import OperatingPoint, operating_point, starting_point

if TYPE_CHECKING:
    from fem_ionics.reduced.circuits.circuit import Circuit

#: Currents of channels are smaller than what SPICE neglects by default.
_OPTIONS = ".options reltol=1e-6 abstol=1e-21 vntol=1e-9 chgtol=1e-24 method=gear"


def netlist(
    circuit: "Circuit",
    *,
    until: float | None = None,
    step: float | None = None,
    start: OperatingPoint | Mapping[str, float] | None = None,
    data: str = "",
    title: str = "ionic circuit",
) -> str:
    """The circuit at its parameters' present values, as text for ngspice.

    Parameters
    ----------
    circuit
        The circuit.
    until
        End of a transient, s; without it the operating point is asked for.
    step
        Largest step of the transient, s; a thousandth of it by default.
    start
        As in `transient`: where the transient starts; the operating point by default.
    data
        File to which ngspice writes the time and the voltages of all nodes, in the order of `Circuit.nodes`.
    title
        First line.

    Returns
    -------
    str
        Nodes are called as here, with "_" for what SPICE does not take and numbers where two would be one; the
        ground is 0. Comments tell.

    Raises
    ------
    ParameterError
        For values out of range, and waveforms without an end to write to.
    ModelError, ConvergenceError
        When there is no operating point to start from.
    """
    checks.label("netlist", "title", title)
    nodes = {GROUND: "0"} | _safe(circuit.nodes)
    names = _safe(circuit.elements)
    equations = circuit.equations()
    ends = 0.0 if until is None else checks.positive("netlist", "until", until, "s")
    if isinstance(start, Mapping):
        z = starting_point(circuit, start)
    else:
        z = (operating_point(circuit) if start is None else start).z
    now = equations.moment(0.0, z)
    volts = dict(zip(circuit.nodes, equations.node_voltages(0.0, z, now).tolist(), strict=True))
    states = {equations.names[k]: z[equations.charges :][equations.slots[k]].tolist() for k in equations.with_states}
    lines = [title.splitlines()[0], *(f"* {nodes[node]} is {node}" for node in circuit.nodes), _OPTIONS]
    for name, (element, first, second) in circuit.elements.items():
        card = Card(names[name], nodes[first], nodes[second], states.get(name, ()), ends)
        lines += at_values(element).spice(card)
    shown = " ".join(f"V({nodes[node]})" for node in circuit.nodes)
    if until is not None:
        largest = ends / 1000.0 if step is None else checks.positive("netlist", "step", step, "s")
        lines += [f".ic V({nodes[node]})={value:.12g}" for node, value in volts.items()]
        lines += [f".tran {largest:.12g} {ends:.12g} 0 {largest:.12g} uic"]
    else:
        lines += [f".nodeset V({nodes[node]})={value:.12g}" for node, value in volts.items()]
        lines += [".op"]
    lines += [".control", "set wr_singlescale", "set numdgt=12", "run"]
    lines += [f"wrdata {data} {shown}" if data else f"print {shown}", "quit", ".endc", ".end"]
    return "\n".join(lines) + "\n"


def _safe(names: Iterable[str]) -> dict[str, str]:
    """Names in letters, digits and "_", each once: SPICE does not see capitals, and 0 is its ground."""
    changed: dict[str, str] = {}
    taken = {"0"}
    for name in names:
        plain = re.sub(r"\W", "_", name, flags=re.ASCII)
        numbered = (f"{plain}_{k}" for k in itertools.count(2))
        safe = next(each for each in itertools.chain([plain], numbered) if each.lower() not in taken)
        taken.add(safe.lower())
        changed[name] = safe
    return changed
