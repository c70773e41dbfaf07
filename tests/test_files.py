"""Files that appear whole or not at all."""

import pytest

from dmsp.files import whole


def test_a_file_gets_its_name_at_the_end(tmp_path):
    path = tmp_path / "a.txt"
    with whole(path) as part:
        with open(part, "w") as file:
            file.write("new")
        assert not path.exists()
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_of_a_failure_and_the_old_file_stays(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    for error in (OSError("full"), KeyboardInterrupt()):
        with pytest.raises(type(error)), whole(path) as part:
            with open(part, "w") as file:
                file.write("half")
            raise error
        assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
