# SPDX-License-Identifier: LGPL-3.0-or-later
"""The papers that a run owes.

Code that implements a method calls ``cite("key")``; a script ends with ``print_citations()``, which
lists what this run has used and nothing else.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from mpi4py import MPI

from fem_ionics.errors import TagError, nearest


@dataclass(frozen=True)
class Reference:
    """One paper.

    Parameters
    ----------
    key
        Short name by which the code cites it.
    authors, title, source, year
        As printed; `source` is journal with volume and page, or the archive.
    doi
        Digital object identifier without the resolver, for example ``"10.1002/nme.2579"``.
    """

    key: str
    authors: str
    title: str
    source: str
    year: int
    doi: str

    def __str__(self) -> str:
        return f"{self.authors}. {self.title}. {self.source} ({self.year}). https://doi.org/{self.doi}"


_REGISTRY: dict[str, Reference] = {}
_USED: dict[str, None] = {}  # a dictionary, since it keeps the order of first use


def register(references: Iterable[Reference]) -> None:
    """Make references known to `cite`."""
    _REGISTRY.update((reference.key, reference) for reference in references)


def cite(*keys: str) -> None:
    """Record that this run uses the papers named.

    Raises
    ------
    TagError
        If a key is not in the registry.
    """
    for key in keys:
        if key not in _REGISTRY:
            known = ", ".join(sorted(_REGISTRY))
            raise TagError(f'cite("{key}"): known references are {known}.{nearest(key, _REGISTRY)}')
        _USED[key] = None


def citations() -> tuple[Reference, ...]:
    """Return the papers that this run owes, in the order of their first use."""
    return tuple(_REGISTRY[key] for key in _USED)


def print_citations(file: TextIO | None = None) -> None:
    """Print the papers that this run owes, numbered, on rank 0.

    Parameters
    ----------
    file
        Where to print; standard output by default.
    """
    if MPI.COMM_WORLD.rank == 0:
        for number, reference in enumerate(citations(), start=1):
            print(f"[{number}] {reference}", file=file or sys.stdout)


register(
    [
        Reference(
            "dolfinx",
            "I. A. Baratta, J. P. Dean, J. S. Dokken, M. Habera, J. S. Hale, C. N. Richardson, M. E. Rognes, "
            "M. W. Scroggs, N. Sime, G. N. Wells",
            "DOLFINx: the next generation FEniCS problem solving environment",
            "Zenodo",
            2023,
            "10.5281/zenodo.10447666",
        ),
        Reference(
            "ufl",
            "M. S. Alnaes, A. Logg, K. B. Oelgaard, M. E. Rognes, G. N. Wells",
            "Unified Form Language: a domain-specific language for weak formulations of partial differential equations",
            "ACM Trans. Math. Softw. 40, 9",
            2014,
            "10.1145/2566630",
        ),
        Reference(
            "petsc",
            "S. Balay, W. D. Gropp, L. C. McInnes, B. F. Smith",
            "Efficient management of parallelism in object-oriented numerical software libraries",
            "Modern Software Tools for Scientific Computing, Birkhauser, 163-202",
            1997,
            "10.1007/978-1-4612-1986-6_8",
        ),
        Reference(
            "mumps",
            "P. R. Amestoy, I. S. Duff, J.-Y. L'Excellent, J. Koster",
            "A fully asynchronous multifrontal solver using distributed dynamic scheduling",
            "SIAM J. Matrix Anal. Appl. 23, 15-41",
            2001,
            "10.1137/S0895479899358194",
        ),
        Reference(
            "gmsh",
            "C. Geuzaine, J.-F. Remacle",
            "Gmsh: a 3-D finite element mesh generator with built-in pre- and post-processing facilities",
            "Int. J. Numer. Meth. Eng. 79, 1309-1331",
            2009,
            "10.1002/nme.2579",
        ),
        Reference(
            "ninham1971",
            "B. W. Ninham, V. A. Parsegian",
            "Electrostatic potential between surfaces bearing ionizable groups in ionic equilibrium with physiologic "
            "saline solution",
            "J. Theor. Biol. 31, 405-428",
            1971,
            "10.1016/0022-5193(71)90019-1",
        ),
        Reference(
            "shrestha2025",
            "A. Shrestha, E. Kirkinis, M. Olvera de la Cruz",
            "Self-generated electrokinetic flows from active-charged boundary patterns",
            "Phys. Rev. Res. 7, 023223",
            2025,
            "10.1103/PhysRevResearch.7.023223",
        ),
        Reference(
            "slepc",
            "V. Hernandez, J. E. Roman, V. Vidal",
            "SLEPc: a scalable and flexible toolkit for the solution of eigenvalue problems",
            "ACM Trans. Math. Softw. 31, 351-362",
            2005,
            "10.1145/1089014.1089019",
        ),
        Reference(
            "werner1984",
            "B. Werner, A. Spence",
            "The computation of symmetry-breaking bifurcation points",
            "SIAM J. Numer. Anal. 21, 388-399",
            1984,
            "10.1137/0721029",
        ),
        Reference(
            "farrell2015",
            "P. E. Farrell, A. Birkisson, S. W. Funke",
            "Deflation techniques for finding distinct solutions of nonlinear partial differential equations",
            "SIAM J. Sci. Comput. 37, A2026-A2045",
            2015,
            "10.1137/140984798",
        ),
        Reference(
            "leyva2025",
            "S. G. Leyva, A. Shrestha, M. Olvera de la Cruz",
            "Active ionic fluxes induce symmetry breaking in charge-patterned nanochannels",
            "arXiv:2510.15092",
            2025,
            "10.48550/arXiv.2510.15092",
        ),
        Reference(
            "bikerman1942",
            "J. J. Bikerman",
            "Structure and capacity of electrical double layer",
            "Phil. Mag. 33, 384-397",
            1942,
            "10.1080/14786444208520813",
        ),
        Reference(
            "kilic2007",
            "M. S. Kilic, M. Z. Bazant, A. Ajdari",
            "Steric effects in the dynamics of electrolytes at large applied voltages. I. Double-layer charging",
            "Phys. Rev. E 75, 021502",
            2007,
            "10.1103/PhysRevE.75.021502",
        ),
        Reference(
            "carnahan1969",
            "N. F. Carnahan, K. E. Starling",
            "Equation of state for nonattracting rigid spheres",
            "J. Chem. Phys. 51, 635-636",
            1969,
            "10.1063/1.1672048",
        ),
        Reference(
            "boublik1970",
            "T. Boublik",
            "Hard-sphere equation of state",
            "J. Chem. Phys. 53, 471-472",
            1970,
            "10.1063/1.1673824",
        ),
        Reference(
            "mansoori1971",
            "G. A. Mansoori, N. F. Carnahan, K. E. Starling, T. W. Leland",
            "Equilibrium thermodynamic properties of the mixture of hard spheres",
            "J. Chem. Phys. 54, 1523-1525",
            1971,
            "10.1063/1.1675048",
        ),
        Reference(
            "grahame1947",
            "D. C. Grahame",
            "The electrical double layer and the theory of electrocapillarity",
            "Chem. Rev. 41, 441-501",
            1947,
            "10.1021/cr60130a002",
        ),
        Reference(
            "bikerman1940",
            "J. J. Bikerman",
            "Electrokinetic equations and surface conductance. A survey of the diffuse double layer theory of "
            "colloidal solutions",
            "Trans. Faraday Soc. 35, 154-160",
            1940,
            "10.1039/TF9403500154",
        ),
        Reference(
            "engstrom1978",
            "S. Engstroem, H. Wennerstroem",
            "Ion condensation on planar surfaces. A solution of the Poisson-Boltzmann equation for two parallel "
            "charged plates",
            "J. Phys. Chem. 82, 2711-2714",
            1978,
            "10.1021/j100514a019",
        ),
        Reference(
            "colla2016",
            "T. Colla, M. Girotto, A. P. dos Santos, Y. Levin",
            "Charge neutrality breakdown in confined aqueous electrolytes: theory and simulation",
            "J. Chem. Phys. 145, 094704",
            2016,
            "10.1063/1.4962198",
        ),
        Reference(
            "burgreen1964",
            "D. Burgreen, F. R. Nakache",
            "Electrokinetic flow in ultrafine capillary slits",
            "J. Phys. Chem. 68, 1084-1091",
            1964,
            "10.1021/j100787a019",
        ),
        Reference(
            "rice1965",
            "C. L. Rice, R. Whitehead",
            "Electrokinetic flow in a narrow cylindrical capillary",
            "J. Phys. Chem. 69, 4017-4024",
            1965,
            "10.1021/j100895a062",
        ),
        Reference(
            "ohshima1994",
            "H. Ohshima",
            "A simple expression for Henry's function for the retardation effect in electrophoresis of spherical "
            "colloidal particles",
            "J. Colloid Interface Sci. 168, 269-271",
            1994,
            "10.1006/jcis.1994.1419",
        ),
        Reference(
            "meyer1936",
            "K. H. Meyer, J.-F. Sievers",
            "La permeabilite des membranes I. Theorie de la permeabilite ionique",
            "Helv. Chim. Acta 19, 649-664",
            1936,
            "10.1002/hlca.19360190190",
        ),
        Reference(
            "teorell1953",
            "T. Teorell",
            "Transport processes and electrical phenomena in ionic membranes",
            "Prog. Biophys. Biophys. Chem. 3, 305-369",
            1953,
            "10.1016/S0096-4174(18)30049-0",
        ),
        Reference(
            "rubinstein1979",
            "I. Rubinstein, L. Shtilman",
            "Voltage against current curves of cation exchange membranes",
            "J. Chem. Soc. Faraday Trans. 2 75, 231-246",
            1979,
            "10.1039/F29797500231",
        ),
        Reference(
            "vlassiouk2008",
            "I. Vlassiouk, S. Smirnov, Z. Siwy",
            "Nanofluidic ionic diodes. Comparison of analytical and numerical solutions",
            "ACS Nano 2, 1589-1602",
            2008,
            "10.1021/nn800306u",
        ),
        Reference(
            "gross1968",
            "R. J. Gross, J. F. Osterle",
            "Membrane transport characteristics of ultrafine capillaries",
            "J. Chem. Phys. 49, 228-234",
            1968,
            "10.1063/1.1669814",
        ),
        Reference(
            "hall1975",
            "J. E. Hall",
            "Access resistance of a small circular pore",
            "J. Gen. Physiol. 66, 531-532",
            1975,
            "10.1085/jgp.66.4.531",
        ),
        Reference(
            "stein2004",
            "D. Stein, M. Kruithof, C. Dekker",
            "Surface-charge-governed ion transport in nanofluidic channels",
            "Phys. Rev. Lett. 93, 035901",
            2004,
            "10.1103/PhysRevLett.93.035901",
        ),
        Reference(
            "scharfetter1969",
            "D. L. Scharfetter, H. K. Gummel",
            "Large-signal analysis of a silicon Read diode oscillator",
            "IEEE Trans. Electron Devices 16, 64-77",
            1969,
            "10.1109/T-ED.1969.16566",
        ),
        Reference(
            "li2026",
            "S. Li, X. Zhang, X. Dong, X. You, B. Yuan, K. Yang",
            "Harnessing entropic effects from interlayer coupling to modulate ion transport and rectification in "
            "multilayered Janus graphene nanopores",
            "J. Am. Chem. Soc.",
            2026,
            "10.1021/jacs.5c17242",
        ),
    ]
)

# Every run stands on these.
cite("dolfinx", "petsc")
