# SPDX-License-Identifier: LGPL-3.0-or-later
"""Errors: their words, their attributes, the hint at the nearest name."""

import pickle

import pytest

from fem_ionics import errors


@pytest.mark.parametrize(
    ("given", "known", "hint"),
    [
        ("walll", ["cis", "wall", "membrane"], ' Did you mean "wall"?'),
        ("k+", ["K+", "Cl-"], ' Did you mean "K+"?'),
        ("zzz", ["cis", "wall"], ""),
        ("wall", [], ""),
    ],
)
def test_nearest(given: str, known: list[str], hint: str) -> None:
    assert errors.nearest(given, known) == hint


def test_tag_error_prints_its_words_without_quotes() -> None:
    error = errors.TagError('no "walll" here')
    assert str(error) == 'no "walll" here'
    assert isinstance(error, LookupError)


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.ParameterError, ValueError),
        (errors.MeshError, ValueError),
        (errors.ModelError, ValueError),
        (errors.ConvergenceError, RuntimeError),
        (errors.CheckpointError, RuntimeError),
        (errors.OutputError, OSError),
        (errors.ScriptError, ValueError),
    ],
)
def test_each_error_is_ours_and_of_a_builtin_kind(kind: type[errors.FemIonicsError], builtin: type[Exception]) -> None:
    error = kind("words")
    assert isinstance(error, errors.FemIonicsError)
    assert isinstance(error, builtin)
    assert str(error) == "words"


def test_convergence_error_carries_the_last_good_state() -> None:
    error = errors.ConvergenceError("stopped", last="state", reason="DIVERGED_MAX_IT", iterations=30)
    assert (error.last, error.reason, error.iterations) == ("state", "DIVERGED_MAX_IT", 30)


def test_depletion_error_names_ion_and_place_and_travels_between_ranks() -> None:
    error = errors.DepletionError("depleted", species="K+", minimum=-1.5, where=(0.0, 1e-9), last=3)
    assert isinstance(error, errors.ConvergenceError)
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == "depleted"
    assert (copy.species, copy.minimum, copy.where, copy.last) == ("K+", -1.5, (0.0, 1e-9), 3)
