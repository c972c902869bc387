# SPDX-License-Identifier: LGPL-3.0-or-later
"""Lets the tests of this folder import `pores` beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
