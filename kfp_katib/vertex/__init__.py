# SPDX-License-Identifier: Apache-2.0
"""A manifest on Google's Vertex AI: as a study, as a trial's entry point there, and its job as a Result.

It is no engine, since Vertex AI's own component starts the job and waits for it: `study` comes before
that component, `trial` runs in each of its containers, `jobs` and `result` come after it.
"""
