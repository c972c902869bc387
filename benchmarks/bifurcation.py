# SPDX-License-Identifier: LGPL-3.0-or-later
"""Time to the critical flux and to the whole diagram, beside pyoomph and beside time-stepping to the same answer.

On one core, in turns within one run, so that the noise of the machine meets all alike:

    python benchmarks/bifurcation.py --pyoomph pyoomph-env/bin/python

Nothing of pyoomph is imported: peers/pyoomph_channel.py runs as a process of its own. README.md beside this file says
what each number means. The diagram alone beside that of another state of this package:

    python benchmarks/bifurcation.py --before OTHER_CHECKOUT --refine 2.5 5 --output faster.csv
"""

import os

# One thread for whatever links OpenMP or MKL, here and in the peer.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import fem_ionics as fi
from fem_ionics.units import m, mC, mM, nm, s

# isort: split
# These come after fem_ionics.
from processes import OURS, left_by
from tables import columns, machine, provenance, show

from fem_ionics.bifurcation.models import as_problem
from fem_ionics.bifurcation.special import find
from fem_ionics.bifurcation.switch import switched
from fem_ionics.solve import transferred

CRITICAL = 24.66610  # mol/m2/s, converged
ALLOWED = 1e-3  # of its relative error, for whoever computed it
BASE, BEYOND = 20.0, 30.0  # mol/m2/s: the pitchfork is looked for between them
FAR = 1.5 * CRITICAL  # end of both branches
RATES_AT = (22.0, 25.0, 28.0)  # fluxes of the transients whose rates give the threshold; nearer to it they take longer
SEED = 0.02  # step of density between left and right, with which a transient starts
PEER = Path(__file__).parent / "peers" / "pyoomph_channel.py"
PITCHFORK, DIAGRAM = "to pitchfork", "diagram"

salt = fi.Electrolyte.symmetric(
    100 * mM, 1e-9 * m**2 / s, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0
)
cosine = fi.pattern.cosine("x", wavelength=50 * nm)
mean_velocity = fi.observe.MeanVelocity("x")


@dataclass
class Run:
    """One program's way to the answer, once: seconds of each stage, critical flux, and counts of work."""

    unknowns: int
    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    critical: dict[str, float] = field(default_factory=dict)  # way -> mol/m2/s
    counts: dict[str, int] = field(default_factory=dict)

    def timed(self, stage: str, action: Callable[[], Any]) -> Any:
        """Do it, and add its seconds to a stage."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = action()
        self.cpu[stage] = self.cpu.get(stage, 0.0) + time.process_time() - cpu
        self.wall[stage] = self.wall.get(stage, 0.0) + time.perf_counter() - wall
        return result

    def add(self, total: str, *stages: str) -> None:
        """A stage that is the sum of others."""
        for column in (self.wall, self.cpu):
            column[total] = sum(column[stage] for stage in stages)

    def check(self, program: str) -> None:
        """Times of a wrong answer say nothing.

        Raises
        ------
        RuntimeError
            When a critical flux is not the known one.
        """
        for way, value in self.critical.items():
            if not abs(error(value)) <= ALLOWED:
                raise RuntimeError(
                    f"{program} at {self.unknowns} unknowns, {way}: critical flux {value:.6g} mol/m2/s, but "
                    f"{CRITICAL:.6g} is known ({error(value):+.1e}; {ALLOWED:.0e} is allowed). Take finer meshes, or "
                    "find out why."
                )


def error(critical: float) -> float:
    """Relative, of a critical flux."""
    return critical / CRITICAL - 1.0


def build(refine: float) -> tuple[Any, Any]:
    """Half the flagship channel and its active flux."""
    domain = fi.geometry.channel(50 * nm, 10 * nm, resolve=salt.debye_length, half=True, refine=refine)
    flux = fi.Parameter("active flux", 0.0, "mol/m2/s")
    conditions = [
        fi.SurfaceCharge(50 * mC / m**2 * cosine, on="walls"),
        fi.IonFlux("cation", flux * cosine, on="walls"),
        fi.Slip(10 * nm, on="walls"),
        fi.FixedTotal("cation", 100 * mM),
        fi.FixedTotal("anion", 100 * mM),
    ]
    return fi.PNPS(salt, domain, conditions), flux


def made(refine: float) -> tuple[Run, Any, Any, Any]:
    """A fresh problem with its set-up in a new `Run`: that, model, flux and problem."""
    run = Run(0)
    model, flux = run.timed("set-up", lambda: build(refine))
    problem = run.timed("set-up", lambda: as_problem(model))
    run.timed("set-up", lambda: prepare(problem, problem.knob(flux)))
    run.unknowns = problem.matrix.getSize()[0]
    return run, model, flux, problem


def prepare(problem: Any, knob: Any) -> None:
    """Differentiate and load all forms that a located pitchfork needs, once: the peer's compilation holds that too."""
    x = problem.read()
    problem.by_parameter(x, knob)
    for order in (1, 2, 3):
        problem.derivative(x, [x] * order)
    problem.derivative(x, [x], knob)


def ours(refine: float) -> Run:
    """Both stages, each from rest in a problem of its own."""
    run = to_pitchfork(refine)
    whole = diagram(refine)
    run.wall |= whole.wall
    run.cpu |= whole.cpu
    run.critical |= whole.critical
    run.counts |= whole.counts
    return run


def to_pitchfork(refine: float) -> Run:
    """From rest to the base state, and to the located, classified pitchfork."""
    run, model, flux, problem = made(refine)
    flux.value = BASE
    base = run.timed("base", problem.steady.solve)
    large = fi.Steps(first=1.0, largest=1.0)
    options: dict[str, Any] = {"start": BASE, "stop": BEYOND, "guess": base, "until": "pitchfork", "mirror": "x"}
    branch = run.timed("locate", lambda: fi.continuation(model, flux, steps=large, **options))
    run.add(PITCHFORK, "base", "locate")
    run.critical[PITCHFORK] = branch.special("pitchfork")[0].value
    run.counts["factorisations to pitchfork"] = base.info["iterations"] + branch.factorisations
    return run


def diagram(refine: float) -> Run:
    """Symmetric branch, pitchfork and flowing branch, with the stability of each point; the mirrored branch is free."""
    run, model, flux, problem = made(refine)
    flux.value = 0.0
    rest = run.timed("rest", lambda: at_rest(problem, refine))
    options: dict[str, Any] = {"record": {"mean velocity": mean_velocity}, "mirror": "x", "guess": rest}
    steps = fi.Steps(first=0.3, largest=1.0)
    symmetric = run.timed(
        "symmetric branch", lambda: fi.continuation(model, flux, start=0.0, stop=FAR, steps=steps, **options)
    )
    point = symmetric.special("pitchfork")[0]
    steps = fi.Steps(first=0.1, largest=1.0)
    flowing = run.timed("flowing branch", lambda: symmetric.switch(point, 1, stop=FAR, steps=steps))
    run.timed("mirrored branch", flowing.mirrored)
    run.add(DIAGRAM, "rest", "symmetric branch", "flowing branch", "mirrored branch")
    run.critical[DIAGRAM] = point.value
    run.counts["factorisations of the diagram"] = symmetric.factorisations + flowing.factorisations
    run.counts["Newton from rest"] = rest.info.get("iterations", 0)
    run.counts["points of the diagram"] = len(symmetric) + len(flowing)
    return run


def at_rest(problem: Any, refine: float) -> fi.State:
    """The state without flux; here that of a coarse mesh, whose set-up counts: the branch's first point corrects it."""
    if not hasattr(fi, "mesh_sequence"):  # an older checkout
        return problem.steady.solve()
    return transferred(fi.steady(still(refine / 4)), problem.model)


def still(refine: float) -> Any:
    """The channel without flux."""
    model, flux = build(refine)
    flux.value = 0.0
    return model


def alone(refine: float, checkout: str | None) -> Run:
    """The diagram in a process of its own, with this package or as another checkout has it.

    Raises
    ------
    RuntimeError
        When it fails; with what it printed.
    """
    found = left_by([sys.executable, __file__, "--alone", str(refine)], checkout or OURS)
    if checkout and not Path(found["package"]).is_relative_to(Path(checkout).resolve()):
        raise RuntimeError(f"{found['package']} was imported where that of {checkout} was to be.")
    return Run(**found["run"])


def in_time(refine: float) -> Run:
    """The threshold from transients alone, by rates at a few fluxes about it, which have to be known roughly before.

    "fitted": as published work does it, transients from a step of density, long enough for a rate to be seen.
    "impulse": the cheapest way with `fi.growth_rate`, base states and large steps from a small disturbance.
    """
    run, model, flux, _ = made(refine)
    for way, rate in (("fitted", fitted_rate), ("impulse", impulse_rate)):
        rates = [run.timed(way, lambda flux_value=value, r=rate: r(model, flux, flux_value)) for value in RATES_AT]
        run.critical[way] = zero(RATES_AT, rates)
    return run


def zero(fluxes: Sequence[float], rates: Sequence[float]) -> float:
    """Where the parabola through three rates vanishes between the outer fluxes."""
    roots = np.roots(np.polyfit(fluxes, rates, 2))
    inside = [float(r.real) for r in roots if abs(r.imag) < 1e-12 and min(fluxes) < r.real < max(fluxes)]
    if len(inside) != 1:
        raise RuntimeError(f"The rates {list(rates)} /s at {list(fluxes)} mol/m2/s have no zero between them.")
    return inside[0]


def fitted_rate(model: Any, flux: Any, value: float) -> float:
    """Rate of the mean velocity in a transient that lasts until its last stretch is exponential, 1/s."""
    flux.value = value
    side = fi.pattern.patches("x", wavelength=50 * nm, width=25 * nm, centre=12.5 * nm)
    density = 100 * mM * (1 + SEED * (2 * side - 1))
    trace = fi.transient(
        model,
        fi.resting(model, {"cation": density, "anion": density}),
        until=12.0 * model.scales.time,
        tolerance=3e-4,
        first_step=0.01 * model.scales.time,
        largest_step=0.5 * model.scales.time,
        record={"mean velocity": mean_velocity},
        progress=False,
    )
    return trace.growth_rate("mean velocity", (6.0 * model.scales.time, trace["time"][-1])).rate


def impulse_rate(model: Any, flux: Any, value: float) -> float:
    """Rate at which a small tilt of the ions grows in the steady state, 1/s."""
    flux.value = value
    base = fi.Steady(model).solve()
    tilt = fi.pattern.cosine("x", wavelength=50 * nm, phase=-np.pi / 2)
    return fi.growth_rate(model, base, {"cation": tilt, "anion": tilt}, mean_velocity).rate


def peer(python: str, unknowns: int) -> Run:
    """The same by pyoomph, in its own process and environment.

    Raises
    ------
    RuntimeError
        When it fails or its answer is another; with what it printed.
    """
    return from_peer(left_by([python, str(PEER), "--unknowns", str(unknowns), "--threads", "1"], None))


def from_peer(found: dict[str, Any]) -> Run:
    """Its JSON in the words of this file."""
    names = {"setup": "set-up", "base": "base", "to_pitchfork": PITCHFORK, "diagram": DIAGRAM, "compile": "compile"}
    wall, cpu = ({ours: found[kind][its] for its, ours in names.items()} for kind in ("seconds", "cpu_seconds"))
    points = len(found["symmetric_branch"]) + len(found["flowing_branch_of_one_sign"])
    critical = {way: found["critical_flux"] for way in (PITCHFORK, DIAGRAM)}
    run = Run(found["unknowns"], wall, cpu, critical, {"points of the diagram": points})
    versions.update({f"peer {name}": text for name, text in found["versions"].items()})
    return run


#: Filled by the peer's answers.
versions: dict[str, str] = {}


def growing(refine: float) -> dict[str, float]:
    """What location with classification, and the switch, cost in units of one assembly, factorisation and solve."""
    run, model, flux, problem = made(refine)
    steps = fi.Steps(first=1.0, largest=1.0)
    branch = fi.continuation(model, flux, start=BASE, stop=26.0, mirror="x", steps=steps)
    study, (one, other), right = branch.study, branch.points[-2:], problem.vector()
    right.set(1.0)
    units = [unit(problem, one.x, right) for _ in range(3)]
    args = (problem, study.knob, study.metric, "pitchfork", one, other, study.mirror)
    point = run.timed("locate and classify", lambda: find(*args))
    before = problem.factor.count
    run.timed("switch", lambda: switched(point, study.metric, 1, 0.05))
    run.critical["located"] = point.value
    run.check("fem_ionics")
    one_unit = median(units)
    return {
        "unknowns": run.unknowns,
        "unit": one_unit,
        "locate and classify": run.wall["locate and classify"] / one_unit,
        "switch": run.wall["switch"] / one_unit,
        "factorisations to locate": point.factorisations,
        "factorisations to switch": problem.factor.count - before,
    }


def unit(problem: Any, x: Any, right: Any) -> float:
    """Seconds of one assembly, factorisation and solve."""
    began = time.perf_counter()
    problem.factorise(x).solve(right)
    return time.perf_counter() - began


# tables


def stage_row(runs: Sequence[Run]) -> dict[str, float]:
    """Medians of all stages of a program, its largest error and its counts."""
    row: dict[str, float] = {"unknowns": runs[0].unknowns, "repeats": len(runs)}
    for way in runs[0].critical:
        row[f"error {way}"] = max((error(run.critical[way]) for run in runs), key=abs)
    for stage in runs[0].wall:
        row[stage] = median(run.wall[stage] for run in runs)
        row[f"CPU {stage}"] = median(run.cpu[stage] for run in runs)
    return row | runs[0].counts


def turn_row(turn: int, run: Run) -> dict[str, float]:
    """One run as it was."""
    return {"turn": turn, "unknowns": run.unknowns} | run.wall | {f"CPU {stage}": run.cpu[stage] for stage in run.cpu}


def ratio_row(stages: Sequence[tuple[str, str]], others: Sequence[Run], runs: Sequence[Run]) -> dict[str, float]:
    """Times of others over ours for pairs (their stage, ours): median, least and greatest of neighbours, CPU times."""
    row: dict[str, float] = {"unknowns": runs[0].unknowns, "unknowns of the other": others[0].unknowns}
    for theirs, mine in stages:
        ratios = [other.wall[theirs] / run.wall[mine] for other, run in zip(others, runs, strict=False)]
        cpu = [other.cpu[theirs] / run.cpu[mine] for other, run in zip(others, runs, strict=False)]
        name = mine if theirs == mine else f"{theirs} over {mine}"
        row[name] = median(ratios)
        row[f"{name} least"], row[f"{name} greatest"] = min(ratios), max(ratios)
        row[f"{name} CPU"] = median(cpu)
    return row


def as_table(title: str, rows: Sequence[dict[str, float]], facts: dict[str, Any], unit_of_times: str = "s") -> fi.Table:
    """Columns from rows, to four digits; what is no count, error or ratio has a unit."""
    pure = ("turn", "unknowns", "repeats", "error", "factorisations", "Newton", "points")
    units = {name: unit_of_times for name in rows[0] if unit_of_times and not name.startswith(pure)}
    return fi.Table(columns(rows), units, title=title, provenance=facts)


# the run


def turns(refine: float, repeats: int, chosen: argparse.Namespace) -> dict[str, list[Run]]:
    """All programs at one size, in turns; who begins alternates."""
    unknowns = made(refine)[0].unknowns
    jobs: dict[str, Callable[[], Run]] = {"fem_ionics": lambda: ours(refine)}
    if chosen.before:
        jobs = {"fem_ionics": lambda: alone(refine, None), "before": lambda: alone(refine, chosen.before)}
    if chosen.pyoomph and unknowns <= chosen.peer_most:
        jobs["pyoomph"] = lambda: peer(chosen.pyoomph, unknowns)
    if chosen.in_time and not chosen.before:
        jobs["time-stepping"] = lambda: in_time(refine)
    done: dict[str, list[Run]] = {name: [] for name in jobs}
    for repeat in range(repeats):
        for name in list(jobs) if repeat % 2 == 0 else reversed(jobs):
            if name == "time-stepping" and repeat >= chosen.in_time:
                continue
            run = jobs[name]()
            run.check(name)
            done[name].append(run)
            seconds = ", ".join(f"{stage} {wall:.2f} s" for stage, wall in run.wall.items())
            print(f"{name} {run.unknowns}: {seconds}", flush=True)
            gc.collect()
    return done


#: What is compared with what: their stage, ours.
RATIOS = {
    "before": [(DIAGRAM, DIAGRAM)],
    "pyoomph": [(PITCHFORK, PITCHFORK), (DIAGRAM, DIAGRAM)],
    "time-stepping": [("fitted", PITCHFORK), ("impulse", PITCHFORK)],
}


def tables(sizes: Sequence[dict[str, list[Run]]], growth: Sequence[dict[str, float]], facts: Any) -> list[fi.Table]:
    """Times and ratios for each program, sizes as rows, and the cost as the number of unknowns grows."""
    made_of = []
    for name in sizes[0]:
        rows = [stage_row(size[name]) for size in sizes if name in size]
        made_of.append(as_table(f"{name}: medians of times", rows, facts))
    for name, pairs in RATIOS.items():
        having = [size for size in sizes if name in size]
        if having:
            ours_too = having[0]["fem_ionics"][0].wall
            stages = [(theirs, mine) for theirs, mine in pairs if mine in ours_too]
            rows = [ratio_row(stages, size[name], size["fem_ionics"]) for size in having]
            made_of.append(as_table(f"{name} over fem_ionics: ratios of times", rows, facts, ""))
    if growth:
        title = "Cost of a pitchfork in units of one assembly, factorisation and solve; the unit in s"
        made_of.append(as_table(title, growth, facts, ""))
    for name in sizes[0]:
        rows = [turn_row(turn, run) for size in sizes for turn, run in enumerate(size.get(name, ()), start=1)]
        made_of.append(as_table(f"{name}: seconds of each turn", rows, facts))
    return made_of


def options(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="time to the critical flux and to the whole diagram")
    parser.add_argument(
        "--pyoomph", metavar="PYTHON", help="Python of an environment with pyoomph; left out without it"
    )
    parser.add_argument("--refine", type=float, nargs="+", default=[1.2, 2.5], help="meshes: 4,300 and 16,304 unknowns")
    parser.add_argument("--repeats", type=int, nargs="+", default=[3, 3], help="for each mesh")
    parser.add_argument("--in-time", type=int, default=1, help="repeats of time-stepping")
    parser.add_argument("--grow", type=float, nargs="*", default=[1.0, 2.5, 5.0], help="meshes for the cost as N grows")
    parser.add_argument(
        "--before", metavar="CHECKOUT", help="another checkout of this package: the diagram alone, with both in turns"
    )
    parser.add_argument("--peer-most", type=int, default=10**9, help="unknowns up to which pyoomph takes part")
    parser.add_argument("--alone", type=float, metavar="MESH", help="one diagram, to a JSON file; what --before calls")
    parser.add_argument("--out", type=Path, help="JSON of --alone")
    parser.add_argument("--output", default="benchmarks/results/bifurcation.csv")
    found = parser.parse_args(given)
    if found.alone and found.out is None:
        parser.error("--alone needs --out")
    if len(found.refine) != len(found.repeats) or min(found.repeats) < 1 or found.in_time < 0:
        parser.error(
            f"got meshes {found.refine}, repeats {found.repeats}, {found.in_time} in time; one or more of each mesh"
        )
    return found


def commit(checkout: Path) -> str:
    """Short name of the commit of a checkout."""
    return subprocess.run(
        ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"], capture_output=True, text=True
    ).stdout.strip()


def main() -> None:
    """Run everything, print and write the tables."""
    chosen = options()
    if chosen.alone:
        found = {"run": asdict(diagram(chosen.alone)), "package": fi.__file__}
        chosen.out.write_text(json.dumps(found))
        return
    facts = provenance()
    # Forms are compiled here if they never were: all later times are those with a warm cache.
    first, again = (to_pitchfork(1.0).wall["set-up"] for _ in range(2))
    facts["compilation before the set-up, with the cache as it was, s"] = round(first - again, 2)
    if chosen.before:
        facts |= {"now": commit(Path(__file__).parents[1]), "before": commit(Path(chosen.before))}
        chosen.grow = []
    else:
        diagram(1.0)
        impulse_rate(*made(1.0)[1:3], BASE)
    sizes = [turns(refine, repeats, chosen) for refine, repeats in zip(chosen.refine, chosen.repeats, strict=True)]
    growth = [growing(refine) for refine in chosen.grow]
    facts |= versions | {"load average at the end": machine()["load average"]}
    found = tables(sizes, growth, facts)
    for table in found:
        show(table)
    fi.io.write_table(chosen.output, *found)


if __name__ == "__main__":
    main()
