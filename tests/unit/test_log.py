# SPDX-License-Identifier: LGPL-3.0-or-later
"""The logger: rank 0 only, level by the environment, root logger untouched."""

import logging
from collections.abc import Iterator

import pytest
from mpi4py import MPI

from fem_ionics import log


@pytest.fixture(autouse=True)
def restore() -> Iterator[None]:
    yield
    log.setup(MPI.COMM_WORLD.rank)


def test_rank_zero_prints_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.setup(0, "INFO")
    log.get_logger("solve").info("newton %d", 4)
    assert capsys.readouterr().err == "fem_ionics.solve: newton 4\n"


def test_other_ranks_are_silent(capsys: pytest.CaptureFixture[str]) -> None:
    log.setup(1, "INFO")
    log.get_logger("solve").error("nothing")
    assert capsys.readouterr() == ("", "")


def test_level_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(log.VARIABLE, "warning")
    log.setup(0)
    log.logger.info("hidden")
    log.logger.warning("shown")
    assert capsys.readouterr().err == "fem_ionics: shown\n"


def test_a_wrong_level_is_named_and_does_not_stop_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(log.VARIABLE, "loud")
    assert log.setup(0).level == logging.INFO
    assert "'loud': use one of DEBUG, INFO" in capsys.readouterr().err
    with pytest.raises(ValueError, match="loud"):
        log.set_level("loud")


def test_set_up_twice_prints_once(capsys: pytest.CaptureFixture[str]) -> None:
    log.setup(0, "INFO")
    log.setup(0, "INFO")
    log.logger.info("once")
    assert capsys.readouterr().err.count("once") == 1


def test_root_logger_is_untouched() -> None:
    before = list(logging.getLogger().handlers)
    log.setup(0)
    assert logging.getLogger().handlers == before
    assert not log.logger.propagate
