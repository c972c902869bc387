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
    ]
)

# Every run stands on these.
cite("dolfinx", "petsc")
