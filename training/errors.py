# SPDX-License-Identifier: Apache-2.0
"""What can go wrong here in a way that the user can mend."""

from __future__ import annotations

import argparse


class TrainingError(Exception):
    """Base of this package's errors; the message says what failed, what we saw and what to do."""


class OptionError(TrainingError, argparse.ArgumentTypeError):
    """An option has a value that cannot be used; argparse says of which option, and ends the command."""


class DataError(TrainingError):
    """A file of showers is missing or does not hold what its layout promises."""


class ModelError(TrainingError):
    """A model's file is missing, damaged or of another kind."""


class Diverged(TrainingError):
    """The loss stopped being a number."""
