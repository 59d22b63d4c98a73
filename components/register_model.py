# SPDX-License-Identifier: Apache-2.0
"""A model that passed gets an entry in Kubeflow's Model Registry, with where it comes from."""

from typing import NamedTuple

from kfp import dsl
from kfp.dsl import Input, Model

from ._image import RUNTIME_IMAGE


@dsl.component(base_image=RUNTIME_IMAGE, install_kfp_package=False)
def register_model(
    model: Input[Model],
    name: str,
    address: str = "",
    registry: str = "",
    version: str = "",
    author: str = "",
    run_id: str = "",
    run_name: str = "",
    is_secure: bool = True,
) -> NamedTuple("Registered", [("registered_model_id", str), ("version", str)]):
    """Register a model in Kubeflow's Model Registry, with the search that it comes from.

    A step that is started again finds what it has registered already. Nothing is ever overwritten.

    Args:
        model: The deployable model. Its metadata become the version's own.
        name: The name of the registered model; each search adds a version to it.
        address: Where the model lies for good, as promote returns it; empty means the artifact's own address,
            which must then be one of an object store.
        registry: The registry's address, such as
            http://model-registry-service.kubeflow.svc.cluster.local:8080; empty to skip this step.
        version: The version's name; empty means the name of the trial that trained the model.
        author: Who is named as the owner of a new model and the author of its version.
        run_id: The run that made the model: pass dsl.PIPELINE_JOB_ID_PLACEHOLDER.
        run_name: The run's name: pass dsl.PIPELINE_JOB_NAME_PLACEHOLDER.
        is_secure: Whether a registry without http:// or https:// before it is spoken to by https.

    Returns:
        The id of the registered model and the name of its version; both empty where nothing was registered.
    """
    from kfp_katib.steps.register_model import Run, register

    return register(
        model.uri,
        model.metadata,
        name,
        address=address,
        registry=registry,
        version=version,
        author=author,
        run=Run(run_id, run_name),
        is_secure=is_secure,
    )
