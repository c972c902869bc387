# SPDX-License-Identifier: LGPL-3.0-or-later
"""What the package raises: each message says what was given, what is allowed and what to do."""

import difflib
from collections.abc import Iterable
from copy import copy
from typing import Any, Self


class FemIonicsError(Exception):
    """Parent of every error that the package raises on purpose."""


class ParameterError(FemIonicsError, ValueError):
    """A given value is out of its range, not finite, or of the wrong kind."""


class TagError(FemIonicsError, LookupError):
    """A name (wall, region, species, field) that is not known here."""

    # LookupError's children (KeyError) print the repr of the message: keep the words plain.
    __str__ = Exception.__str__


class MeshError(FemIonicsError, ValueError):
    """A mesh or geometry that cannot be built or used as asked."""


class ModelError(FemIonicsError, ValueError):
    """Equations and conditions that do not make a well-posed problem."""


class ConvergenceError(FemIonicsError, RuntimeError):
    """A solve that did not converge, or converged to something that cannot be accepted.

    Parameters
    ----------
    message
        What happened, at which parameter value, and what to try.
    last
        The last good state, to look at or to start again from; None if there is none.
    reason
        The solver's decoded reason, for example ``"DIVERGED_LINE_SEARCH"``.
    iterations
        Iterations spent in the failed solve.
    """

    def __init__(self, message: str = "", *, last: Any = None, reason: str = "", iterations: int = 0) -> None:
        super().__init__(message)
        self.last = last
        self.reason = reason
        self.iterations = iterations

    def after(self, words: str, last: Any) -> Self:
        """The same error with more words at the end and the last good state of the study it stopped."""
        error = copy(self)
        error.args = (f"{self} {words}",)
        error.last = last
        return error


class DepletionError(ConvergenceError):
    """A concentration fell to zero or below: the flux asked for exceeds what can be supplied.

    Parameters
    ----------
    message, last, reason, iterations
        As in `ConvergenceError`.
    species
        Name of the ion that runs out.
    minimum
        Its smallest concentration, mol/m3.
    where
        Coordinates of that minimum, m.
    """

    def __init__(
        self,
        message: str = "",
        *,
        species: str = "",
        minimum: float = float("nan"),
        where: tuple[float, ...] = (),
        last: Any = None,
        reason: str = "",
        iterations: int = 0,
    ) -> None:
        super().__init__(message, last=last, reason=reason, iterations=iterations)
        self.species = species
        self.minimum = minimum
        self.where = where


class CheckpointError(FemIonicsError, RuntimeError):
    """A checkpoint that is corrupt, incomplete, or written for another problem."""


class OutputError(FemIonicsError, OSError):
    """A file or folder that cannot be written."""


class CompilerError(FemIonicsError, RuntimeError):
    """The C compiler, which DOLFINx needs too, is missing or did not compile the package's own code."""


class ScriptError(FemIonicsError, ValueError):
    """A script, a value given to it, or its results cannot be used."""


class ResolutionWarning(UserWarning):
    """The mesh is coarser than a length that the solution needs."""


def nearest(given: str, known: Iterable[str]) -> str:
    """Return the hint that ends a message about an unknown name.

    Parameters
    ----------
    given
        The name that was not found.
    known
        The names that exist.

    Returns
    -------
    str
        ``' Did you mean "x"?'`` with the closest known name, or an empty string if none is close.
    """
    # Compare in lower case, since "k+" for "K+" is a likely slip and difflib sees case as distance.
    originals = {name.lower(): name for name in known}
    close = difflib.get_close_matches(given.lower(), originals, n=1, cutoff=0.5)
    return f' Did you mean "{originals[close[0]]}"?' if close else ""
