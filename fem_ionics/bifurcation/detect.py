# SPDX-License-Identifier: LGPL-3.0-or-later
"""What lies between two points of a branch, told from three signs and the number of growing modes.

    crossing                                    det J   bordered det   dl/ds
    fold                                        flips   stays          flips
    branch point on the way                     flips   flips          stays
    pitchfork met from its side branch          stays   flips          flips
    Hopf point, or two points in one step       stays   stays          stays, but the number of growing modes changes

The bordered determinant has the sign of det J times that of dl/ds where the border is the tangent.
"""

from fem_ionics.bifurcation.arclength import Point


def crossing(one: Point, other: Point) -> str | None:
    """Kind of the point between two: "fold", "branch point", "side", "hopf", "unknown", or None.

    Returns
    -------
    str or None
        "side" is a pitchfork whose side branch this is; "unknown" a change of stability by other than one real mode
        or one pair.
    """
    jacobian = one.sign * other.sign < 0
    turn = one.slope * other.slope < 0
    if jacobian:
        return "fold" if turn else "branch point"
    if turn:
        return "side"
    if one.unstable is None or other.unstable is None or one.unstable == other.unstable:
        return None
    return "hopf" if abs(one.unstable - other.unstable) == 2 and _oscillating(one, other) else "unknown"


def _oscillating(one: Point, other: Point) -> bool:
    """A pair grows on the side with more growing modes that does not on the other."""
    more = one if (one.unstable or 0) > (other.unstable or 0) else other
    return any(rate.imag != 0.0 and rate.real > 0.0 for rate in more.rates)
