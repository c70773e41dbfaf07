"""Fill a store with finished runs: ``python -m tests.tracking.many_runs outputs 1000 300``."""

import pathlib
import random
import sys
import time

SERIES = ("psnr", "ssim", "residual", "ms")


def fill(outputs, count, iterations, experiment="dmsp-deblur"):
    """Write finished runs with their parameters, figures and courses into ``outputs/mlflow.db``."""
    from mlflow.entities import Metric, Param

    from dmsp.tracking.address import Address
    from dmsp.tracking.store import Store

    client, experiment_id = Store(Address(None, outputs)).open(experiment)
    draw = random.Random(0)
    for number in range(count):
        now = int(1000 * time.time())
        tags = {"mlflow.runName": "sigma_dae={}".format(number % 25 + 1), "task": "deblur"}
        run = client.create_run(experiment_id, now, tags)
        params = {
            "sigma_dae": number % 25 + 1,
            "noise": 0.01 * (number % 4 + 1),
            "optimizer": "hqs",
        }
        points = [Metric("psnr", draw.uniform(20, 30), now, 0), Metric("seconds", 1.0, now, 0)]
        points += [
            Metric("iteration/" + name, draw.random(), now, k)
            for name in SERIES
            for k in range(iterations)
        ]
        client.log_batch(run.info.run_id, (), [Param(k, str(v)) for k, v in params.items()])
        for start in range(0, len(points), 1000):
            client.log_batch(run.info.run_id, points[start : start + 1000])
        client.set_terminated(run.info.run_id)


if __name__ == "__main__":
    fill(pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
