# SPDX-License-Identifier: LGPL-3.0-or-later
"""What the errors of the baths' activities do to replicas (the outer iteration itself: test_nplemc)."""

from types import SimpleNamespace

import numpy as np
import pytest

from fem_ionics.lemc.replica import Drive, shifts_of

ERRORS = np.array([[1e-3, 4e-3], [2e-3, 3e-3]])


@pytest.mark.parametrize("count", [2, 4, 7])
def test_shifts_have_no_mean_and_the_error_as_standard_error(count):
    shifts = shifts_of(ERRORS, count, seed=3, alike=False)
    assert shifts.shape == (count, 2, 2)
    assert shifts.mean(axis=0) == pytest.approx(0.0, abs=1e-15)
    assert shifts.std(axis=0, ddof=1) / np.sqrt(count) == pytest.approx(ERRORS, rel=1e-12, abs=0.0)


def test_alike_baths_shift_together():
    errors = np.array([[1e-3, 1e-3], [2e-3, 2e-3]])
    together = shifts_of(errors, 4, seed=3, alike=True)
    assert np.all(together[..., 0] == together[..., 1])
    apart = shifts_of(errors, 4, seed=3, alike=False)
    assert not np.any(apart[..., 0] == apart[..., 1])


def test_leaving_one_replica_out_leaves_the_mean_of_the_others():
    shifts = shifts_of(ERRORS, 4, seed=1, alike=False)
    none = SimpleNamespace()
    fields = {"system": none, "transport": none, "applied": np.zeros(1), "mobility": np.ones(1), "region": np.zeros(1)}
    drive = Drive(ends=np.ones((2, 2)), shifts=shifts, **fields)  # type: ignore[arg-type]
    others = np.mean([drive.shifted(k).ends for k in (0, 1, 3)], axis=0)
    assert drive.without(2).ends == pytest.approx(others, rel=1e-14, abs=0.0)
