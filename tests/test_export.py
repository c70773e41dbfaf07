"""The exported graph: run by TensorFlow alone, it restores what dmsp restores."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

from dmsp import denoisers, export, noise, optimizers, runtime
from dmsp.denoisers import networks, tf_checkpoint
from dmsp.errors import UserError
from dmsp.operators import BicubicDownsampling, SpatialConvolution, ValidBlur
from dmsp.restoration import Restoration, Settings
from dmsp.seeds import FedNoise, fed_noise, observation_noise
from dmsp.tensorflow import tf

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEY = np.array([1, 2], np.int32)
KERNEL = np.outer([1, 2, 1], [1, 1, 2]).astype(np.float32) / 16
SHAPE = (20, 18)
# A program of TensorFlow alone; it is run by other TensorFlows too.
PLAIN = """
import json, sys
import numpy as np
import tensorflow
tf = tensorflow.compat.v1
tf.disable_v2_behavior()
folder, inputs, output, form = sys.argv[1:]
described = json.load(open(folder + "/restoration.json"))
given = np.load(inputs)
graph = tf.Graph()
with graph.as_default(), tf.Session() as session:
    if form == "frozen":
        definition = tf.GraphDef()
        definition.ParseFromString(open(folder + "/restoration.pb", "rb").read())
        tf.import_graph_def(definition, name="")
    else:
        tf.saved_model.loader.load(session, ["serve"], folder + "/saved_model")

    def call(part, values):
        names = described[part]["inputs"]
        feed = {names[name]["tensor"]: value for name, value in values.items() if name in names}
        assert len(feed) == len(names), sorted(names)
        outputs = described[part]["outputs"]
        return session.run({name: outputs[name]["tensor"] for name in outputs}, feed)

    fixed = {"observation": given["observation"], "sigma": given["sigma"]}
    state = call("start", fixed)
    for k, noise in enumerate(given["noise"]):
        state = call("step", dict(fixed, iteration=k, noise=noise, **state))
np.save(output, state["restored"])
"""


def small():
    architecture = {"kind": "unet", "channels": [4, 4], "blocks": [1, 1]}
    generator = np.random.RandomState(0)
    arrays = {
        layer.name: (0.02 * generator.standard_normal(layer.shape)).astype(np.float32)
        for layer in networks.network(architecture).layers
    }
    weights = denoisers.storage.Weights(architecture, arrays, {"sigma": None, "note": "ü"})
    return denoisers.Denoiser("small", weights)


def exported(folder, operator, optimizer, denoiser=None):
    described = export.write(
        folder, operator, denoiser or small(), optimizer, noise.known(5.0), 11.0, 1, tf.float32
    )
    (folder / export.DESCRIPTION).write_text(json.dumps(described))
    return described


def expected(operator, optimizer, picture, num_iter):
    device = runtime.cpu(convolution="spatial")
    device.smoothing = FedNoise
    work = Restoration(
        operator, small(), optimizer, noise.known(5.0), device, Settings(num_iter, 11.0)
    )
    shape = tuple(operator.observed_shape) + (3,)
    (observation,) = work.degrade([picture], [5.0 * observation_noise(KEY, shape)])
    (outcome,), _ = work.run([observation], [picture], [KEY], [5.0])
    work.close()
    assert outcome.status == "done"  # of a diverged one the best iterate is returned
    return observation, outcome.restored


def plain(python, folder, observation, shape, num_iter, form):
    """Run the export in a process that knows TensorFlow only."""
    draws = [fed_noise(KEY, k, tuple(shape) + (3,))[None] for k in range(num_iter)]
    np.savez(
        str(folder / "inputs.npz"),
        observation=observation[None],
        sigma=np.full((1, 1, 1, 1), 5.0, np.float32),
        noise=np.stack(draws),
    )
    files = [str(folder), str(folder / "inputs.npz"), str(folder / "out.npy"), form]
    done = subprocess.run(
        [python, "-c", PLAIN] + files,
        cwd=str(folder),
        env=dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    return np.load(str(folder / "out.npy"))[0]


def pythons():
    """This interpreter, and one with TensorFlow 1.15 where there is one."""
    old = os.environ.get("DMSP_PYTHON37", str(ROOT / ".venv37" / "bin" / "python"))
    return [sys.executable] + [old] * (shutil.which(old) is not None)


@pytest.mark.parametrize(
    "optimizer, form",
    [
        ("Momentum", "frozen"),
        pytest.param("HalfQuadraticSplitting", "saved", marks=pytest.mark.slow),
    ],
)
def test_tensorflow_alone_restores_the_same(tmp_path, picture, optimizer, form):
    truth = picture[: SHAPE[0], 20 : 20 + SHAPE[1]]
    operator = ValidBlur(KERNEL, SHAPE, SpatialConvolution)
    method = getattr(optimizers, optimizer)(num_iter=3)
    described = exported(tmp_path, operator, method)
    assert ("noise" in described["step"]["inputs"]) == (optimizer == "Momentum")
    observation, restored = expected(operator, method, truth, 3)
    for python in pythons():
        found = plain(python, tmp_path, observation, SHAPE, 3, form)
        np.testing.assert_allclose(found, restored, atol=2e-2)


def test_what_has_no_fixed_form_is_refused_in_a_line(tmp_path):
    tiled = small()
    tiled.tile = 4
    operator = BicubicDownsampling((96, 96), 2)
    with pytest.raises(UserError, match="cannot be exported, .* no denoiser.tile") as error:
        exported(tmp_path, operator, optimizers.Momentum(), tiled)
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_the_command(tmp_path):
    """One export through the command line; its checkpoint is then read by denoiser=checkpoint."""
    folder = tmp_path / "model"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "dmsp.export", "task=superres_bicubic", "data.resize=32"),
            *("data.limit=1", "num_iter=2", "hydra.run.dir={}".format(folder)),
        ],
        cwd=str(ROOT),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    described = json.loads((folder / "restoration.json").read_text())
    assert described["num_iter"] == 2
    assert described["step"]["outputs"]["restored"]["shape"][3] == 3
    ours = denoisers.default()
    assert denoisers.checkpoint(str(folder / "model.ckpt")).digest == ours.digest
    assert {path.name for path in folder.iterdir()} >= {"restoration.pb", "saved_model"}


def test_a_checkpoint_gives_back_the_weights(tmp_path):
    weights = small().weights
    prefix = str(tmp_path / "model.ckpt")
    tf_checkpoint.save(prefix, weights)
    for path in (prefix, prefix + ".index", prefix + ".data-00000-of-00001"):
        found = tf_checkpoint.load(path)
        assert found.digest == weights.digest and found.metadata == weights.metadata
    assert denoisers.checkpoint(prefix).name == "model"


def test_checkpoints_that_are_none_take_a_line(tmp_path):
    with pytest.raises(UserError, match="nowhere: no such checkpoint"):
        denoisers.checkpoint(str(tmp_path / "nowhere"))
    (tmp_path / "broken.index").write_bytes(b"no table")
    with pytest.raises(UserError, match="a damaged checkpoint"):
        denoisers.checkpoint(str(tmp_path / "broken"))
    with tf.Graph().as_default(), tf.Session() as session:
        other = tf.Variable([1.0], name="other")
        session.run(other.initializer)
        tf.train.Saver().save(session, str(tmp_path / "foreign"), write_meta_graph=False)
    with pytest.raises(UserError, match="not a checkpoint of a denoiser of dmsp; found other"):
        denoisers.checkpoint(str(tmp_path / "foreign"))
