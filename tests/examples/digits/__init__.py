# SPDX-License-Identifier: Apache-2.0
"""examples/digits and the five steps of training/README.md that explain it, carried out as a reader would."""
