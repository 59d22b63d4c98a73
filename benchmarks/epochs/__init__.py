# SPDX-License-Identifier: Apache-2.0
"""The trials of equal_epochs.py: a training with epochs that may go on, served by a process that is ready."""
