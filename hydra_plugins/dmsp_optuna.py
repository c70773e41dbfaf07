"""Hydra's way to :mod:`dmsp.sweeps.search`; Hydra takes plugins from this folder only."""

from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper


class OptunaSweeper(Sweeper):
    """Searches with Optuna; ``conf/hydra/sweeper/dmsp_optuna.yaml`` explains the keys."""

    def __init__(self, **settings):
        self._settings = settings

    def setup(self, *, hydra_context, task_function, config):
        """Take what Hydra gives."""
        self.config = config
        self.hydra_context = hydra_context
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments):
        """Search, with the overrides of the command line."""
        from dmsp.sweeps.search import Search

        search = Search(
            self.config.hydra.sweep.dir,
            arguments,
            fail_fast=self.config.get("fail_fast"),
            **self._settings,
        )
        return search.run(self.launcher.launch)
