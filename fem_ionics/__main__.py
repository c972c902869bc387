# SPDX-License-Identifier: LGPL-3.0-or-later
"""``python -m fem_ionics``: the same as the command ``fem-ionics``."""

import sys

from fem_ionics.cli import main

if __name__ == "__main__":
    sys.exit(main())
