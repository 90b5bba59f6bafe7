"""What a file holds counts more than what it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from searchapp.readers import Extract, read_file

JSON = '{"headline": "Ferry closed", "text": "It will reopen."}\n{"headline": "Ferry open", "text": "It was closed."}\n'
PRETTY = '{\n "headline": "Ferry closed",\n "text": "It will reopen."\n}\n{\n "headline": "Ferry open",\n "text": "Yes."\n}\n'
KEYED = '{"a1": {"headline": "Ferry closed", "text": "x"}, "a2": {"headline": "Ferry open", "text": "y"}}'
HITS = (
    '{"hits": {"hits": [{"_id": "1", "_source": {"headline": "Ferry closed"}}, '
    '{"_id": "2", "_source": {"headline": "Ferry open"}}]}}'
)
TABLE = 'headline,text,date\nFerry closed,"It will,\nreopen.",2023-10-12\nFerry open,"Yes, it is.",2023-10-13\n'
HTML = "<!DOCTYPE html><html><body><h1>Ferry closed</h1><p>It will reopen in the spring, the town says.</p></body></html>"
PAGE = (
    "Thursday, October 12, 2023\nFerry closed\n\nBy: Our Reporter\n\nHARROWMERE, Oct 12: It will, the town says, reopen.\n\n"
    "Nobody knows when, or why, or how.\n"
)
BOTH = ["Ferry closed", "Ferry open"]


def titles(directory: Path, name: str, content: str) -> list[str]:
    path = directory / name
    path.write_bytes(content.encode())
    found = list(read_file(path, directory))
    assert all(isinstance(record, Extract) for record in found), found
    declared = [record.declared for record in found if isinstance(record, Extract)]
    return [str(record.get("title", "")) for record in declared]


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.csv", "a.html", "a.jsonl", "a"])
@pytest.mark.parametrize("content", [JSON, PRETTY, KEYED, HITS, TABLE], ids=["lines", "objects", "keyed", "hits", "table"])
def test_records_under_any_name(tmp_path: Path, name: str, content: str) -> None:
    assert titles(tmp_path, name, content) == BOTH


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.csv", "a.tsv", "a.jsonl", "a.rss"])
def test_a_page_in_html_under_any_name(tmp_path: Path, name: str) -> None:
    assert titles(tmp_path, name, HTML) == ["Ferry closed"]


@pytest.mark.parametrize("name", ["a.html", "a.json", "a.csv", "a.tsv", "a.jsonl"])
def test_a_text_save_under_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(PAGE, encoding="utf-8")
    (record,) = read_file(path, tmp_path)
    assert isinstance(record, Extract)
    assert record.provenance.format == "text"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "sep=;\n" + TABLE.replace(",", ";").replace("will;", "will,")),
        ("a.csv", TABLE.replace("\n", "\r")),
        ("a.csv", TABLE.replace("\n", "\r").replace("will,\r", "will,\n")),
        ("a.tsv", TABLE),
        ("a.csv", "Export of the articles of 2023\n\n" + TABLE),
        ("a.json", '[{"title": "Ferry closed"}, {"title": "Ferry open"},\n]'),
    ],
    ids=[
        "sep line",
        "carriage returns",
        "carriage returns around a line feed",
        "commas in tsv",
        "title above",
        "comma at the end",
    ],
)
def test_dialects(tmp_path: Path, name: str, content: str) -> None:
    assert titles(tmp_path, name, content) == BOTH


def test_a_faulty_object_among_others_costs_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(PRETTY + '{\n "headline": broken\n}\n' + PRETTY, encoding="utf-8")
    found = list(read_file(path, tmp_path))
    assert [isinstance(record, Extract) for record in found] == [True, True, False, True, True]
