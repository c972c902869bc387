# SPDX-License-Identifier: LGPL-3.0-or-later
"""Newton steps of electrochemical potentials that are as long as those of concentrations.

Where c = exp(mu - z phi), a Newton step (dmu, dphi) means c (1 + dmu - z dphi) to first order, but c exp(dmu - z dphi)
when it is taken as it stands: a rise is overshot exponentially, and each further step takes back no more than one unit
of mu. So the potential takes its step and each mu_i the one that gives the concentration of first order,

    dmu = z dphi + ln(1 + dmu - z dphi),

which agrees with Newton's to second order near a solution. Walks of a pore at 1 mM then need half the iterations, and
jumps converge that otherwise do not.
"""

from collections.abc import Callable

import numpy as np

from fem_ionics.model import Model
from fem_ionics.solve.newton import Floats

#: A concentration falls to this part of itself at most in one step.
_LEAST = 0.1


def amendment(model: Model) -> Callable[[list[Floats]], None] | None:
    """What `NonlinearSystem` takes as `amend` for a model; None where its unknowns are no such potentials."""
    if model.unknowns != "potentials" or model.ions is None or model.ions.steric is not None:
        return None
    names = [field.name for field in model.fields]
    potential = names.index("potential")
    ions = [(names.index(f"mu {ion.name}"), ion.valence) for ion in model.electrolyte.species]

    def amend(steps: list[Floats]) -> None:
        """Steps are subtracted."""
        rise = -steps[potential]
        for block, valence in ions:
            relative = -steps[block] - valence * rise
            steps[block][:] = -(valence * rise + np.log(np.maximum(1.0 + relative, _LEAST)))

    return amend
