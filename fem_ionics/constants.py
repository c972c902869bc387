# SPDX-License-Identifier: LGPL-3.0-or-later
"""Physical constants in SI.

Exact values of the 2019 SI where they exist, CODATA 2022 for the vacuum permittivity
(Mohr et al., Rev. Mod. Phys. 97, 025002, 2025).
"""

from typing import Final

#: Elementary charge, C (exact).
ELEMENTARY_CHARGE: Final = 1.602176634e-19
#: Boltzmann constant, J/K (exact).
BOLTZMANN: Final = 1.380649e-23
#: Avogadro constant, 1/mol (exact).
AVOGADRO: Final = 6.02214076e23
#: Molar gas constant, J/(mol K) (exact product).
GAS: Final = BOLTZMANN * AVOGADRO
#: Faraday constant, C/mol (exact product).
FARADAY: Final = ELEMENTARY_CHARGE * AVOGADRO
#: Vacuum permittivity, F/m (CODATA 2022, relative uncertainty 1.6e-10).
VACUUM_PERMITTIVITY: Final = 8.8541878188e-12

# The symbols of the literature, for formulas.
e: Final = ELEMENTARY_CHARGE
kB: Final = BOLTZMANN
NA: Final = AVOGADRO
R: Final = GAS
F: Final = FARADAY
eps0: Final = VACUUM_PERMITTIVITY
