"""A store of many finished runs: one is logged, the others are copies of its rows."""

import random
import sqlite3
import uuid

SERIES = ("psnr", "ssim", "residual", "ms")
TABLES = ("runs", "metrics", "latest_metrics", "params", "tags")


def fill(address, count, iterations, params, tags, experiment="dmsp-deblur"):
    """Write finished runs with their parameters, figures and courses into an SQLite store.

    Their ``sigma_dae`` are 7, 8, …, their PSNR 28.000, 28.001, … dB, and the tag ``job``
    numbers them.

    Args:
        address: :class:`dmsp.tracking.address.Address`.
        count, iterations: how many.
        params, tags: {name: text} of all runs.

    Returns:
        the runs' ids, by number.
    """
    first = _log(address, iterations, dict(params, sigma_dae="0"), dict(tags, job="0"), experiment)
    ids = [first] + [uuid.uuid4().hex for _ in range(1, count)]
    with sqlite3.connect(str(address.path)) as connection:
        for table in TABLES:
            columns = [row[1] for row in connection.execute("PRAGMA table_info({})".format(table))]
            values = ", ".join("?" if name == "run_uuid" else name for name in columns)
            connection.executemany(
                "INSERT INTO {0} ({1}) SELECT {2} FROM {0} WHERE run_uuid = ?".format(
                    table, ", ".join(columns), values
                ),
                [(run_id, first) for run_id in ids[1:]],
            )
        # One a millisecond, as the order of their coming is that of their start.
        connection.executemany(
            "UPDATE runs SET start_time = start_time + ? WHERE run_uuid = ?", enumerate(ids)
        )
        set_each(connection, "params", "sigma_dae", ids, lambda job: str(7 + job))
        set_each(connection, "tags", "job", ids, str)
        for table in ("metrics", "latest_metrics"):
            set_each(connection, table, "psnr", ids, lambda job: 28 + job / 1000.0)
    return ids


def set_each(connection, table, key, ids, value):
    """Set a parameter, a tag or a metric of each run to a function of its number."""
    connection.executemany(
        "UPDATE {} SET value = ? WHERE key = ? AND run_uuid = ?".format(table),
        [(value(number), key, run_id) for number, run_id in enumerate(ids)],
    )


def _log(address, iterations, params, tags, experiment):
    """Log the run that the others are copies of; return its id."""
    from mlflow.entities import Metric, Param, RunTag

    from dmsp.tracking.store import Store

    client, experiment_id = Store(address).open(experiment)
    run_id = client.create_run(experiment_id).info.run_id
    draw = random.Random(0)
    figures = {"psnr": 28.0, "psnr_baseline": 22.0, "ssim": 0.8, "images": 2, "seconds": 1.0}
    points = [Metric(name, value, 0, 0) for name, value in figures.items()]
    for name in SERIES:
        points += [
            Metric("iteration/" + name, draw.random(), 0, k) for k in range(1, iterations + 1)
        ]
    params = [Param(name, text) for name, text in params.items()]
    client.log_batch(run_id, points[:1000], params, [RunTag(*item) for item in tags.items()])
    for start in range(1000, len(points), 1000):
        client.log_batch(run_id, points[start : start + 1000])
    client.set_terminated(run_id)
    return run_id
