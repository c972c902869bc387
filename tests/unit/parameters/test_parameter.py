# SPDX-License-Identifier: LGPL-3.0-or-later
"""Parameter: a mutable, checked number with an identity."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Parameter


def test_value_changes_and_stays_a_float():
    flux = Parameter("active flux", 1, unit="mol/m2/s")
    flux.value = np.float64(2.5)
    assert type(flux.value) is float
    assert repr(flux) == "Parameter('active flux', 2.5, unit='mol/m2/s')"
    assert repr(Parameter("n", 1)) == "Parameter('n', 1.0)"


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "1", None, True])
def test_bad_values_leave_the_old_one(bad):
    flux = Parameter("active flux", 1.0)
    with pytest.raises(ParameterError, match=r'Parameter "active flux": value = .* was given'):
        flux.value = bad
    assert flux.value == 1.0
    with pytest.raises(ParameterError):
        Parameter("active flux", bad)


def test_name_is_needed_and_fixed():
    with pytest.raises(ParameterError, match="name"):
        Parameter("", 1.0)
    with pytest.raises(AttributeError):
        Parameter("a", 1.0).name = "b"


def test_identity_not_equality():
    one, other = Parameter("a", 1.0), Parameter("a", 1.0)
    assert one != other
    assert len({one, other, one}) == 2
    assert one.parameters == (one,)
    assert one.is_constant
