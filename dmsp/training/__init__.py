"""Training a denoiser on folders of pictures."""

from dmsp.training.settings import Settings
from dmsp.training.trainer import train

__all__ = ["Settings", "train"]
