# SPDX-License-Identifier: Apache-2.0
"""What physicists compare: observables of showers, and distances between samples of them."""
