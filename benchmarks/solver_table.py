# SPDX-License-Identifier: LGPL-3.0-or-later
"""FGMRES iterations of all cases that solvers.py has measured, over sizes, steps and ranks, as one Markdown table.

    python benchmarks/solver_table.py

A column is a time step in h2/D on so many ranks; in bold what needs more than 40 iterations.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import fem_ionics as fi

MOST = 40
#: Case, unknowns and h/lambda_D of a row; time step and ranks of a column.
Row, Column = tuple[str, int, float], tuple[float, int]


def counts(folder: Path) -> dict[Row, dict[Column, float]]:
    """All that are in the results, in the order of the files."""
    found: dict[Row, dict[Column, float]] = {}
    for path in sorted(folder.glob("solvers_*.csv")):
        ranks = int(path.stem.removeprefix("solvers_"))
        for table in fi.io.read_tables(path):
            for each in table:
                row = (table.provenance["case"], int(each["unknowns"]), float(each["h/lambda_D"]))
                found.setdefault(row, {})[float(each["time step"]), ranks] = float(each["iterations"])
    return found


def lines(found: dict[Row, dict[Column, float]]) -> Iterable[str]:
    """Of the table."""
    columns = sorted({column for row in found.values() for column in row}, key=lambda each: (each[1], -each[0]))
    yield f"| case | unknowns | h/lambda_D | {' | '.join(heading(*each) for each in columns)} |"
    yield "|---" * (3 + len(columns)) + "|"
    names = list(dict.fromkeys(case for case, _, _ in found))
    for row in sorted(found, key=lambda each: (names.index(each[0]), each[1:])):
        case, unknowns, layers = row
        cells = " | ".join(shown(found[row][each]) if each in found[row] else "" for each in columns)
        yield f"| {case} | {unknowns:,} | {layers:g} | {cells} |"


def heading(step: float, ranks: int) -> str:
    """Of a column."""
    return f"{'steady' if step == float('inf') else f'{step:g}'}, {ranks} rank{'s' if ranks > 1 else ''}"


def shown(iterations: float) -> str:
    """A count, in bold where it is too large."""
    return f"{iterations:.0f}" if iterations <= MOST else f"**{iterations:.0f}**"


def main(given: Sequence[str] | None = None) -> None:
    """Print it."""
    reader = argparse.ArgumentParser(description="iterations of all cases as one table")
    reader.add_argument("--results", type=Path, default=Path("benchmarks/results"), help="folder of solvers_RANKS.csv")
    print("\n".join(lines(counts(reader.parse_args(given).results))))


if __name__ == "__main__":
    main()
