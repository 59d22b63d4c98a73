# SPDX-License-Identifier: Apache-2.0
"""Prepare the data, tune a model on them, take the best one, judge it, promote and register it.

The steps are the same wherever they run. What differs from one platform to the next (images, labels, volumes,
secrets, default addresses) is applied to them by pipelines/platforms.
"""

from kfp import dsl

from components import (
    TRAINING_IMAGE,
    clean_up,
    evaluate_model,
    extract_best_model,
    launch_katib,
    prepare_data,
)
from pipelines.platforms import Platform
from pipelines.promote_if_passed import promote_if_passed

RETRY_WINDOW = "1209600s"
"""Two weeks. It counts from a step's first attempt, so it must be longer than any timeout_seconds."""


def tune(platform: Platform) -> dsl.base_component.BaseComponent:
    """The pipeline for one platform."""
    promote_if = promote_if_passed(platform)

    @dsl.pipeline(name=f"tune-{platform.name}", description="Tune a model with Katib and release the best.")
    def pipeline(
        experiment: str,
        engine: str = platform.engine,
        source: str = "",
        options: dict = {},
        destination: str = platform.destination,
        models: str = platform.models,
        image: str = TRAINING_IMAGE,
        namespace: str = "",
        trial_pod: dict = platform.trial_pod,
        overrides: dict = {},
        timeout_seconds: int = 86400,
        on_timeout: str = "fail",
        keep: int = 1,
        thresholds: dict = {},
        release: str = "",
        registry: str = "",
        model_name: str = "tuned-model",
        author: str = "",
        prepare: str = "training.prepare:prepare",
        export: str = "training.export:export",
        evaluate: str = "training.evaluate:evaluate",
    ) -> None:
        end = clean_up(
            run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            engine=engine,
            namespace=namespace,
            experiment=experiment,
        )
        with dsl.ExitHandler(end, name="tuning"):
            data = prepare_data(source=source, options=options, destination=destination, function=prepare)
            search = launch_katib(
                experiment=experiment,
                engine=engine,
                dataset=data.outputs["dataset"],
                models=models,
                image=image,
                run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
                task_name=dsl.PIPELINE_TASK_NAME_PLACEHOLDER,
                namespace=namespace,
                trial_pod=trial_pod,
                overrides=overrides,
                timeout_seconds=timeout_seconds,
                on_timeout=on_timeout,
            )
            best = extract_best_model(
                best_model=search.outputs["best_model"],
                trials=search.outputs["trials"],
                keep=keep,
                function=export,
            )
            judgement = evaluate_model(
                model=best.outputs["model"],
                dataset=data.outputs["dataset"],
                thresholds=thresholds,
                function=evaluate,
            )
            promote_if(
                passed=judgement.outputs["passed"],
                model=best.outputs["model"],
                release=release,
                registry=registry,
                model_name=model_name,
                author=author,
            )

        for step in (data, search, best, judgement):
            platform.attach(step)
        for step in (search, best, end):
            step.set_caching_options(False)
        data.set_caching_options(not platform.destination)
        search.set_retry(platform.retries, backoff_duration="10s", backoff_max_duration=RETRY_WINDOW)

    return pipeline
