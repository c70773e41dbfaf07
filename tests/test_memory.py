"""How much memory there is, and what is done where it does not suffice."""

import pytest

from dmsp import memory


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A function that writes what Linux would say of the memory."""
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "GROUPS", tmp_path)

    def write(free=None, **group):
        if free is not None:
            (tmp_path / "meminfo").write_text(
                "MemTotal: 999 kB\nMemAvailable: {} kB\n".format(free)
            )
        for name, text in group.items():
            (tmp_path / "memory.{}".format(name)).write_text(str(text))
        return memory.available()

    return write


def test_what_is_available(machine):
    assert machine() is None
    assert machine(free=8) == 8192
    assert machine(max="max", current=500, stat="anon 400\nfile 100\n") == 8192
    assert machine(max=1000, current=700, stat="anon 400\nfile 300\n") == 600
    assert machine(max=100000, current=0) == 8192


def test_more_of_everything_needs_more():
    least = memory.needed(10**6, 0, False)
    assert 10**8 < least < memory.needed(10**6, 20, False) < memory.needed(10**6, 20, True)
    assert memory.needed(2 * 10**6, 0, False) == 2 * least
