# SPDX-License-Identifier: LGPL-3.0-or-later
"""Asks for a finite-element model where equations are needed, not only a device that solves itself."""

from typing import Any

from fem_ionics.errors import ModelError
from fem_ionics.model.model import Model
from fem_ionics.model.state import State


def needs_model(owner: str, given: Any) -> None:
    """ModelError for what is no finite-element model.

    Parameters
    ----------
    owner
        Who asks.
    given
        What the user gave.
    """
    if not isinstance(given, Model):
        raise ModelError(
            f"{owner}: {_kind(given)} was given, which has no residual and no Jacobian; a finite-element model (PNP, "
            "PNPS) is needed. What solves itself can be walked by fi.iv_curve and fi.sweep."
        )


def needs_state(owner: str, given: Any) -> None:
    """ModelError for what is no state of a finite-element model; parameters as in `needs_model`."""
    if not isinstance(given, State):
        raise ModelError(f"{owner}: {_kind(given)} was given; a State of a finite-element model (PNP, PNPS) is needed.")


def _kind(given: Any) -> str:
    return "None" if given is None else type(given).__name__
