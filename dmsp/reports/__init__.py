"""What a run leaves behind for people and scripts: tables, pictures and figures."""

from dmsp.reports.results import PictureResult, Results
from dmsp.reports.summary import headline, verdict

__all__ = ["PictureResult", "Results", "headline", "verdict"]
