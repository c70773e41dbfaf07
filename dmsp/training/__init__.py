"""Training a denoiser on folders of pictures."""

from dmsp.training.trainer import Settings, train

__all__ = ["Settings", "train"]
