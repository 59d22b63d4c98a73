# SPDX-License-Identifier: Apache-2.0
"""The steps of a pipeline as reusable components, one file each."""

from ._image import RUNTIME_IMAGE, TRAINING_IMAGE
from .clean_up import clean_up
from .evaluate_model import evaluate_model
from .extract_best_model import extract_best_model
from .launch_katib import launch_katib
from .prepare_data import prepare_data
from .promote import promote
from .register_model import register_model
from .vertex_result import vertex_result
from .vertex_study import vertex_study

__all__ = [
    "RUNTIME_IMAGE",
    "TRAINING_IMAGE",
    "clean_up",
    "evaluate_model",
    "extract_best_model",
    "launch_katib",
    "prepare_data",
    "promote",
    "register_model",
    "vertex_result",
    "vertex_study",
]
