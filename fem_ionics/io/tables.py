# SPDX-License-Identifier: LGPL-3.0-or-later
"""Tables as CSV that a spreadsheet, pandas (``comment="#"``) and a person can read.

Each table is a block: lines ``# key: JSON`` of title and provenance, a row of ``name [unit]``, the numbers
with all their digits. Blocks are separated by an empty line.
"""

import csv
import io
import json
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from mpi4py import MPI

from fem_ionics.errors import ParameterError
from fem_ionics.io.paths import PathLike, plain, write_whole
from fem_ionics.study.results import Table

_TITLE = "title"


def write_table(path: PathLike, *tables: Table, comm: MPI.Comm = MPI.COMM_WORLD) -> None:
    """Write one or more tables to a CSV file.

    Parameters
    ----------
    path
        The file; missing folders are made and a file of that name is replaced.
    *tables
        Those of rank 0 are written.
    comm
        Communicator; the call is collective.

    Raises
    ------
    ParameterError
        Without tables.
    OutputError
        On all ranks, when the file cannot be written.
    """
    if not tables:
        raise ParameterError("write_table: no table was given; give one or more.")

    def write(file: BinaryIO) -> None:
        file.write("\n".join(map(_block, tables)).encode())

    write_whole(path, comm, write)


def read_tables(path: PathLike) -> list[Table]:
    """Read all tables of a file that `write_table` wrote.

    Parameters
    ----------
    path
        The file; every rank that calls reads it for itself.

    Returns
    -------
    list of Table
        The numbers are exactly those written.

    Raises
    ------
    ParameterError
        When the file cannot be read or is not such a table.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return [_parse(block) for block in _blocks(file.read().splitlines())]
    except (OSError, ValueError, StopIteration) as error:
        raise ParameterError(f'"{path}" cannot be read as tables of this package: {error}') from error


def read_table(path: PathLike) -> Table:
    """Read the only table of a file; as `read_tables`.

    Raises
    ------
    ParameterError
        Also when the file holds several tables, or none.
    """
    tables = read_tables(path)
    if len(tables) != 1:
        raise ParameterError(f'"{path}" holds {len(tables)} tables; use read_tables.')
    return tables[0]


def _block(table: Table) -> str:
    text = io.StringIO()
    for key, value in {_TITLE: table.title, **table.provenance}.items():
        text.write(f"# {key}: {json.dumps(value, default=plain, ensure_ascii=False)}\n")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([_heading(name, table.units[name]) for name in table.names])
    columns = [table[name].tolist() for name in table.names]
    rows.writerows([map(repr, row) for row in zip(*columns, strict=True)])
    return text.getvalue()


def _heading(name: str, unit: str) -> str:
    # A bare name must not be taken for one with a unit when it is read again.
    return f"{name} [{unit}]" if unit or name.endswith("]") else name


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for line in [*lines, ""]:
        if line:
            block.append(line)
        elif block:
            yield block
            block = []


def _parse(lines: list[str]) -> Table:
    header = [line for line in lines if line.startswith("#")]
    facts = {key: json.loads(value) for key, value in (line[2:].split(": ", 1) for line in header)}
    rows = csv.reader(lines[len(header) :])
    names, units = {}, {}
    for position, heading in enumerate(next(rows)):
        name, _, unit = heading[:-1].rpartition(" [") if heading.endswith("]") else (heading, "", "")
        names[name], units[name] = position, unit
    numbers = np.array([[float(text) for text in row] for row in rows], dtype=np.float64)
    numbers = numbers.reshape(-1, len(names))
    columns = {name: numbers[:, position] for name, position in names.items()}
    return Table(columns, units, title=facts.pop(_TITLE, ""), provenance=facts)
