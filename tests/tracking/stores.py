"""Stores to be read back, servers of them, and processes that write to them."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
from urllib.request import urlopen

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def client(outputs):
    from mlflow.tracking import MlflowClient

    return MlflowClient("sqlite:///{}/mlflow.db".format(outputs))


def found(outputs, tracker):
    return client(outputs).get_run(tracker.run_id)


def runs(client, experiment="tests", condition=""):
    """Return the runs of an experiment, the oldest first."""
    experiment = client.get_experiment_by_name(experiment)
    return client.search_runs(
        [experiment.experiment_id], condition, order_by=["attributes.start_time"]
    )


def execute(code, *arguments, **options):
    """Start a process that runs some code, interruptible even where this one is not."""
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    command = [sys.executable, "-c", code] + [str(argument) for argument in arguments]
    return subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **options,
    )


def check(process):
    output = process.communicate(timeout=250)[0]
    assert process.returncode == 0, output
    return output


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def fetch(url):
    try:
        with urlopen(url, timeout=20) as answer:
            return answer.read()
    except OSError:
        return None


@contextlib.contextmanager
def serving(folder, uri, *arguments, **variables):
    """Run ``mlflow server`` on loopback, its artifacts in the folder; yield its address."""
    port = variables.pop("port", None) or free_port()
    program = pathlib.Path(sys.executable).parent / "mlflow"
    command = [str(program), "server", "--backend-store-uri", uri, "--port", str(port)]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--workers", "1"]
    command += ["--serve-artifacts", "--default-artifact-root", "mlflow-artifacts:/"]
    path = os.path.dirname(sys.executable) + ":" + os.environ["PATH"]
    environment = dict(os.environ, PATH=path, MLFLOW_DISABLE_TELEMETRY="true", **variables)
    with open(str(folder / "server.log"), "a") as log:
        process = subprocess.Popen(
            command + list(arguments),
            cwd=str(folder),
            env=environment,
            stdout=log,
            stderr=log,
            preexec_fn=os.setsid,
        )
    address = "http://127.0.0.1:{}".format(port)
    try:
        deadline = time.time() + 240
        while process.poll() is None and time.time() < deadline and not fetch(address + "/health"):
            time.sleep(0.2)
        assert fetch(address + "/health"), (folder / "server.log").read_text()
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
