# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a user leaves unsaid: a bath holds all fields of an opening, mirror planes and the axis let nothing through."""

from collections.abc import Iterable, Sequence

from fem_ionics.errors import ModelError, nearest
from fem_ionics.geometry import Domain
from fem_ionics.model.values import Values
from fem_ionics.parameters import Electrolyte
from fem_ionics.physics import Bath, Condition, Fixed, Pressure, Symmetry

#: Boundaries that are mirror planes by their name.
_MIRRORS = ("symmetry", "axis", "cell side")
#: Largest |sum z c| of a bath that counts as neutral, relative to sum |z| c.
_NEUTRAL = 1e-9


def completed(conditions: Sequence[Condition], domain: Domain, flow: bool) -> tuple[Condition, ...]:
    """The conditions with those that they imply.

    Parameters
    ----------
    conditions
        As given.
    domain
        Names of mirror planes and of the axis are looked up in it.
    flow
        Whether openings need a pressure.
    """
    implied: list[Condition] = []
    for each in conditions:
        if isinstance(each, Bath):
            implied.append(Fixed("potential", each.potential, on=each.on))
            implied += [Fixed(name, value, on=each.on) for name, value in each.concentrations]
            implied += [Pressure(each.pressure, on=each.on)] if flow else []
    for name in _MIRRORS:
        if name in domain.boundaries and not any(name in (getattr(each, "on", ()) or ()) for each in conditions):
            implied.append(Symmetry(name))
    return (*conditions, *implied)


def check_baths(electrolyte: Electrolyte, conditions: Iterable[Condition]) -> None:
    """Each bath names every species, and none that is unknown.

    Raises
    ------
    ModelError
    """
    for each in conditions:
        if isinstance(each, Bath):
            named = [name for name, _ in each.concentrations]
            unknown = [name for name in named if name not in electrolyte.names]
            missing = [name for name in electrolyte.names if name not in named]
            if unknown or missing:
                wrong = unknown[0] if unknown else missing[0]
                hint = nearest(wrong, electrolyte.names) if unknown else ""
                raise ModelError(
                    f"Bath(on={list(each.on)}): it holds {', '.join(named)}, the model {', '.join(electrolyte.names)}; "
                    f'"{wrong}" is {"no species of the model" if unknown else "missing"}.{hint}'
                )


def check_bath_values(values: Values, electrolyte: Electrolyte, conditions: Iterable[Condition]) -> None:
    """Each bath is positive and neutral at the present parameters.

    Raises
    ------
    ModelError
    """
    for each in conditions:
        if not isinstance(each, Bath):
            continue
        found = {name: values.number(value) for name, value in each.concentrations}
        listed = ", ".join(f"{name} {value:g}" for name, value in found.items())
        if not all(value > 0.0 for value in found.values()):
            raise ModelError(
                f"Bath(on={list(each.on)}): {listed} mol/m3 at the present parameters; positive concentrations are "
                "needed: leave a species out of the electrolyte where no bath has it, or give it a trace."
            )
        charges = [electrolyte[name].valence * value for name, value in found.items()]
        if abs(sum(charges)) > _NEUTRAL * sum(map(abs, charges)):
            raise ModelError(
                f"Bath(on={list(each.on)}): {listed} mol/m3 is not neutral (sum z c = {sum(charges):.6g} mol/m3); "
                "balance its cations and anions."
            )
