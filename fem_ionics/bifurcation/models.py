# SPDX-License-Identifier: LGPL-3.0-or-later
"""The package's models as parametric problems."""

from collections.abc import Mapping
from typing import Any

from petsc4py import PETSc

from fem_ionics.bifurcation.problem import Knob, ParametricProblem
from fem_ionics.errors import ModelError, ParameterError
from fem_ionics.model import Model, State
from fem_ionics.parameters import Parameter, checks
from fem_ionics.solve import Newton, Steady
from fem_ionics.solve.accept import check_closed, check_packing, check_positive

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
    stretch
        Parameter -> axis: the mesh is stretched along the axis in proportion to the parameter, a wavelength or a
        height that the patterns contain too. A state is drawn and integrated on the mesh as it is at that moment.

    Raises
    ------
    ModelError
        For a model without parameters.
    ParameterError
        For a stretch by a parameter that the model lacks, that is not positive, or along an unknown axis.
    """

    def __init__(
        self, model: Model, newton: Newton | None = None, *, stretch: Mapping[Parameter, str] | None = None
    ) -> None:
        if not model.parameters:
            raise ModelError("This model has no Parameter to turn: give one in place of a number.")
        self.model = model
        self._stretch = {parameter: self._axis(parameter, axis) for parameter, axis in (stretch or {}).items()}
        self._stretched = {parameter: parameter.value for parameter in self._stretch}
        self.steady = Steady(model, newton)
        self.functions = model.functions
        self.knobs = tuple(self._model_knob(parameter) for parameter in model.parameters)
        self._refresh = None
        measured = [field.kind in _MEASURED for field in model.fields]
        self._build(model.residual, model.bcs, model.storage, measured, self.steady.system)

    def _model_knob(self, parameter: Any) -> Knob:
        constant = self.model.values.constants[parameter]
        if parameter not in self._stretch:

            def assign(value: float) -> None:
                parameter.value = value
                self.model.read_parameters()

            return Knob(parameter.name, parameter.unit, constant, assign)

        def move(value: float) -> None:
            checks.positive("stretch", parameter.name, value)
            geometry = self.model.domain.mesh.geometry
            geometry.x[:, self._stretch[parameter]] *= value / self._stretched[parameter]
            self._stretched[parameter] = value
            parameter.value = value
            self.model.read_parameters()

        return Knob(parameter.name, parameter.unit, constant, move, moves=True)

    def _axis(self, parameter: Any, axis: str) -> int:
        if parameter not in self.model.parameters:
            raise ParameterError(
                f"stretch: {parameter!r} does not occur in the model; give it to the patterns too, for example "
                'fi.pattern.cosine("x", wavelength=parameter).'
            )
        checks.positive("stretch", parameter.name, parameter.value)
        return self.model.domain.axis_index(axis)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the coordinates."""
        return self.model.domain.axes

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
        if not isinstance(solution, State):
            raise ModelError(f"guess = {solution!r} was given; a State of this model is needed.")
        for constant in self.model.amounts.values():
            constant.value = 1.0  # a transient may have set an amount free
        self.model.load(solution)
        x = self.read()
        for knob in self.knobs:
            knob.assign(solution.parameters[knob.name])
        return x

    def check(self, x: PETSc.Vec) -> None:
        """Refuse negative concentrations, more ions than volume, and unbalanced walls (DepletionError, ModelError)."""
        self.load(x)
        check_closed(self.model, steady=True)
        check_packing(self.model)
        check_positive(self.model)

    def facts(self) -> dict[str, Any]:
        """The model's fingerprint."""
        return {"fingerprint": self.model.fingerprint, **super().facts()}


def as_problem(
    given: Any, stretch: Mapping[Parameter, str] | None = None, newton: Newton | None = None
) -> ParametricProblem:
    """A problem as it is, or a model as a problem, kept with the model so that forms compile once.

    Raises
    ------
    ModelError
        For anything else.
    ParameterError
        For a solver given beside a problem, which has its own.
    """
    if isinstance(given, ParametricProblem):
        if newton is not None:
            given.system.check(newton)
            raise ParameterError(
                f"newton = {newton!r} was given for a problem that has its own; give it to {type(given).__name__}."
            )
        return given
    if isinstance(given, Model):
        for parameter in stretch or {}:
            if not isinstance(parameter, Parameter):
                raise ParameterError(f"stretch: {parameter!r} was given; a Parameter of the model is needed.")
        how = newton or Newton()
        solver = (how.linear, how.prefix, *sorted((name, repr(value)) for name, value in how.options.items()))
        key = ("parametric problem", solver, *sorted((p.name, axis) for p, axis in (stretch or {}).items()))
        problem: ParametricProblem = given.kept(key, lambda: ModelProblem(given, how, stretch=stretch))
        return problem
    if callable(getattr(given, "solve", None)) and hasattr(given, "parameters"):
        raise ModelError(
            f"{type(given).__name__} solves itself and has no Jacobian, so that it cannot be continued by arclength; a "
            "model (PNP, PNPS) or a ParametricProblem is needed. fi.iv_curve and fi.sweep can walk its parameters."
        )
    raise ModelError(f"{given!r} was given; a model (PNP, PNPS) or a ParametricProblem is needed.")
