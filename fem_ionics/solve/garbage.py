# SPDX-License-Identifier: LGPL-3.0-or-later
"""Memory of PETSc's objects on several ranks."""

from petsc4py import PETSc


def clean(*objects: PETSc.Object) -> None:
    """Destroy what Python has let go of on the communicators of these objects (collective).

    On several ranks petsc4py leaves that to the day on which all ranks ask for it: a branch or a preconditioner would
    gather all its temporary vectors and matrices until then.
    """
    for each in objects:
        PETSc.garbage_cleanup(each.comm)
