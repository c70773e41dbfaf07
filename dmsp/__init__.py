"""Deep mean-shift priors for image restoration: run, sweep and compare experiments."""

__version__ = "0.1.0"
