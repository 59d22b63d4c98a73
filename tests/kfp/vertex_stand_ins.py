# SPDX-License-Identifier: Apache-2.0
"""The part of tune-vertex that runs a tuning job, with stand-ins for what needs Google.

Kfp reads annotations as objects, so this module has no postponed ones.
"""

from pathlib import Path
from typing import Any

import yaml
from kfp import compiler, dsl
from kfp.dsl import Dataset, Input

from components import RUNTIME_IMAGE
from pipelines.tune_vertex import search, upload_model

LAUNCHER = """
import json, pathlib, sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
job = json.loads(given["--payload"])
print("JOB " + json.dumps(job))
target = pathlib.Path(given["--gcp_resources"])
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text("the job of " + given["--project"])
sys.exit(3 if job["display_name"] == "fails" else 0)
"""
RESULT = """
import json, pathlib, sys
document = json.loads(sys.argv[1])
given = document["inputs"]["parameterValues"]
print("RESULT " + json.dumps(given))
written = dict.fromkeys(sys.argv[2:], "best")
for name, place in document["outputs"]["parameters"].items():
    written[place["outputFile"]] = "{}" if name == "best_hyperparameters" else "1"
for place, text in written.items():
    path = pathlib.Path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
sys.exit(3 if given["planned"] == "cancelled" else 0)
"""
WRITTEN = [f"{{{{$.outputs.artifacts['{name}'].path}}}}" for name in ("best_model", "trials")]


@dsl.component(base_image=RUNTIME_IMAGE, install_kfp_package=False)
def pools() -> list[dict[str, Any]]:
    """A worker pool with two accelerators, as vertex_study writes it."""
    return [{"machine_spec": {"accelerator_count": 2}, "replica_count": "1"}]


@dsl.component(base_image=RUNTIME_IMAGE, install_kfp_package=False)
def told(trials: Input[Dataset]) -> None:
    """Print what a step after the search gets."""
    from pathlib import Path

    print("TOLD", Path(trials.path).read_text())


@dsl.pipeline(name="vertex-search")
def tuning(planned: str, display_name: str) -> None:
    """Run the search, a step that needs its outputs, and the upload of a model."""
    usual = {"String": "text", "List": [{}], "Integer": 4}
    given = {name: usual[spec.type] for name, spec in search.component_spec.inputs.items()}
    given |= {"planned": planned, "display_name": display_name, "worker_pool_specs": pools().output}
    found = search(**given)
    after = told(trials=found.outputs["trials"])
    where = {"address": "gs://bucket/release", "project": "project", "location": "location"}
    uploaded = upload_model(display_name=display_name, serving_image="serve:1", **where).after(after)
    uploaded.set_caching_options(False)  # as in tune_vertex: from the cache it would have no log


def compile_with_stand_ins(target: Path) -> Path:
    """Compile the pipeline; Google's launcher and vertex_result only print what they get."""
    compiler.Compiler().compile(tuning, str(target))
    document: dict[str, Any] = yaml.safe_load(target.read_text())
    for name, executor in document["deploymentSpec"]["executors"].items():
        box = executor["container"]
        if name in ("exec-hyperparameter-tuning-job", "exec-upload-model"):
            box |= {"image": RUNTIME_IMAGE, "command": ["python3", "-c", LAUNCHER]}
        if name.startswith("exec-vertex-result"):
            box |= {"command": ["python3", "-c", RESULT], "args": ["{{$}}", *WRITTEN]}
    target.write_text(yaml.safe_dump(document))
    return target
