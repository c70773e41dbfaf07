#!/usr/bin/env bash
# The published protocol on one NPU: 50 pictures, 300 iterations, non-blind and noise-blind.
kind=acc pictures=50 train_steps=300 noise_level=known,blind
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
