# The base of the two images by itself, for tests/images/test_images.py to weigh.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}
