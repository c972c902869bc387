# SPDX-License-Identifier: LGPL-3.0-or-later
"""Which nodes hang together through what: the part of Kirchhoff's laws that is counting.

Voltage sources tie nodes into groups that share one unknown voltage. Capacitors tie groups into islands. An island that
does not reach the ground through capacitors has one voltage, that of its last group, which follows at each instant from
the currents into it: an algebraic unknown b. All others, taken against that last group or the ground, are the
voltages a that the charges of the capacitors give:

    node voltages = N (U a + Z b) + E e,    with matrices of 0 and +-1 and the sources' voltages e
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fem_ionics.errors import ModelError, nearest
from fem_ionics.reduced.circuits.elements import GROUND
from fem_ionics.reduced.given import Array

Edge = tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class Topology:
    """The matrices of the module.

    Attributes
    ----------
    nodes : tuple of str
        Without the ground.
    N : (nodes, groups) array
        Group -> node, without the group of the ground.
    E : (nodes, sources) array
        Voltage source -> node.
    U : (groups, differential) array
        a -> group.
    Z : (groups, algebraic) array
        b -> group.
    """

    nodes: tuple[str, ...]
    N: Array
    E: Array
    U: Array
    Z: Array

    def incidence(self, edges: Sequence[Edge]) -> Array:
        """(nodes, edges): +1 where an element leaves its first node, -1 at its second."""
        matrix = np.zeros((len(self.nodes), len(edges)))
        for column, (_, first, second) in enumerate(edges):
            for node, sign in ((first, 1.0), (second, -1.0)):
                if node != GROUND:
                    matrix[self.nodes.index(node), column] += sign
        return matrix


def topology(edges: Sequence[Edge], batteries: Sequence[Edge], capacitors: Sequence[Edge]) -> Topology:
    """Sort the nodes of a circuit.

    Parameters
    ----------
    edges
        (name, first, second) of all elements.
    batteries, capacitors
        Those among them that hold a voltage, and that store charge.

    Raises
    ------
    ModelError
        For batteries in a closed loop.
    """
    nodes = tuple(dict.fromkeys(node for _, *ends in edges for node in ends if node != GROUND))
    offsets = _groups(nodes, batteries)
    roots = tuple(dict.fromkeys(root for root, _ in offsets.values() if root != GROUND))
    N = np.array([[float(offsets[node][0] == root) for root in roots] for node in nodes]).reshape(len(nodes), -1)
    E = np.array([offsets[node][1] for node in nodes]).reshape(len(nodes), len(batteries))
    ends = [(name, offsets[a][0], offsets[b][0]) for name, a, b in capacitors]
    islands = connected((GROUND, *roots), ends)
    columns_U, columns_Z = [], []
    for island in islands:
        if GROUND not in island:
            columns_Z.append([float(root in island) for root in roots])
        kept = [root for root in roots if root in island]
        for root in kept if GROUND in island else kept[:-1]:
            columns_U.append([float(each == root) for each in roots])
    U, Z = (np.array(columns).reshape(len(columns), len(roots)).T for columns in (columns_U, columns_Z))
    return Topology(nodes, N, E, U, Z)


def _groups(nodes: Sequence[str], batteries: Sequence[Edge]) -> dict[str, tuple[str, Array]]:
    """Node -> node that stands for its group, and how many of each battery lie between them."""
    offsets = {node: (node, np.zeros(len(batteries))) for node in (GROUND, *nodes)}
    for index, (name, plus, minus) in enumerate(batteries):
        (root_plus, up), (root_minus, down) = offsets[plus], offsets[minus]
        if root_plus == root_minus:
            raise ModelError(
                f'battery "{name}": "{plus}" and "{minus}" are already held by other batteries: it is shorted through '
                "them. Put a resistor in the loop, or drop it."
            )
        # V(plus) = V(minus) + e: the group of one is moved to the other, that of the ground stays.
        step = np.eye(len(batteries))[index]
        if root_plus == GROUND:
            moved, target, shift = root_minus, root_plus, up - down - step
        else:
            moved, target, shift = root_plus, root_minus, down + step - up
        offsets.update(
            {node: (target, known + shift) for node, (root, known) in offsets.items() if root == moved},
        )
    return offsets


def connected(nodes: Iterable[str], edges: Iterable[Edge]) -> list[set[str]]:
    """Sets of nodes that edges join."""
    islands = [{node} for node in nodes]
    for _, first, second in edges:
        one = next(island for island in islands if first in island)
        two = next(island for island in islands if second in island)
        if one is not two:
            one |= two
            islands.remove(two)
    return islands


def check_connected(edges: Sequence[Edge], sources_of_current: Sequence[Edge]) -> None:
    """ModelError for nodes that one element alone touches, or that nothing but current sources ties to the ground."""
    ends = [node for _, *pair in edges for node in pair]
    nodes = tuple(dict.fromkeys(ends))
    if GROUND not in nodes:
        raise ModelError(f'Circuit: no element touches the node "{GROUND}", from which voltages count; connect one.')
    for node in nodes:
        if ends.count(node) == 1 and node != GROUND:
            name = next(name for name, *pair in edges if node in pair)
            raise ModelError(
                f'Circuit: node "{node}" is floating: only "{name}" touches it. Connect it to another element.'
                f"{nearest(node, [other for other in nodes if other != node])}"
            )
    given = set(sources_of_current)
    for island in connected(nodes, [edge for edge in edges if edge not in given]):
        if GROUND not in island:
            listed = ", ".join(f'"{node}"' for node in nodes if node in island)
            raise ModelError(
                f'Circuit: {listed} floating: nothing but current sources ties it to "{GROUND}". Add a resistor, a '
                "channel or a capacitor."
            )
