"""The build report shows what was measured, says where nothing was, and refuses what is no record."""

import json

import pytest

from workflow import WorkflowError, report

RECORD = {
    "seconds": 41.25,
    "peak_memory_bytes": 612_000_000,
    "date": "2026-02-03",
    "processor": "Ada 1",
    "cores": 2,
    "memory_bytes": 8_000_000_000,
    "system": "Linux",
    "python": "3.12.1",
    "versions": {"numpy": "2.4.0"},
}


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_without_records_it_says_so(tmp_path):
    text = report.page(tmp_path)
    assert report.NOTHING_RUN in text and "Recorded" not in text
    assert "|" not in text


def test_a_run_is_one_row_with_its_machine_and_versions(tmp_path):
    write(tmp_path / "build/cost/songbook-book/01_a.json", RECORD)
    text = report.page(tmp_path)
    assert "| 01_a | songbook, book profile | 41.2 | 612 | 1 | 2026-02-03 |" in text
    assert "Machine 1: Ada 1, 2 cores, 8 GB, Linux; Python 3.12.1, numpy 2.4.0.\n" in text
    assert report.NOTHING_RUN not in text and "Recorded" not in text


def test_kept_records_stand_apart(tmp_path):
    write(tmp_path / "build/cost/songbook-book/01_a.json", RECORD)
    write(tmp_path / report.KEPT, {"real-book/01_a": {**RECORD, "seconds": 99.0, "accelerator": "Card 9"}})
    fresh, kept = report.page(tmp_path).split("## Recorded")
    assert "99.0" in kept and "99.0" not in fresh
    assert "Linux, Card 9;" in kept


def test_rows_are_ordered_by_chapter_and_machines_named_once(tmp_path):
    runs = {"real-book/02_b": RECORD, "songbook-book/01_a": {**RECORD, "cores": 4}, "real-book/01_a": RECORD}
    write(tmp_path / report.KEPT, runs)
    text = report.page(tmp_path)
    rows = [line for line in text.splitlines() if line.startswith("| 0")]
    assert [row.split(" | ")[:2] for row in rows] == [
        ["| 01_a", "real, book profile"],
        ["| 01_a", "songbook, book profile"],
        ["| 02_b", "real, book profile"],
    ]
    assert text.count("2 cores") == text.count("4 cores") == 1


@pytest.mark.parametrize("lacking", report.NEEDED)
def test_a_record_that_lacks_a_field_is_named(tmp_path, lacking):
    write(tmp_path / report.KEPT, {"a-b/01_a": {k: v for k, v in RECORD.items() if k != lacking}})
    with pytest.raises(WorkflowError, match=rf"01_a.*{lacking}"):
        report.page(tmp_path)


def test_a_record_of_another_name_is_refused(tmp_path):
    write(tmp_path / report.KEPT, {"real/01_a": RECORD})
    with pytest.raises(WorkflowError, match="EDITION-PROFILE/CHAPTER"):
        report.page(tmp_path)


@pytest.mark.parametrize("content", ["[", "[1, 2]"])
def test_a_file_that_is_no_record_is_named(tmp_path, content):
    path = tmp_path / "build/cost/songbook-book/01_a.json"
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(WorkflowError, match=r"01_a\.json"):
        report.page(tmp_path)
