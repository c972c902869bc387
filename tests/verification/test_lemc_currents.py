# SPDX-License-Identifier: LGPL-3.0-or-later
"""Currents of NP+LEMC: none at rest, the same through every section, and those of PNP where ions hardly interact.

Ions that hardly interact are points in a liquid of twenty times the permittivity of water. What is left of their
correlations, and the images of the baths' ends that PNP has and particles do not, is 1 to 2 % of the current.
"""

import math

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics import lemc
from fem_ionics.lemc.nernst_planck import current
from fem_ionics.lemc.primitive import DENSITY
from fem_ionics.lemc.wall_potential import smeared_potential
from fem_ionics.units import M, e_nm2, nm

KCL = fi.Electrolyte.kcl(1 * M)
#: Radius, length, and radius and depth of the baths, nm.
SMALL = (1.0, 2.0, 3.0, 2.0)
#: Room of the centres of nearly pointlike ions: walls lie their radius further away, nm.
WEAK, POINT = (1.2, 4.0, 4.0, 3.0), 0.01
STRONGER_WATER = 20.0
#: Of the wall, e/nm2.
CHARGE = -1.0


def pore(sizes=SMALL, gap=0.0, **options):
    radius, length, width, depth = sizes
    return fi.geometry.cylindrical_pore(
        (radius + gap) * nm,
        (length - 2 * gap) * nm,
        reservoir=(width * nm, (depth + gap) * nm),
        resolve=0.3 * nm,
        **options,
    )


def particles(conditions, domain=None, electrolyte=KCL, **given):
    settings = {"trials": 20_000, "burn": 2, "iterations": 8, "replicas": 2, "bulk_error": 0.02, "finest": 0.2}
    return fi.NPLEMC(electrolyte, domain or pore(), conditions, **settings | {"progress": False} | given)


def baths(voltage=0.0, cis=KCL, trans=KCL):
    return [fi.Bath(cis, potential=voltage, on="cis"), fi.Bath(trans, on="trans")]


# At rest


def test_at_rest_there_is_no_current_whatever_was_sampled():
    charged = [*baths(0.15), fi.SurfaceCharge(-1 * e_nm2, on="pore wall")]
    ground = fi.Bath(KCL, potential=0.15, on="trans")
    found = particles([charged[0], ground, charged[2]]).solve()
    thermal = fi.constants.ELEMENTARY_CHARGE * KCL["K+"].diffusivity / nm**2
    assert np.abs(found.currents.value).max() < 1e-12 * thermal
    assert np.abs(found.seeds).max() < 1e-12 * thermal


def grand_canonical(activities, seeds, trials):
    """Ions of each kind in the pore and in the baths, by chains at activities that are given as numbers."""
    radius, length, width, depth = SMALL
    cell = lemc.PoreCell((-length / 2, length / 2), (radius, radius), width, depth)
    grid = lemc.TensorGrid(
        np.array([0.0, width]),
        np.array([0.0, 2 * math.pi]),
        np.array([-cell.top, -length / 2, length / 2, cell.top]),
    )
    bjerrum = KCL.bjerrum_length / nm
    system = lemc.System(
        valences=(1, -1),
        radii=(0.133, 0.181),
        bjerrum=bjerrum,
        cell=cell,
        grid=grid,
        moves=lemc.Moves(displace=0.5, jump=0.0, single=0.5),
        potential=smeared_potential(cell, [(-0.5, -length / 2, length / 2, 0.0)], bjerrum),
        steps=(0.3, 0.3),
    )
    numbers = []
    for seed in range(seeds):
        chain = lemc.Chain(system, activities, seed=(99, seed, 0))
        chain.run(trials // 4)
        chain.forget()
        chain.run(trials)
        counts = chain.take().counts
        numbers.append([counts[:, 1], counts[:, 0] + counts[:, 2]])
    return np.mean(numbers, axis=0), np.std(numbers, axis=0, ddof=1) / math.sqrt(seeds)


def test_potentials_that_are_uniform_give_the_grand_canonical_ensemble():
    """The outer iteration, with its fields, bins and zones, against a plain chain of the same ions."""
    wall = fi.SurfaceCharge(-0.5 * e_nm2, on="pore wall")
    found = particles([*baths(), wall], trials=100_000, iterations=12, replicas=4, finest=0.25).solve()
    bulk = lemc.bulk(KCL, error=0.02, seed=0, progress=False)
    np.testing.assert_allclose(found.potentials[:, 0, 0, 0], bulk.ln_activity, rtol=1e-12)
    expected, error = grand_canonical(bulk.ln_activity, 4, 1_000_000)
    inside = np.abs(found.grid.centres[2]) < SMALL[1] / 2
    for ion in range(2):
        per_bin = DENSITY * found.grid.volumes
        values, errors = (each[ion] * per_bin for each in (found.density.value, found.density.error))
        for place, here in enumerate((inside, ~inside)):
            width = math.hypot(math.sqrt(float((errors[..., here] ** 2).sum())), error[place, ion])
            number = float(values[..., here].sum())
            assert abs(number - expected[place, ion]) < 4.0 * width + 0.01 * number, (ion, place)


# Through every section


def layers(found, ion):
    """F of an ion through each layer of bins of the pore, nm^-2: the exact integral of bilinear elements."""
    grid, mu, density = found.grid, found.potentials[ion, :, 0, :], found.density.value[ion, :, 0, :]
    slopes = np.diff(mu, axis=1) / np.diff(grid.z)
    low, high = grid.r[:-1, None], grid.r[1:, None]
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    through = np.zeros_like(density)
    for part in (-1.0 / math.sqrt(3.0), 1.0 / math.sqrt(3.0)):
        through += math.pi * (middle + part * half) * half * ((1.0 - part) * slopes[:-1] + (1.0 + part) * slopes[1:])
    inside = np.abs(grid.centres[2]) < 0.5 * found.cell.length
    open_ = grid.centres[0] < min(found.cell.r)
    return DENSITY * (density * through)[open_][:, inside].sum(axis=0)


def test_the_current_is_the_same_through_every_section():
    """Strongly charged, so that the density varies steeply; bins that no ion has seen conduct about a millionth."""
    found = particles([*baths(0.2), fi.SurfaceCharge(-1 * e_nm2, on="pore wall")]).solve()
    assert np.abs(found.defects).max() < 1e-11 * float(np.abs(found.currents.value).min())
    for ion, species in enumerate(KCL.species):
        sections = layers(found, ion)
        assert len(sections) >= 6
        currents = np.array([current(species.valence, species.diffusivity, each) for each in sections])
        np.testing.assert_allclose(currents, float(found.currents.value[ion]), rtol=1e-5)


def test_localised_charges_have_bins_around_and_conserve():
    """Three charges around, at edges of the bins: every third bin lies between them and holds less potassium."""
    charge = -3.0 / (2.0 * math.pi * 2.0)  # three in a ring, each the charge of 2 nm of the wall's length
    wall = lemc.WallCharges(lemc.SquareGrid(charge * e_nm2, 2.0 * nm))
    found = particles([*baths(0.2), wall], angles=9, iterations=4, finest=0.25, trials=100_000).solve()
    assert found.grid.shape[1] == 9
    assert np.abs(found.defects).max() < 1e-9 * float(np.abs(found.currents.value).min())
    near = (found.grid.centres[0] > 0.6) & (found.grid.centres[0] < 1.0)
    inside = np.abs(found.grid.centres[2]) < 1.0
    around = found.density.value[0][near][:, :, inside].sum(axis=(0, 2)).reshape(3, 3)
    assert around[:, 1].max() < 0.95 * around[:, [0, 2]].min()
    assert float(found.currents.value[0]) > 1.2 * float(found.currents.value[1]) > 0.0


# Against mean field


def weak(concentration=1 * M):
    return fi.Electrolyte.kcl(concentration, permittivity=STRONGER_WATER * KCL.permittivity)


def both(voltage, charge, cis, trans=None, **given):
    """Currents of the ions (A) by NP+LEMC, their errors, and by PNP in the room of the centres."""
    trans = trans or cis
    radius, length = WEAK[:2]
    # The walls of particles lie further away; their charge is as large.
    further = radius / (radius + POINT) * length / (length - 2 * POINT)

    def conditions(density):
        wall = [fi.SurfaceCharge(density * e_nm2, on="pore wall")] if density else []
        return [*baths(voltage, cis, trans), *wall]

    liquid = fi.Permittivity(cis.permittivity, on="membrane")
    state = fi.steady(fi.PNP(cis, pore(WEAK, membrane="dielectric"), [*conditions(charge), liquid]))
    mean_field = np.array([fi.observe.IonCurrent(ion, on="trans")(state) for ion in cis.names])
    settings = {"trials": 150_000, "burn": 6, "iterations": 12, "bulk_error": 3e-3, "finest": 0.1}
    model = particles(
        conditions(charge * further),
        pore(WEAK, POINT),
        cis,
        radii=dict.fromkeys(cis.names, POINT * nm),
        **settings | given,
    )
    found = model.solve()
    return found.currents.value, found.currents.error, mean_field


def test_an_uncharged_pore_has_the_resistance_of_its_tube_and_of_its_mouths():
    """That of the finite-element cell, which tends to Hall's in wide baths; near electrodes take a part of it away."""
    voltage, salt = 0.1, weak()
    found, error, mean_field = both(voltage, 0.0, salt)
    assert np.all(error < 0.01 * found)
    np.testing.assert_allclose(found, mean_field, rtol=0.03)
    mobile = zip(salt.species, salt.concentrations, strict=True)
    kappa = fi.constants.FARADAY / salt.thermal_voltage * sum(s.valence**2 * s.diffusivity * c for s, c in mobile)
    radius, length = WEAK[0] * nm, WEAK[1] * nm
    tube, mouth = fi.reduced.pore_resistance(radius, length, kappa), fi.reduced.access_resistance(radius, kappa)
    resistance = voltage / float(found.sum())
    assert 0.82 < resistance / (tube + 2 * mouth) < 0.92
    assert resistance > 1.2 * tube


def test_weak_coupling_gives_the_currents_of_mean_field():
    found, error, mean_field = both(0.1, CHARGE, weak())
    assert mean_field[0] > 1.3 * mean_field[1]
    assert np.all(error < 0.02 * found)
    np.testing.assert_allclose(found, mean_field, rtol=0.04)


@pytest.mark.validate
def test_weak_coupling_gives_them_the_better_the_thinner_the_layers():
    """At 3 M the baths are four Debye lengths deep and their ends' images weaker."""
    found, error, mean_field = both(0.1, CHARGE, weak(3 * M), trials=400_000, burn=10, iterations=30)
    np.testing.assert_allclose(found, mean_field, rtol=0.015)
    assert np.all(error < 0.01 * found)


def test_a_concentration_difference_drives_the_currents_of_mean_field():
    found, error, mean_field = both(0.0, CHARGE, weak(), weak(0.25 * M))
    assert mean_field[0] > 0.0 > mean_field[1]
    assert np.all(error < 0.02 * np.abs(found))
    np.testing.assert_allclose(found, mean_field, rtol=0.05)
