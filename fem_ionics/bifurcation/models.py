# SPDX-License-Identifier: LGPL-3.0-or-later
"""The package's models as parametric problems."""

from typing import Any

from petsc4py import PETSc

from fem_ionics.bifurcation.problem import Knob, ParametricProblem
from fem_ionics.errors import ModelError
from fem_ionics.model import Model, State
from fem_ionics.solve import Newton, Steady
from fem_ionics.solve.accept import check_closed, check_positive

#: Pressure and multipliers follow from the rest and would weigh arbitrarily in a distance.
_MEASURED = ("potential", "concentration", "electrochemical potential", "velocity")


class ModelProblem(ParametricProblem):
    """Steady states of a model, with the checks that its states must pass.

    Parameters
    ----------
    model
        A PNP or PNPS with at least one Parameter.
    newton
        How plain solves are done.

    Raises
    ------
    ModelError
        For a model without parameters.
    """

    def __init__(self, model: Model, newton: Newton | None = None) -> None:
        if not model.parameters:
            raise ModelError("This model has no Parameter to turn: give one in place of a number.")
        self.model = model
        self.steady = Steady(model, newton)
        self.functions = model.functions
        self.knobs = tuple(self._model_knob(parameter) for parameter in model.parameters)
        self._refresh = None
        measured = [field.kind in _MEASURED for field in model.fields]
        self._build(model.residual, model.bcs, model.storage, measured, self.steady.system)

    def _model_knob(self, parameter: Any) -> Knob:
        def assign(value: float) -> None:
            parameter.value = value
            self.model.read_parameters()

        return Knob(parameter.name, parameter.unit, self.model.values.constants[parameter], assign)

    def first(self) -> PETSc.Vec:
        """A steady state from rest at the parameters' present values, or from the ramp."""
        self.model.load(self.steady.solve())
        return self.read()

    def snapshot(self, x: PETSc.Vec, **info: Any) -> State:
        """A State of the model."""
        self.load(x)
        return self.model.snapshot(**info)

    def restore(self, solution: State) -> PETSc.Vec:
        """The vector of a state, with its parameters set."""
        for parameter in self.model.parameters:
            parameter.value = solution.parameters[parameter.name]
        self.model.load(solution)
        return self.read()

    def check(self, x: PETSc.Vec) -> None:
        """Refuse negative concentrations and unbalanced walls (DepletionError, ModelError)."""
        self.load(x)
        check_closed(self.model, steady=True)
        check_positive(self.model)

    def facts(self) -> dict[str, Any]:
        """The model's fingerprint."""
        return {"fingerprint": self.model.fingerprint, **super().facts()}


def as_problem(given: Any) -> ParametricProblem:
    """A problem as it is, or a model as a problem.

    Raises
    ------
    ModelError
        For anything else.
    """
    if isinstance(given, ParametricProblem):
        return given
    if isinstance(given, Model):
        problem: ParametricProblem = given.kept("parametric problem", lambda: ModelProblem(given))
        return problem
    raise ModelError(f"{given!r} was given; a model (PNP, PNPS) or a ParametricProblem is needed.")
