# SPDX-License-Identifier: LGPL-3.0-or-later
"""The package's own logger: one line per event, printed by rank 0 only.

The level comes from the environment variable ``FEM_IONICS_LOG`` (DEBUG, INFO, WARNING, ERROR; INFO by
default). The root logger is left alone, so a program that embeds the package keeps its own logging.
"""

import logging
import os
import sys

from mpi4py import MPI

NAME = "fem_ionics"
VARIABLE = "FEM_IONICS_LOG"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class _CurrentStderr(logging.StreamHandler):
    """Write to whatever ``sys.stderr`` is at the time, so that redirection works (tests, notebooks)."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def get_logger(room: str = "") -> logging.Logger:
    """Return the package's logger, or the child of one room.

    Parameters
    ----------
    room
        Name of the room, for example ``"solve"``; empty for the package's own logger.

    Returns
    -------
    logging.Logger
        Named ``fem_ionics`` or ``fem_ionics.<room>``.
    """
    return logging.getLogger(f"{NAME}.{room}" if room else NAME)


def set_level(level: str) -> None:
    """Set how much the package says on rank 0.

    Parameters
    ----------
    level
        One of DEBUG, INFO, WARNING, ERROR, CRITICAL, in any case.

    Raises
    ------
    ValueError
        For another word.
    """
    word = level.strip().upper()
    if word not in LEVELS:
        raise ValueError(f"log level {level!r}: use one of {', '.join(LEVELS)}")
    get_logger().setLevel(word)


def setup(rank: int, level: str | None = None) -> logging.Logger:
    """Give the package's logger its one handler; called once on import.

    Parameters
    ----------
    rank
        Rank of this process: only rank 0 prints.
    level
        Level to use; by default that of ``FEM_IONICS_LOG``. An unknown word there falls back to INFO
        with a warning, since a wrong environment must not stop a run.
    """
    logger = get_logger()
    for old in list(logger.handlers):
        logger.removeHandler(old)
    handler: logging.Handler = logging.NullHandler()
    if rank == 0:
        handler = _CurrentStderr()
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logger.addHandler(handler)
    logger.propagate = False
    word = level or os.environ.get(VARIABLE, "") or "INFO"
    try:
        set_level(word)
    except ValueError as error:
        set_level("INFO")
        logger.warning("%s: %s", VARIABLE, error)
    return logger


logger = setup(MPI.COMM_WORLD.rank)
