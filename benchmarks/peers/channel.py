# SPDX-License-Identifier: LGPL-3.0-or-later
"""What the peers share: the flagship channel in numbers, meshes of a size, a clock, and the JSON at the end.

Lengths are scaled by the half height h, concentrations by the mean c0, time by h^2/D, velocity by D/h. No package but
Python's own is needed: each peer has its own environment.
"""

import argparse
import json
import math
import os
import resource
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any

e, kB, NA, eps0 = 1.602176634e-19, 1.380649e-23, 6.02214076e23, 8.8541878188e-12
h, L, D, c0, b = 5e-9, 50e-9, 1e-9, 100.0, 10e-9
T, sigma0, eps, eta = 298.0, 0.05, 78.5 * eps0, 1e-3

#: Scaled groups: charge density of the liquid in Poisson's equation, wall charge, electric force, wave number.
kappa2 = h**2 * 2 * e**2 * NA * c0 / (eps * kB * T)
s = sigma0 * e * h / (eps * kB * T)
force = eps * (kB * T / e) ** 2 / (eta * D) * kappa2 / 2
k = 2 * math.pi * h / L
#: A flux in mol/m2/s for each scaled one.
FLUX_UNIT = D * c0 / h

BASE_FLUX = 20.0  # mol/m2/s: the state from rest, below the threshold
#: Same problem or not, of the base state: mean of c+ c-/c0^2 and root mean square velocity in D/h, converged, and the
#: relative difference allowed.
KNOWN_BASE = {"mean_product": (1.243122, 1e-4), "velocity": (0.14305, 2e-3)}

#: Elements along the channel for each one across it, and the grading towards the wall: best of those that were tried in
#: pyoomph with 4,000 unknowns.
ASPECT, GRADING = 23 / 8, 2.0


def cells(unknowns: int) -> tuple[int, int]:
    """Numbers of elements along and across that come near to a number of unknowns at the chosen aspect."""
    pairs = [(max(2, round((unknowns - 4) / (21 * ny + 7))), ny) for ny in range(2, 200)]
    return min(pairs, key=lambda pair: abs(math.log(pair[0] / pair[1] / ASPECT)))


class Clock:
    """Wall and CPU seconds by stage; CPU seconds count all threads and other processes, as a C compiler."""

    def __init__(self, imports: float) -> None:
        self.wall: dict[str, float] = {"import": imports}
        self.cpu: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        wall, cpu = perf_counter(), sum(os.times()[:4])
        yield
        self.wall[stage] = self.wall.get(stage, 0.0) + perf_counter() - wall
        self.cpu[stage] = self.cpu.get(stage, 0.0) + sum(os.times()[:4]) - cpu


def memory() -> float:
    """Largest of the process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def compared(found: Mapping[str, float], known: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    """Numbers with their differences from the known ones."""
    return {
        **found,
        "relative_differences": {name: found[name] / value - 1.0 for name, (value, _) in known.items()},
        "agrees": all(abs(found[name] / value - 1.0) <= tolerance for name, (value, tolerance) in known.items()),
    }


def versions(*packages: str) -> dict[str, str]:
    """Of Python and of packages, "-" where one is missing."""
    return {"python": ".".join(map(str, sys.version_info[:3])), **{name: _version(name) for name in packages}}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"


def reader(description: str, unknowns: int) -> argparse.ArgumentParser:
    """The command line that all peers understand."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--unknowns", type=_size, default=unknowns, help="roughly, at least 500")
    parser.add_argument("--out", type=Path, help="file for the JSON (standard output without it)")
    return parser


def _size(given: str) -> int:
    if int(given) < 500:
        raise argparse.ArgumentTypeError(f"got {given} unknowns; at least 500 are needed")
    return int(given)


def leave(result: Mapping[str, Any], out: Path | None) -> None:
    """Write JSON; exit with 1 where the answer is not that of the same problem."""
    text = json.dumps(result, indent=2) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text)
    if not result["agrees"]:
        raise SystemExit(f"not the same problem, or too coarse a mesh: {result['relative_differences']}")
