#!/usr/bin/env bash
# How long an iteration takes on one NPU: 3 pictures, 50 iterations, non-blind.
kind=perf pictures=3 train_steps=50 noise_level=known
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
