# SPDX-License-Identifier: LGPL-3.0-or-later
"""Tables, traces and the rate of an exponential."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.study.results import Table, Trace


@pytest.fixture
def table() -> Table:
    return Table({"flux": [0.0, 1.0, 2.0], "U": np.array([0, 3, 5])}, {"U": "m/s"}, title="sweep")


def test_columns_rows_and_units(table):
    assert table.names == ("flux", "U") and len(table) == 3 and "U" in table and "V" not in table
    np.testing.assert_array_equal(table["U"], [0.0, 3.0, 5.0])
    assert table["U"].dtype == np.float64
    assert list(table)[1] == {"flux": 1.0, "U": 3.0}
    assert table.units == {"flux": "", "U": "m/s"}
    assert len(Table({})) == 0 and list(Table({})) == []


def test_columns_are_copied_and_cannot_change(table):
    given = np.array([1.0])
    kept = Table({"a": given})
    given[0] = 2.0
    assert kept["a"][0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        table["U"][0] = 1.0


def test_unknown_column_lists_the_known_and_the_nearest(table):
    with pytest.raises(ParameterError, match=r'column "u": .* "flux", "U"\. Did you mean "U"\?'):
        table.column("u")


@pytest.mark.parametrize(
    ("columns", "units", "words"),
    [
        ({"a": [1.0], "b": [1.0, 2.0]}, {}, '"a" 1, "b" 2'),
        ({"a": [[1.0]]}, {}, "one dimension"),
        ({"a": ["x"]}, {}, "real numbers"),
        ({"a": [1.0]}, {"b": "m"}, 'unit for "b"'),
        ({" ": [1.0]}, {}, "column"),
        ({"a\nb": [1.0]}, {}, "column"),
        ({"#a": [1.0]}, {}, "column"),
        ({"a": [1.0]}, {"a": "m\n"}, "unit"),
    ],
)
def test_bad_tables_are_refused(columns, units, words):
    with pytest.raises(ParameterError, match=words):
        Table(columns, units)


def test_trace_needs_a_growing_time():
    assert Trace({"time": [0.0, 1.0]}, last="state").last == "state"
    with pytest.raises(ParameterError, match='"time"'):
        Trace({"U": [0.0]})
    with pytest.raises(ParameterError, match="grow"):
        Trace({"time": [0.0, 0.0]})


def saturating(rate: float, times: np.ndarray, seed: float = 1e-4) -> np.ndarray:
    """Exact v' = rate v (1 - v^2)."""
    growth = seed * np.exp(rate * times)
    return growth / np.sqrt(1.0 - seed**2 + growth**2)


def test_growth_rate_between_a_fast_transient_and_saturation():
    times = np.cumsum(np.r_[0.0, np.geomspace(1e-2, 0.5, 120)])
    values = -(saturating(0.7, times) - 3e-3 * np.exp(-8.0 * times))
    trace = Trace({"time": times, "U": values})
    rate, error, _ = trace.growth_rate("U")
    assert rate == pytest.approx(0.7, rel=5e-3, abs=0.0)
    assert 0.0 < error < 5e-3
    # All rows together change sign; a window into saturation gives another number: the choice matters.
    with pytest.raises(ParameterError, match="change sign"):
        trace.growth_rate("U", None)
    assert trace.growth_rate("U", (5.0, times[-1])).rate < 0.65


def test_decay_towards_a_value_and_below_round_off():
    times = np.linspace(0.0, 20.0, 201)
    noise = 1e-9 * np.sin(1e3 * times)
    trace = Trace({"time": times, "U": 2.0 + 0.5 * np.exp(-1.5 * times) + noise})
    assert trace.growth_rate("U", about=2.0).rate == pytest.approx(-1.5, rel=2e-3, abs=0.0)


@pytest.mark.parametrize("values", [np.linspace(1.0, 2.0, 50), np.zeros(50), np.sin(np.arange(50.0))])
def test_no_exponential_stretch_is_an_error(values):
    trace = Trace({"time": np.linspace(0.0, 1.0, 50), "U": values})
    with pytest.raises(ParameterError, match='"U" is nowhere exponential'):
        trace.growth_rate("U")


def test_windows_are_checked():
    trace = Trace({"time": np.arange(9.0), "U": np.exp(0.3 * np.arange(9.0))})
    assert trace.growth_rate("U", (2.0, 6.0)).rate == pytest.approx(0.3, rel=1e-6, abs=0.0)
    with pytest.raises(ParameterError, match="2 rows"):
        trace.growth_rate("U", (2.0, 3.0))
    with pytest.raises(ParameterError, match="window"):
        trace.growth_rate("U", "all")
