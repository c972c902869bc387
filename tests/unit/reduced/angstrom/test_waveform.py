# SPDX-License-Identifier: LGPL-3.0-or-later
"""Voltages over time, and those that cannot be."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.reduced.angstrom import Piece, Waveform, pulses, ramps, sine, steps


def test_values() -> None:
    np.testing.assert_array_equal(steps([0.5, 0.0], [2.0, 1.0])([0.0, 1.9, 2.0, 3.0]), [0.5, 0.5, 0.0, 0.0])
    np.testing.assert_array_equal(pulses(1.0, 1.0, 2.0, 2)([0.5, 1.5, 3.5, 5.0]), [1.0, 0.0, 1.0, 0.0])
    np.testing.assert_allclose(ramps([0.0, 1.0, 3.0], [0.0, 1.0, -1.0])([0.5, 1.0, 2.5]), [0.5, 1.0, -0.5])
    wave = sine(0.2, 10.0, 2.0, offset=0.1)
    np.testing.assert_allclose(wave(0.125), 0.1 + 0.2)
    assert wave.end == pytest.approx(0.2)
    # What round-off leaves between pieces belongs to one of them.
    thirds = Waveform((Piece(0.0, 1 / 3, 1.0), Piece(1 / 3 + 1e-16, 1.0, 2.0)))
    assert thirds.pieces[1].start == thirds.pieces[0].end


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: Waveform((Piece(0.0, 1.0, 0.1), Piece(2.0, 3.0, 0.1))),
            "a gap, no voltage is given from 1 s to 2",
        ),
        (lambda: Waveform((Piece(0.0, 1.0, 0.1), Piece(0.5, 3.0, 0.1))), "two voltages are given from 0.5 s to 1 s"),
        (lambda: Waveform(()), "no piece"),
        (lambda: Piece(1.0, 1.0, 0.0), "an end after the start"),
        (lambda: Piece(0.0, 1.0, np.sin), "its bounds"),
        (lambda: Piece(0.0, 1.0, np.sin, (1.0, 0.0)), "the lowest comes first"),
        (lambda: Piece(0.0, 1.0, np.nan), "volts = nan"),
        (lambda: Piece(0.0, 1.0, np.cos, (0.0, 0.5)).at(0.0), "outside its bounds"),
        (lambda: steps([1.0], [1.0, 2.0]), "pair them"),
        (lambda: steps([1.0], [-1.0]), "durations"),
        (lambda: pulses(1.0, 1.0, 1.0, 0), "count = 0"),
        (lambda: ramps([0.0], [1.0]), "pair two or more"),
        (lambda: ramps([0.0, 0.0], [1.0, 2.0]), "an end after the start"),
        (lambda: sine(1.0, 0.0), "frequency = 0.0"),
        (lambda: steps([1.0], [1.0])(2.0), "a time outside"),
    ],
)
def test_bad_input_is_named(make: object, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        make()  # type: ignore[operator]
