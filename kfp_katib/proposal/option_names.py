# SPDX-License-Identifier: Apache-2.0
"""What the names of options usually mean: which are searched and how, and which are better left alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Shape = Literal["rate", "power of two", "doubled", "fraction", "near one", "count", "choice", "guess"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an option's name says about its space.

    Attributes:
        shape: How its values are spread.
        why: The reason for that, for a comment; empty if there is nothing to say.
        low: The lower bound where the option has no default to build one from.
        high: The upper bound there.
        rank: Which options are searched if there are many: 1 before 2 before 3.
    """

    shape: Shape
    why: str = ""
    low: float = 0.0
    high: float = 0.0
    rank: int = 1


@dataclass(frozen=True, slots=True)
class Alone:
    """Why an option of this name is better left alone."""

    why: str


_BELOW = "where such values usually lie, below 1"
_MAGNITUDE = "its order of magnitude matters, so on a logarithmic scale"
_RATE = Meaning("rate", _MAGNITUDE, 1e-4, 1e-1)
_LATE_RATE = Meaning("rate", _MAGNITUDE, 1e-6, 1e-4, rank=3)

_TABLE: tuple[tuple[str, Meaning | Alone], ...] = (
    ("seed random_state rng", Alone("a seed: trials differ in what is searched, not by luck")),
    (
        r"(eval|test|valid|val|validation|predict|infer)(_\w+)?_(batch|bs|batchsize) eval\w* test\w*"
        r" predict\w*",
        Alone("it is about the evaluation, which is the same for all trials"),
    ),
    (r"lr_sched\w* scheduler sched schedule lr_policy lr_type", Meaning("choice", rank=2)),
    (
        r"(lr_)?(decay_rate|decay_factor|lr_gamma|lr_decay|gamma)",
        Meaning("near one", _BELOW, 0.5, 0.99, 2),
    ),
    (r"(min|end|final|warmup)_(lr|learning_rate) lr_(min|end|final) eta_min", _LATE_RATE),
    (r"(\w+_)?(lr|learning_?rate|lrate|lr0|eta)$ ^alpha$ (lr|learning_rate)_(init|base|max|peak)", _RATE),
    (
        r"(\w+_)?(batch_?size|batch|bs|minibatch\w*)",
        Meaning("power of two", "powers of two, as is usual", 16, 128),
    ),
    (
        r"weight_decay wd l1 l2 reg regulari[sz]ation lambda reg_\w+ penalty decay l[12]_\w+",
        Meaning("rate", _MAGNITUDE, 1e-6, 1e-2),
    ),
    (r"(\w+_)?drop(out)?(_?rate|_?prob|path\w*)?", Meaning("fraction", "from none of it to half", 0.0, 0.5)),
    (
        r"warmup_(ratio|proportion|fraction|pct) label_smoothing smoothing mixup cutmix noise\w*",
        Meaning("fraction", "from none of it to a fifth", 0.0, 0.2, 2),
    ),
    (
        r"log(s|ger|ging)?(_\w+)? interval freq frequency every verbose verbosity print\w*"
        r" report\w* saves? save_\w+ wandb\w* tensorboard mlflow debug progress\w* profil\w* quiet"
        r" disable_tqdm hub\w* push\w* dry_run notes?",
        Alone("it is about what a trial tells, not about what it learns"),
    ),
    (
        r"n?epochs? iters? iterations? max_iter niter n_iter steps? rounds? budget patience"
        r" early_stop\w* timeout (max_|total_)?time hours minutes generations updates"
        r" (total_)?timesteps warmup\w*",
        Alone("it decides how long a trial takes, which is the same for all trials"),
    ),
    (
        r"workers? num_proc nproc\w* n_jobs jobs n?threads? prefetch\w* pin_mem\w* cores buffer_size",
        Alone("it changes how fast a trial is, not what it learns"),
    ),
    (
        r"port host hostname addr\w* rank local_rank world_size master\w* n?nodes? backend devices?"
        r" n?gpus? gpu_ids? cuda cpu tpu mps accelerator strategy distributed dist\w* ddp\w* deepspeed"
        r" fsdp\w* xla",
        Alone("it says where a trial runs, not what it learns"),
    ),
    (
        r"amp fp16\w* bf16\w* tf32 half precision dtype compile jit\w* torchscript channels_last",
        Alone("it is about arithmetic and speed, and is chosen once"),
    ),
    (
        r"paths? dirs? directory folder root files? filename outputs? out outdir inputs? data\w*"
        r" checkpoints? ckpt\w* resume\w* pretrained\w* ur[li] name project tags? run experiment ids?"
        r" user token entity version revision cache\w* config\w* conf overwrite\w* models? model_\w+"
        r" text column prefix suffix destination source",
        Alone("it names something"),
    ),
    (
        r"mode task action command do_\w+ splits? subset limit classes n_classes labels? vocab\w* size_[xyz]"
        r" resolution height (img|image|crop|sample|train|window)_size"
        r" (seq|sequence|max|min|context|source|target)_(len|length)\w* seq\w* max_\w*samples"
        r" (num|n)_samples loss criterion loss_fn loss_type objective metrics? n?folds? goal target",
        Alone("it changes what is learnt or measured, so that trials could not be compared"),
    ),
    (r"(num_|n_|n)?heads?", Alone("it has to divide the width of the model")),
    (r"optimi[sz]er optim opt activation act nonlinearity kernel$ solver booster", Meaning("choice")),
    ("momentum", Meaning("near one", _BELOW, 0.5, 0.99, 2)),
    (r"beta_?1 b1", Meaning("near one", _BELOW, 0.8, 0.95, 3)),
    (r"beta_?2 b2 tau ema\w*", Meaning("near one", _BELOW, 0.9, 0.9999, 3)),
    ("eps epsilon tol", Meaning("rate", _MAGNITUDE, 1e-9, 1e-5, 3)),
    (
        r"weight coeff? scale temperature clip\w* grad_clip max_grad_norm c$",
        Meaning("rate", _MAGNITUDE, 0.01, 10.0, 2),
    ),
    ("max_depth", Meaning("count", "", 2, 12)),
    (r"n?layers? (num|n)_layers depth n?blocks? stages", Meaning("count", "", 1, 4)),
    (
        r"hidden\w* units neurons width n?dims? \w+_dim d_model d_ff channels n?filters embed\w* emb"
        r" latent\w* n[gd]?f",
        Meaning("doubled", "", 32, 256),
    ),
    (r"n?estimators n?trees (num_)?leaves max_features min_\w+ neighbou?rs k", Meaning("count", "", 5, 50)),
    (r"subsample\w* colsample\w* (feature|bagging)_fraction", Meaning("near one", "a part of all", 0.5, 1.0)),
)
"""Names as regular expressions, whole words of an option's plain name; the first that is found counts."""

_FOUND = tuple((re.compile(rf"(?:^|_)(?:{'|'.join(names.split())})(?:_|$)"), what) for names, what in _TABLE)


def meaning(name: str, *, wished: bool = False) -> Meaning | Alone:
    """What an option of this name is, as far as names tell.

    Args:
        name: The option's plain name, such as `learning_rate`.
        wished: Whether it is to be searched whatever speaks against it.
    """
    unknown = Meaning("guess", rank=3)
    found = (
        what for pattern, what in _FOUND if pattern.search(name) and not (wished and isinstance(what, Alone))
    )
    return next(found, unknown)
