# SPDX-License-Identifier: LGPL-3.0-or-later
"""Single values: what passes, in which type, and what the refusal says."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks


@pytest.mark.parametrize("good", [1, 1.0, np.float64(1.0), np.int64(1), np.float32(1.0)])
def test_numbers_become_plain_floats(good):
    for check in (checks.real, checks.positive, checks.non_negative):
        assert type(check("owner", "name", good)) is float


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), "1", None, True, 1j, [1.0]])
def test_what_is_not_a_finite_number_is_refused(bad):
    for check in (checks.real, checks.positive, checks.non_negative):
        with pytest.raises(ParameterError, match=r"owner: name = .* was given; .* needed"):
            check("owner", "name", bad)


def test_signs():
    assert checks.real("owner", "name", -2.0) == -2.0
    assert checks.non_negative("owner", "name", 0.0) == 0.0
    with pytest.raises(ParameterError, match="zero or a positive finite number in m"):
        checks.non_negative("owner", "name", -1e-30, "m")
    for bad in (0.0, -1.0):
        with pytest.raises(ParameterError, match="a positive finite number in m2/s"):
            checks.positive("owner", "name", bad, "m2/s")


def test_integer_label_and_axis():
    assert type(checks.integer("owner", "z", np.int64(-2))) is int
    for bad in (1.0, True, "1"):
        with pytest.raises(ParameterError, match="an integer is needed"):
            checks.integer("owner", "z", bad)
    for empty in ("", "  ", 3, None):
        with pytest.raises(ParameterError, match="non-empty string"):
            checks.label("owner", "name", empty)
    assert [checks.axis_index(axis) for axis in "xyz"] == [0, 1, 2]
    for unknown in ("r", 0, None):
        with pytest.raises(ParameterError, match='"x", "y" or "z"'):
            checks.axis_index(unknown)
