"""One graph, built once, for each shape of pictures."""

import numpy as np
import pytest
from PIL import Image
from test_observed import experiment

from dmsp import restoration
from dmsp.graph import RestorationGraph

SHAPES = {"a": (40, 48), "b": (48, 40), "c": (40, 48), "d": (48, 40), "e": (40, 48)}


@pytest.mark.parametrize("data, batch_size", [("observed", 1), ("folder", 1), ("folder", 2)])
def test_pictures_of_one_shape_share_a_graph_that_is_never_built_again(
    data, batch_size, tmp_path, monkeypatch
):
    for name, shape in SHAPES.items():
        pixels = np.random.RandomState(0).randint(0, 255, shape + (3,)).astype(np.uint8)
        Image.fromarray(pixels).save(str(tmp_path / (name + ".png")))
    built, bodies, sizes = [], [], []
    build, problem = RestorationGraph.__init__, RestorationGraph._problem

    def counted(self, operator, *arguments, **options):
        built.append(tuple(operator.latent_shape))
        build(self, operator, *arguments, **options)

    def traced(self, *arguments):
        bodies.append(self)
        return problem(self, *arguments)

    monkeypatch.setattr(RestorationGraph, "__init__", counted)
    monkeypatch.setattr(RestorationGraph, "_problem", traced)
    work = experiment(
        "data={}".format(data),
        "data.path={}".format(tmp_path),
        "num_iter=3",
        "tile=null",
        "batch_size={}".format(batch_size),
    )
    done = []
    for entries in work.batches:
        batch, outcomes = work.restore(work.prepare(entries))
        done.extend(picture.name for picture in batch.pictures)
        session = work._restoration._session
        sizes.append((session, len(session.graph.get_operations())))
        assert session.graph.finalized  # nothing can be added: what runs again was there before
    work.close()
    assert sorted(done) == list("abcde")
    assert len(built) == len(set(built)) == 2 == len(bodies)
    # A session compiles what it is fed of one shape once; there is one for each graph.
    assert len({id(session) for session, _ in sizes}) == 2
    assert len(set(sizes)) == 2


def test_tiles_of_all_pictures_of_a_shape_share_a_graph(tmp_path, monkeypatch):
    for name in "ab":
        Image.new("RGB", (90, 70)).save(str(tmp_path / (name + ".png")))
    built = []
    build = restoration.Restoration.__init__

    def counted(self, *arguments, **options):
        built.append(self)
        build(self, *arguments, **options)

    monkeypatch.setattr(restoration.Restoration, "__init__", counted)
    monkeypatch.setattr("dmsp.planning.reach", lambda operator, network: 8)
    work = experiment("data.path={}".format(tmp_path), "num_iter=1", "tile=64")
    found = [work.restore(work.prepare(entries))[0] for entries in work.batches]
    work.close()
    assert [batch.pictures[0].note for batch in found] == ["in 2 tiles"] * 2
    assert len(built) == 1
