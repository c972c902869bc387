# SPDX-License-Identifier: LGPL-3.0-or-later
"""The version, in the one place that everything else reads."""

__version__ = "0.1.0"
