"""Records on the disk."""

import json
import os
import threading

import pytest

from dmsp.tracking import journal as journals

HEADER = {"key": "k", "name": "a run"}


def written(folder, count=4):
    """Return a journal with records 0, 1, …"""
    journal = journals.create(folder, "k", HEADER)
    for i in range(count):
        journal.append({"tags": {"i": i}})
    return journal


def values(journal):
    return [record["tags"]["i"] for record in journal.pending()]


def test_what_was_appended_and_not_delivered_is_found_again(tmp_path):
    journal = written(tmp_path)
    journal.delivered(1, "run")
    journal.close()
    (path,) = journals.left_behind(tmp_path)
    journal = journals.open_journal(path)
    assert (journal.header, journal.run_id, values(journal)) == (HEADER, "run", [2, 3])
    journal.append({"end": ["FINISHED", 0, None]})
    assert [record["n"] for record in journal.pending()] == [2, 3, 4]
    assert journal.ended


def test_a_journal_in_use_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(journals, "PATIENCE", 0.0)
    journal = written(tmp_path)
    assert journals.open_journal(journal.path) is None
    with pytest.raises(BlockingIOError):
        journals.create(tmp_path, "k", HEADER)
    journal.close()
    assert journals.open_journal(journal.path) is not None


def test_a_run_that_goes_on_takes_up_its_journal(tmp_path):
    written(tmp_path, 2).close()
    journal = journals.create(tmp_path, "k", {"key": "other"})
    assert (journal.header, values(journal)) == (HEADER, [0, 1])


def test_a_run_waits_for_who_looks_at_its_journal(tmp_path):
    """One that was left behind is delivered, and so removed, while the run is at its start."""
    left = written(tmp_path, 1)
    left.delivered(0, "run")
    threading.Timer(0.3, left.close).start()
    journal = journals.create(tmp_path, "k", HEADER)
    journal.append({"tags": {"i": 7}})
    journal.close()
    assert values(journals.open_journal(journal.path)) == [7]


def test_a_journal_that_is_removed_in_the_meantime_does_not_come_back(tmp_path, monkeypatch):
    path = tmp_path / ("k" + journals.SUFFIX)
    opening = journals.os.open

    def late(*arguments):
        path.unlink()
        return opening(*arguments)

    path.write_text("{}\n")
    monkeypatch.setattr(journals.os, "open", late)
    assert journals.open_journal(path) is None
    assert not list(tmp_path.iterdir())


def test_a_delivered_journal_is_removed(tmp_path):
    journal = written(tmp_path)
    journal.delivered(3, "run")
    journal.close()
    assert not list(tmp_path.iterdir())
    assert journals.open_journal(journal.path) is None


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_line_that_was_cut_loses_nothing_but_itself(tmp_path, cut):
    journal = written(tmp_path)
    journal.close()
    os.truncate(str(journal.path), journal.path.stat().st_size - cut)
    journal = journals.open_journal(journal.path)
    assert values(journal) == ([0, 1, 2] if cut > 1 else [0, 1, 2, 3])
    journal.append({"tags": {"i": 9}})
    journal.close()
    assert values(journals.open_journal(journal.path))[-2:] == [3 if cut == 1 else 2, 9]


def test_a_record_that_the_disk_did_not_take_is_kept_in_memory(tmp_path, monkeypatch):
    journal = written(tmp_path, 2)
    with monkeypatch.context() as patch:
        patch.setattr(journals.os, "fsync", raises(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space"):
            journal.append({"tags": {"i": 2}})
    assert values(journal) == [0, 1, 2]
    journal.append({"tags": {"i": 3}})
    journal.delivered(2, "run")
    journal.close()
    assert values(journals.open_journal(journal.path)) == [3]


def raises(error):
    def function(*arguments):
        raise error

    return function


def test_paths_move_with_the_folder(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    journal = written(before / "spool", 0)
    inside, outside = before / "run" / "a.png", tmp_path / "b.png"
    journal.append({"artifact": [journal.relative(inside), journal.relative(outside)]})
    journal.close()
    before.rename(after)
    journal = journals.open_journal(after / "spool" / journal.path.name)
    (record,) = journal.pending()
    assert [journal.absolute(text) for text in record["artifact"]] == [
        after / "run" / "a.png",
        outside,
    ]


def test_what_is_no_journal_is_left_alone(tmp_path):
    for name, text in (("a", ""), ("b", "text\n"), ("c", json.dumps([1]) + "\n")):
        path = tmp_path / (name + journals.SUFFIX)
        path.write_text(text)
        assert journals.open_journal(path) is None
        assert path.read_text() == text
