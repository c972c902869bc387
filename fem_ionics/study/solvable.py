# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a study asks of a description of a device: its parameters, and a solution at their present values."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass, replace
from typing import Any, Protocol, runtime_checkable

from mpi4py import MPI

from fem_ionics import observe
from fem_ionics.constants import FARADAY
from fem_ionics.errors import ParameterError
from fem_ionics.model import Model, State
from fem_ionics.parameters import Parameter
from fem_ionics.solve import Newton, Steady
from fem_ionics.study.provenance import provenance


@runtime_checkable
class Solvable(Protocol):
    """A description of a device that solves itself.

    A study knows no more of it. What it may offer besides: ``comm`` (its communicator; all ranks by default),
    ``fingerprint`` (text that tells problems apart on disk), ``provenance()``, ``unit(probe)`` and, for
    current-voltage curves, ``terminals(first, second)``.

    A solution may be anything; where it is a dataclass with ``arrays`` the next guess is extrapolated, and where it has
    ``info["iterations"]`` the steps follow them.
    """

    @property
    def parameters(self) -> Sequence[Parameter]:
        """What a study may turn."""

    def solve(self, guess: Any = None) -> Any:
        """Solution at the parameters' present values; ConvergenceError where there is none to be had."""


@dataclass(frozen=True)
class Terminals:
    """How the current between two openings of a device is measured.

    Parameters
    ----------
    into, out
        Ion -> probe of the current (A) that it carries out of the device through the first and the second opening.
    flow
        Probe of the liquid that leaves through the second one; None without flow.
    valences
        Ion -> valence.
    thermal
        Scale of the current, A: F D c L; zero if none is known.
    """

    into: Mapping[str, Any]
    out: Mapping[str, Any]
    flow: Any
    valences: Mapping[str, float]
    thermal: float = 0.0


class SteadyModel:
    """A finite-element model as a Solvable; forms are compiled once, at the first solve.

    Parameters
    ----------
    model
        The model.
    newton
        How it is solved; see `fem_ionics.Newton`.

    Notes
    -----
    From a guess only Newton is tried, with full steps and then searched ones: a study that meets a failure comes nearer
    in smaller steps, which is cheaper than the ramp from rest that `Steady` then resorts to.
    """

    def __init__(self, model: Model, newton: Newton | None = None) -> None:
        self.model = model
        self.newton = newton
        self._steady: Steady | None = None

    @property
    def steady(self) -> Steady:
        """The solver, made when it is first asked for (collective)."""
        if self._steady is None:
            self._steady = Steady(self.model, self.newton)
        return self._steady

    def close(self) -> None:
        """Let the solver go, on all ranks at the same moment: its matrices are freed together (collective)."""
        self._steady = None

    @property
    def parameters(self) -> Sequence[Parameter]:
        """Those of the model."""
        return self.model.parameters

    @property
    def comm(self) -> MPI.Comm:
        """Of the mesh."""
        return self.model.domain.comm

    @property
    def fingerprint(self) -> str:
        """Of the model (collective)."""
        return self.model.fingerprint

    def provenance(self) -> dict[str, Any]:
        """Of the model (collective)."""
        return provenance(self.model)

    def unit(self, probe: Any) -> str:
        """Unit of a probe on the model's domain."""
        return observe.unit_in(probe, self.model.domain)

    def terminals(self, first: str, second: str) -> Terminals:
        """Probes from the residual; TagError for names that the domain does not have."""
        model = self.model
        model.domain.tags((first, second))
        ions = [each for each in model.electrolyte.species if each.valence]
        scales = model.scales
        return Terminals(
            into={ion.name: observe.IonCurrent(ion.name, on=first) for ion in ions},
            out={ion.name: observe.IonCurrent(ion.name, on=second) for ion in ions},
            flow=observe.FlowRate(on=second) if model.has_flow else None,
            valences={ion.name: float(ion.valence) for ion in ions},
            # F D c over a cross-section of the mesh's unit of length: per metre of depth in a planar domain.
            thermal=FARADAY * scales.flux * scales.length ** (model.domain.device_dim - 1),
        )

    def solve(self, guess: State | None = None) -> State:
        """Steady state; ConvergenceError or DepletionError where there is none near the guess."""
        return self.steady.solve(guess, ramp=False)


def as_solvable(given: Any, newton: Newton | None = None) -> Solvable:
    """A finite-element model wrapped once, or the Solvable that was given.

    Parameters
    ----------
    given
        A Model, or anything with ``parameters`` and ``solve(guess)``.
    newton
        How a Model is solved.

    Raises
    ------
    ParameterError
        For anything else, and for `newton` beside what solves itself.
    """
    if isinstance(given, Model):
        return SteadyModel(given, newton)
    if not (hasattr(given, "parameters") and callable(getattr(given, "solve", None))):
        raise ParameterError(f"{given!r} was given; a Model, or something with parameters and solve(guess), is needed.")
    if newton is not None:
        raise ParameterError(f"newton is for finite-element models; {type(given).__name__} solves itself.")
    solvable: Solvable = given
    return solvable


@contextmanager
def opened(given: Any, newton: Newton | None = None) -> Iterator[Solvable]:
    """`as_solvable`; what it has wrapped is closed at the end, after an error too.

    An error keeps the frames that it passed through, and Python frees them on each rank when it likes: a solver among
    them would be destroyed on one rank while another is at something else.
    """
    solvable = as_solvable(given, newton)
    try:
        yield solvable
    finally:
        if solvable is not given and isinstance(solvable, SteadyModel):
            solvable.close()


def iterations(solution: Any) -> int:
    """Newton iterations of a solution; zero where it does not say."""
    return int(getattr(solution, "info", {}).get("iterations", 0))


def extrapolated(before: tuple[float, Any] | None, last: tuple[float, Any], value: float) -> Any:
    """Guess at a value of a parameter on the secant through two solutions; the last one where that cannot be.

    Parameters
    ----------
    before, last
        Value and solution.
    value
        Where the guess is for.
    """
    solution: Any = last[1]
    arrays = getattr(solution, "arrays", None)
    if before is None or arrays is None or not is_dataclass(solution) or isinstance(solution, type):
        return solution
    part = (value - last[0]) / (last[0] - before[0])
    pairs = zip(arrays, before[1].arrays, strict=True)
    changes: dict[str, Any] = {"arrays": tuple(new + part * (new - old) for new, old in pairs)}
    return replace(solution, **changes)
