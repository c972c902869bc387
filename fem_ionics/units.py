# SPDX-License-Identifier: LGPL-3.0-or-later
"""Units as plain float multipliers to SI.

``10 * mM`` is 10.0 (mol/m3) and ``50 * mC / m**2`` is 0.05 (C/m2). They are bare numbers: no
arithmetic is slowed down and every function of the package takes and returns SI. Read a result in
a unit by dividing: ``velocity / (mm / s)``.
"""

from typing import Final

from fem_ionics.constants import AVOGADRO, ELEMENTARY_CHARGE

# length, m
m: Final = 1.0
cm: Final = 1e-2
mm: Final = 1e-3
um: Final = 1e-6
nm: Final = 1e-9
angstrom: Final = 1e-10

# time, s
s: Final = 1.0
ms: Final = 1e-3
us: Final = 1e-6
ns: Final = 1e-9
ps: Final = 1e-12

# amount of substance, mol
mol: Final = 1.0
mmol: Final = 1e-3
umol: Final = 1e-6
#: One particle, in mol.
particle: Final = 1.0 / AVOGADRO

# concentration, mol/m3 (1 M = 1 mol per litre)
M: Final = 1e3
mM: Final = 1.0
uM: Final = 1e-3

# charge, C, and charge density of a surface, C/m2
C: Final = 1.0
mC: Final = 1e-3
uC: Final = 1e-6
#: One elementary charge, in C.
e: Final = ELEMENTARY_CHARGE
#: One elementary charge per square nanometre, in C/m2.
e_nm2: Final = ELEMENTARY_CHARGE / 1e-18

# potential, V
V: Final = 1.0
mV: Final = 1e-3

# current, A
A: Final = 1.0
mA: Final = 1e-3
uA: Final = 1e-6
nA: Final = 1e-9
pA: Final = 1e-12

# conductance, S
S: Final = 1.0
mS: Final = 1e-3
uS: Final = 1e-6
nS: Final = 1e-9
pS: Final = 1e-12

# pressure, Pa
Pa: Final = 1.0
kPa: Final = 1e3
MPa: Final = 1e6
bar: Final = 1e5

# force, energy, mass, temperature
N: Final = 1.0
J: Final = 1.0
kg: Final = 1.0
K: Final = 1.0
