"""Training: the schedule, a whole small training, its continuation, its card."""

import os

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from PIL import Image

from dmsp import denoisers, runtime
from dmsp.denoisers import storage
from dmsp.errors import UserError
from dmsp.training import Settings, graph, train

TINY = {"kind": "unet", "channels": [8, 8], "blocks": [1, 1]}


@pytest.fixture
def folder(tmp_path):
    """Six smooth pictures, 40×36."""
    where = tmp_path / "pictures"
    where.mkdir()
    rows, columns = np.mgrid[0:40, 0:36]
    for index in range(6):
        waves = [
            127 + 100 * np.sin(rows / (5.0 + index) + colour) * np.cos(columns / 7.0)
            for colour in range(3)
        ]
        Image.fromarray(np.stack(waves, -1).astype(np.uint8)).save(
            str(where / "{}.png".format(index))
        )
    return str(where)


def settings(steps=12, **changes):
    values = {
        "batch_size": 2,
        "patch": 16,
        "warmup": 2,
        "learning_rate": 3e-3,
        "holdout": 2,
        "levels": (15, 50),
        "compute": "float32",
        "report_every": 4,
        "validate_every": 8,
        "checkpoint_every": 4,
    }
    values.update(changes)
    return Settings(TINY, steps, **values)


class Killed(Exception):
    """Stands for the end of the process."""


def kill_at(step):
    def on_metrics(current, metrics):
        if current >= step and "loss" in metrics:
            raise Killed

    return on_metrics


def test_loss_falls_and_psnr_rises(folder, tmp_path):
    seen = []
    result = train(
        settings(120, report_every=20, validate_every=60, checkpoint_every=60),
        [folder],
        str(tmp_path / "out"),
        on_metrics=lambda step, metrics: seen.append((step, metrics)),
    )
    losses = [metrics["loss"] for _, metrics in seen if "loss" in metrics]
    psnr = [metrics["psnr_50"] for _, metrics in seen if "psnr_50" in metrics]
    assert losses[-1] < 0.85 * losses[0]
    assert psnr[-1] > psnr[0]
    assert result["psnr_50"] == psnr[-1] > 14.2  # the noisy picture has 14.15 dB
    assert result["steps"] == seen[-1][0] == 120
    assert seen[0][1]["seconds_left"] > 0


@pytest.mark.parametrize("killed_at", [5, 8])
def test_continuing_equals_never_stopping(folder, tmp_path, killed_at):
    straight, broken = str(tmp_path / "straight"), str(tmp_path / "broken")
    train(settings(), [folder], straight)
    with pytest.raises(Killed):
        train(settings(), [folder], broken, on_metrics=kill_at(killed_at))
    assert storage.load_arrays(os.path.join(broken, "checkpoint.npz"))[0]["step"] < 12
    said = []
    train(settings(), [folder], broken, on_message=said.append)
    assert "continuing" in " ".join(said)
    _, first = storage.load_arrays(os.path.join(straight, "checkpoint.npz"))
    _, second = storage.load_arrays(os.path.join(broken, "checkpoint.npz"))
    assert sorted(first) == sorted(second)
    assert any("adam" in name.lower() for name in first)
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


def test_continuing_with_other_settings_is_refused(folder, tmp_path):
    out = str(tmp_path / "out")
    train(settings(4), [folder], out)
    with pytest.raises(UserError, match=r"trained with batch_size=2, now 3"):
        train(settings(4, batch_size=3), [folder], out)


def test_checkpoints_from_before_a_setting_are_continued(folder, tmp_path):
    out = str(tmp_path / "out")
    train(settings(4), [folder], out)
    path = os.path.join(out, "checkpoint.npz")
    description, arrays = storage.load_arrays(path)
    del description["settings"]["biases"], description["cpu_seconds"]
    storage.save_arrays(path, description, arrays)
    assert train(settings(6), [folder], out)["cpu_seconds"] > 0
    with pytest.raises(UserError, match="trained with biases=False, now True"):
        train(settings(6, biases=True), [folder], out)


def test_biases_are_trained_where_wanted(folder, tmp_path):
    result = train(settings(4, biases=True), [folder], str(tmp_path / "out"))
    arrays = storage.load(result["weights"]).arrays
    net = graph.networks.network(TINY)
    for layer in net.layers:
        assert arrays[layer.name + ".bias"].shape == (layer.outputs,)
        assert np.any(arrays[layer.name + ".bias"])
    assert denoisers.npz(result["weights"]).conditional


def test_more_steps_continue_a_finished_training(folder, tmp_path):
    out = str(tmp_path / "out")
    train(settings(4), [folder], out)
    assert train(settings(6), [folder], out)["steps"] == 6


def test_result_is_a_denoiser_with_a_card(folder, tmp_path):
    other = tmp_path / "evaluation"
    other.mkdir()
    Image.fromarray(np.full((20, 24, 3), 90, np.uint8)).save(str(other / "flat.png"))
    result = train(
        settings(4, evaluation_paths=[str(other)], evaluation_levels=(25,)),
        [folder],
        str(tmp_path / "out"),
        command="the command",
    )
    denoiser = denoisers.npz(result["weights"])
    assert denoiser.conditional
    with open(result["card"], encoding="utf-8") as stream:
        card = stream.read()
    for fact in (
        denoiser.digest,
        "the command",
        "4 of 4",
        "| evaluation, 1 pictures |",
        "| 2 held out, 36×36 centres |",
        "4 from pictures; 2 more held out",
        "{:.2f}".format(result["psnr_15"]),
    ):
        assert fact in card


def test_stored_weights_are_the_moving_average(folder, tmp_path):
    result = train(settings(4), [folder], str(tmp_path / "out"))
    _, state = storage.load_arrays(str(tmp_path / "out" / "checkpoint.npz"))
    tail = storage.load(result["weights"]).arrays["tail"]
    np.testing.assert_allclose(tail, state["tail_average"], rtol=1e-3, atol=1e-6)
    assert np.abs(tail - state["tail"]).max() > 1e-4


def test_settings_may_come_from_a_config(folder, tmp_path):
    config = pytest.importorskip("omegaconf").OmegaConf.create(dict(settings(4)._asdict()))
    result = train(Settings(**dict(config.items())), [folder], str(tmp_path / "out"))
    assert storage.load(result["weights"]).architecture == TINY


def test_overlap_with_an_evaluation_folder_is_refused(folder, tmp_path):
    other = tmp_path / "test_set"
    other.mkdir()
    with Image.open(os.path.join(folder, "3.png")) as image:
        image.save(str(other / "renamed.bmp"))
    with pytest.raises(UserError, match="1 training pictures are also in the evaluation folder"):
        train(settings(evaluation_paths=[str(other)]), [folder], str(tmp_path / "out"))


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"patch": 38}, "patch=38: 4 training pictures are smaller"),
        ({"holdout": 6}, "only 6 pictures"),
        ({"compute": "float8"}, "compute='float8': choose one of"),
    ],
)
def test_bad_settings_are_told(folder, tmp_path, changes, words):
    with pytest.raises(UserError, match=words):
        train(settings(**changes), [folder], str(tmp_path / "out"))


def test_bad_folders_are_told(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        train(settings(), [str(tmp_path / "none")], str(tmp_path / "out"))
    (tmp_path / "notes.png").write_text("not a picture")
    with pytest.raises(UserError, match="no readable picture"):
        train(settings(), [str(tmp_path)], str(tmp_path / "out"))


def test_schedule_warms_up_and_falls_to_zero():
    rates = [graph.learning_rate(step, 100, 2.0, 10) for step in range(101)]
    assert rates[0] == pytest.approx(0.2)
    assert max(rates) <= 2.0
    assert int(np.argmax(rates)) == 9
    assert np.all(np.diff(rates[9:]) < 0)
    assert rates[100] == pytest.approx(0.0, abs=1e-12)


def test_loss_is_the_weighted_absolute_error():
    net = graph.networks.network(TINY)
    with tf.Graph().as_default(), tf.Session() as session:
        values = graph.initial_values(net, 0)
        built = graph.Graph(net, (2, 8, 8, 3), tf.float32, 1.0, values, runtime.cpu())
        session.run(tf.global_variables_initializer())
        built.restore(
            session, {name: np.zeros(variable.shape) for name, variable in built.state.items()}
        )
        levels = np.array([10.0, 40.0]).reshape(2, 1, 1, 1)
        feed = {built.patches: np.full((2, 8, 8, 3), 100), built.levels: levels}
        feed.update(built.noise.feed(1, 2))
        loss = session.run(built.loss, feed)
        noise = session.run(tf.random.stateless_normal((2, 8, 8, 3), seed=[1, 2]))
    # A network of zeros returns its input, so the error is the noise.
    expected = np.mean(np.abs(levels * noise) * (levels + 3.0) ** -0.6)
    assert loss == pytest.approx(expected, rel=1e-4)
