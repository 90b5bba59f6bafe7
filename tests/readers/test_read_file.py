"""Every way a file can be good or broken: what comes out, and that nothing is ever raised or lost in silence."""

from __future__ import annotations

import gzip
import json
import os
import socket
import zlib
from pathlib import Path
from typing import Any

import pytest

from searchapp.readers import FORMATS, Extract, Reject, passed_over, read_file, walk
from searchapp.readers import bounds as readers_bounds

PAGE = "Thursday, March 2, 2023\nA headline of the day\n\nThe first paragraph stands here, and it is long enough to be one.\n"


def write(directory: Path, name: str, content: bytes | str) -> Path:
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(directory: Path, name: str, content: bytes | str, format: str | None = None) -> list[Extract | Reject]:
    return list(read_file(write(directory, name, content), directory, format))


def extracts(records: list[Extract | Reject]) -> list[Extract]:
    return [record for record in records if isinstance(record, Extract)]


def rejects(records: list[Extract | Reject]) -> list[Reject]:
    return [record for record in records if isinstance(record, Reject)]


def only_reject(records: list[Extract | Reject]) -> Reject:
    (record,) = records
    assert isinstance(record, Reject)
    assert record.reason
    return record


def lines(*records: Any) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


# what a file's format is told from


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("a.txt", PAGE, "text"),
        ("noext", PAGE, "text"),
        ("a.txt", "<!DOCTYPE html><html><body><p>A page of a paper, in HTML.</p></body></html>", "html"),
        ("a", "<html><body><p>Text of a page.</p></body></html>", "html"),
        ("a.html", "<p>Only a fragment of a page, with text in it.</p>", "html"),
        ("a.xml", '<?xml version="1.0"?><rss version="2.0"><channel><item><title>T</title></item></channel></rss>', "feed"),
        ("a.html", '<rss version="2.0"><channel><item><title>T</title></item></channel></rss>', "feed"),
        ("a.rss", '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title></entry></feed>', "feed"),
        ("a.txt", lines({"title": "T"}, {"title": "U"}), "jsonl"),
        ("a.json", '[{"title": "T"}]', "jsonl"),
        ("a.json", '{\n "title": "T",\n "body": "B"\n}', "jsonl"),
        ("a.csv", "title,body\nT,B\n", "csv"),
        ("a.txt", "id\ttitle\tbody\n1\tT\tB\n", "csv"),
        ("a.tsv", "title\tbody\nT\tB\n", "csv"),
    ],
)
def test_format_by_content_then_by_name(tmp_path: Path, name: str, content: str, format: str) -> None:
    records = read(tmp_path, name, content)
    assert extracts(records)
    assert {record.provenance.format for record in extracts(records)} == {format}
    assert not rejects(records)


def test_format_can_be_forced_and_a_wrong_name_is_told(tmp_path: Path) -> None:
    assert extracts(read(tmp_path, "a.bin", PAGE, "text"))
    assert "text" in only_reject(read(tmp_path, "a.txt", PAGE, "word")).reason
    assert {"text", "html", "jsonl", "csv", "feed", "nitf", "wire"} <= set(FORMATS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"%PDF-1.4\n..."),
        ("a.docx", b"PK\x03\x04rest"),
        ("a.txt", b"\x89PNG\r\n\x1a\n"),
        ("a.txt", bytes(range(32)) * 40),
        ("a.xml", b'<?xml version="1.0"?><nitf><body/></nitf>'),
        ("a.gz", gzip.compress(gzip.compress(b"x" * 100, mtime=0), mtime=0)),
        ("a.txt", b""),
        ("a.txt", b" \n\t\n"),
        ("a.jsonl", b""),
        ("a.jsonl", b"\n\n"),
        ("a.json", b"[]"),
        ("a.json", b'{"articles": []}'),
        ("a.csv", b"title,body\n"),
        ("a.csv", b"one,two\n1,2\n"),
        ("a.html", b"<html><body><script>x()</script></body></html>"),
        ("a.rss", b'<rss version="2.0"><channel><title>T</title></channel></rss>'),
        ("a.rss", b"no feed at all"),
    ],
)
def test_what_can_not_be_read_is_one_reject_with_a_reason(tmp_path: Path, name: str, content: bytes) -> None:
    reject = only_reject(read(tmp_path, name, content))
    assert reject.file == name
    assert len(reject.reason) > 9


# encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_text_is_the_same_in_every_encoding_and_with_every_line_end(tmp_path: Path, encoding: str, end: str) -> None:
    page = PAGE + "“Zoë’s café” – a naïve quotation that cp1252 can hold.\n" * 3
    (record,) = extracts(read(tmp_path, "a.txt", page.replace("\n", end).encode(encoding)))
    assert record.text == page
    assert bool(record.notes) == (encoding not in ("utf-8", "utf-8-sig"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
@pytest.mark.parametrize(
    ("name", "start", "row"), [("a.jsonl", "", '{"title": "Zoë’s", "body": "%s"}\n'), ("a.csv", "title,body\n", "Zoë’s,%s\n")]
)
def test_records_are_the_same_in_every_encoding(tmp_path: Path, encoding: str, name: str, start: str, row: str) -> None:
    content = start + "".join(row % f"naïve text number {number}" for number in range(200))
    found = extracts(read(tmp_path, name, content.encode(encoding)))
    assert len(found) == 200
    assert found[7].declared == {"title": "Zoë’s", "body": "naïve text number 7"}


def test_declared_encoding_of_a_page_is_believed(tmp_path: Path) -> None:
    page = (
        '<html><head><meta charset="windows-1251"><title>Новости</title></head><body><p>Мост закрыт до весны.</p></body></html>'
    )
    (record,) = extracts(read(tmp_path, "a.html", page.encode("cp1251")))
    assert record.declared["title"] == "Новости"
    assert record.declared["body"] == "Мост закрыт до весны."


def test_nul_and_lone_surrogates_do_not_get_through(tmp_path: Path) -> None:
    (text,) = extracts(read(tmp_path, "a.txt", PAGE.replace("headline", "head\0line") * 3))
    assert "\0" not in text.text
    assert text.notes
    (record,) = extracts(read(tmp_path, "a.jsonl", '{"title": "a\\ud800b\\u0000c", "x\\udfff": ["\\udead"]}\n'))
    json.dumps(record.to_json(), ensure_ascii=False).encode()
    assert record.declared["title"] == "a\ufffdb\ufffdc"
    assert record.notes


# JSON


def test_bad_lines_are_rejected_one_by_one(tmp_path: Path) -> None:
    good = '{"title": "T%d"}'
    bad = [
        "{",
        "[1]",
        "7",
        '"text"',
        "null",
        "{'title': 1}",
        '{"title": "x"} more',
        "[" * 100_000,
        '{"n": ' + "9" * 5000 + "}",
        "{}",
        '{"x": 1}',
    ]
    content = "\n".join([good % 0, "", *bad, good % 1, good % 2])
    records = read(tmp_path, "a.jsonl", content)
    assert [record.declared["title"] for record in extracts(records)] == ["T0", "T1", "T2"]
    assert [record.position for record in rejects(records)] == [f"line {number}" for number in range(3, 3 + len(bad))]


def test_odd_json_is_read_with_a_note(tmp_path: Path) -> None:
    (record,) = extracts(read(tmp_path, "a.jsonl", '{"title": "a", "title": "b", "score": NaN}\n'))
    assert record.declared == {"title": "b"}
    assert len(record.notes) == 2


def test_lines_know_their_offset_and_checksum(tmp_path: Path) -> None:
    content = lines({"id": "a", "title": "é"}, {"id": "b", "title": "T"}).encode()
    first, second = extracts(read(tmp_path, "a.jsonl.gz", gzip.compress(content)))
    assert second.provenance.offset == content.index(b"\n") + 1
    assert first.provenance.sha256 != second.provenance.sha256
    assert (first.provenance.record_id, first.provenance.file) == ("a", "a.jsonl.gz")


def test_the_names_of_the_interface_and_their_aliases(tmp_path: Path) -> None:
    record = {
        "_id": 7,
        "Headline": "H",
        "TEXT": "B",
        "pubDate": "2025",
        "creator": "C",
        "paper": "P",
        "category": "S",
        "lang": "en",
    }
    record |= {"keywords": [], "link": None, "mood": "glad", "title": None}
    (found,) = extracts(read(tmp_path, "a.jsonl", lines(record)))
    declared = {
        "id": 7,
        "title": "H",
        "body": "B",
        "published": "2025",
        "byline": "C",
        "source": "P",
        "section": "S",
        "language": "en",
    }
    assert found.declared == declared | {"tags": [], "mood": "glad"}
    assert found.origins["title"] == "Headline"
    assert "mood" in found.notes[0]


def test_an_alias_never_overrides_the_exact_name_and_nothing_is_lost(tmp_path: Path) -> None:
    (found,) = extracts(
        read(tmp_path, "a.jsonl", lines({"text": "alias", "headline": "H", "Body": "near", "body": "exact", "content": "c"}))
    )
    assert found.declared == {"title": "H", "body": "exact", "text": "alias", "Body": "near", "content": "c"}


@pytest.mark.parametrize(
    "text",
    [
        '[{"title": "a"},\n {"title": "b"} ]',
        '{"articles": [{"title": "a"}, {"title": "b"}]}',
        '{"response": {"docs": [{"title": "a"}, {"title": "b"}]}}',
    ],
)
def test_arrays_and_objects_that_hold_records(tmp_path: Path, text: str) -> None:
    assert [record.declared["title"] for record in extracts(read(tmp_path, "a.json", text))] == ["a", "b"]


def test_a_broken_array_gives_what_comes_before(tmp_path: Path) -> None:
    records = read(tmp_path, "a.json", '[{"title": "a"}, {"title": "b"}, {"title": ')
    assert len(extracts(records)) == 2
    assert rejects(records)[0].position == "item 3"
    records = read(tmp_path, "b.json", '[{"title": "a"}] {"title": "b"}')
    assert len(extracts(records)) == len(rejects(records)) == 1


def test_a_json_feed_names_its_source(tmp_path: Path) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Hill Post",
        "items": [{"id": 1, "content_html": "<p>x</p>"}],
    }
    (found,) = extracts(read(tmp_path, "feed.json", json.dumps(feed)))
    assert found.declared == {"id": 1, "body": "<p>x</p>", "source": "The Hill Post"}


def test_an_array_larger_than_a_buffer_is_streamed(tmp_path: Path) -> None:
    items = [{"title": f"T{number}", "body": "word " * 50} for number in range(6000)]
    assert len(extracts(read(tmp_path, "a.json", json.dumps(items)))) == 6000


def test_a_line_past_the_bound_is_rejected_and_the_next_one_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from searchapp.readers import jsonl

    monkeypatch.setattr(jsonl, "MAX_RECORD", 1000)
    at_bound = '{"title": "' + "a" * (1000 - 14) + '"}\n'
    assert len(at_bound) == 1000
    records = read(tmp_path, "a.jsonl", at_bound + at_bound.replace("aa", "aaaa", 1) + '{"title": "c"}\n')
    assert len(extracts(records)) == 2
    assert rejects(records)[0].position == "line 2"


# CSV


def test_a_table_of_every_dialect(tmp_path: Path) -> None:
    for number, mark in enumerate(",;\t|"):
        rows = f'id{mark}headline{mark}text\n1{mark}"a ""b"" c"{mark}"two\nlines"\n\n2{mark}{mark}x\n'
        first, second = extracts(read(tmp_path, f"{number}.csv", rows))
        assert first.declared == {"id": "1", "title": 'a "b" c', "body": "two\nlines"}
        assert second.declared == {"id": "2", "body": "x"}
        assert (first.position, second.position) == ("line 2", "line 5")


def test_rows_of_the_wrong_length_are_read_with_a_note(tmp_path: Path) -> None:
    first, second = extracts(read(tmp_path, "a.csv", "title,body\nonly\na,b,c\n"))
    assert first.notes
    assert second.notes
    assert second.declared == {"title": "a", "body": "b", "column 3": "c"}


def test_an_unclosed_quote_costs_one_row(tmp_path: Path) -> None:
    rows = 'title,body\nT1,B1\nT2,"never closed\nT3,B3\nT4,"B4"\nT5,a "quoted" word\n'
    records = read(tmp_path, "a.csv", rows)
    assert {record.declared["title"] for record in extracts(records)} >= {"T1", "T3", "T4", "T5"}
    assert all(record.position == "line 3" for record in rejects(records))


def test_large_cells_and_many_columns(tmp_path: Path) -> None:
    (record,) = extracts(read(tmp_path, "a.csv", "title,body\nT," + "x" * 300_000 + "\n"))
    assert len(record.declared["body"]) == 300_000
    names = ",".join(f"c{number}" for number in range(20_000))
    assert len(extracts(read(tmp_path, "b.csv", f"title,{names}\nT{',x' * 20_000}\n"))) == 1


def test_repeated_headings_and_byte_order_mark(tmp_path: Path) -> None:
    (record,) = extracts(read(tmp_path, "a.csv", "\ufefftitle,note,note\nT,1,2\n"))
    assert record.declared == {"title": "T", "note": "1", "note (2)": "2"}


# packed files


def test_a_cut_gzip_gives_its_whole_lines(tmp_path: Path) -> None:
    content = lines(*({"title": f"T{number}", "x": os.urandom(20).hex()} for number in range(5000)))
    packed = gzip.compress(content.encode())
    records = read(tmp_path, "a.jsonl.gz", packed[: len(packed) // 2])
    assert 1000 < len(extracts(records)) < 4000
    (reject,) = rejects(records)
    assert reject.position == f"after line {len(extracts(records))}"
    only_reject(read(tmp_path, "a.txt.gz", gzip.compress(PAGE.encode() * 50)[:-40]))


def test_gzip_in_members_and_with_a_wrong_checksum(tmp_path: Path) -> None:
    members = gzip.compress(lines({"title": "a"}).encode()) + gzip.compress(lines({"title": "b"}).encode())
    assert len(extracts(read(tmp_path, "a.jsonl.gz", members))) == 2
    assert len(extracts(read(tmp_path, "b.jsonl.gz", members + b"\0" * 700))) == 2
    records = read(tmp_path, "c.jsonl.gz", members + b"garbage")
    assert (len(extracts(records)), len(rejects(records))) == (2, 1)
    wrong = bytearray(members)
    wrong[len(gzip.compress(lines({"title": "a"}).encode())) - 6] ^= 1
    assert rejects(read(tmp_path, "d.jsonl.gz", bytes(wrong)))


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 65_537, 200_000, 1_000_003])
def test_packed_pages_of_any_size_are_whole(tmp_path: Path, size: int) -> None:
    for page in ("word of a page " * (size // 15 + 2), os.urandom(size // 2 + 40).hex()):
        for level in (1, 6, 9):
            (record,) = extracts(read(tmp_path, "a.txt.gz", gzip.compress(page.encode(), level)))
            assert record.text == page


def test_a_bomb_is_refused_early(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b" " * 2**20) for _ in range(300)) + packer.flush()
    for name in ("a.jsonl.gz", "a.txt.gz", "a.csv.gz", "a.html.gz"):
        assert rejects(read(tmp_path, name, bomb))


def test_a_page_past_the_bound_is_refused_and_one_at_it_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from searchapp.readers import text_save

    monkeypatch.setattr(text_save, "MAX_PAGE", len(PAGE))
    assert extracts(read(tmp_path, "a.txt", PAGE))
    assert "MiB" in only_reject(read(tmp_path, "a.txt", PAGE + "x")).reason
    assert readers_bounds.MAX_PAGE == 16 * 2**20


def test_a_page_of_too_many_lines_is_no_article(tmp_path: Path) -> None:
    assert extracts(read(tmp_path, "a.txt", "a line\n\n" * readers_bounds.MAX_LINES))
    assert "lines" in only_reject(read(tmp_path, "b.txt", "a line\n" * (readers_bounds.MAX_LINES + 1))).reason


# feeds and pages

FEED = """<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>The Hill Post</title><language>en-in</language>
<item><title>A &amp; B</title><guid>g1</guid>
<pubDate>Sun, 20 Oct 2024 05:10:00 +0530</pubDate><dc:creator>Ann Lee</dc:creator><category>Sports</category>
<description>Short.</description><content:encoded><![CDATA[<p>Long one.</p><p>Two.</p>]]></content:encoded></item>
<item><title>Second</title><link>https://post.example/2</link>
<category>a</category><category>b</category><description>&lt;b&gt;Only&lt;/b&gt; this.</description></item>
</channel></rss>"""


def test_a_feed_prefers_its_full_text(tmp_path: Path) -> None:
    first, second = extracts(read(tmp_path, "feed.xml", FEED))
    assert first.declared["body"] == "<p>Long one.</p><p>Two.</p>"
    assert first.declared["summary"] == "Short."
    assert (first.declared["source"], first.declared["language"], first.declared["section"]) == (
        "The Hill Post",
        "en-in",
        "Sports",
    )
    assert second.declared["tags"] == ["a", "b"]
    assert second.declared["body"] == "<b>Only</b> this."


def test_a_feed_cut_off_gives_its_items_with_a_note(tmp_path: Path) -> None:
    found = extracts(read(tmp_path, "feed.xml", FEED[: FEED.index("<item><title>Second")]))
    assert len(found) == 1
    assert found[0].notes


def test_entities_of_a_feed_are_not_expanded(tmp_path: Path) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
    items = '<rss version="2.0"><channel><item><title>&l9;</title></item></channel></rss>'
    content = f'<?xml version="1.0"?><!DOCTYPE rss [{laughs}]>{items}'
    only_reject(read(tmp_path, "a.rss", content))


def test_deep_and_broken_pages_are_read_or_rejected(tmp_path: Path) -> None:
    for content in (
        "<html><body>" + "<div>" * 20_000 + "<p>Deep text.</p>",
        "<html><p>Unclosed <b>text <i>of a page",
        "<html><body><p>a</p>" + "<br>" * 50_000,
    ):
        records = read(tmp_path, "a.html", content)
        assert len(records) == 1


# directories


def test_walk_is_sorted_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    for name in ("b/2.txt", "b/10.txt", "a.txt", "README.md", "corpus.yml", ".hidden", "LICENSE", "c.jsonl"):
        write(root, name, PAGE)
    write(tmp_path, "outside.txt", PAGE)
    (root / "inside.txt").symlink_to(root / "a.txt")
    (root / "out.txt").symlink_to(tmp_path / "outside.txt")
    (root / "out").symlink_to(tmp_path)
    (root / "loop").symlink_to(root / "loop")
    (root / "again").symlink_to(root)
    names = [file.relative_to(root).as_posix() for file in walk(root)]
    assert names == ["a.txt", "b/10.txt", "b/2.txt", "c.jsonl", "loop", "out", "out.txt"]
    assert {left.file for left in passed_over(root)} == {"README.md", "corpus.yml", ".hidden", "LICENSE", "inside.txt", "again"}
    for name in ("out", "out.txt", "loop"):
        assert "link" in only_reject(list(read_file(root / name, root))).reason
    assert list(walk(root / "a.txt")) == [root / "a.txt"]


def test_pipes_sockets_and_missing_files_are_rejects(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s.txt"))
    try:
        for name in ("pipe.txt", "s.txt", "missing.txt"):
            only_reject(list(read_file(tmp_path / name, tmp_path)))
    finally:
        listener.close()


def test_names_of_any_bytes_are_told_as_text(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/n\xff\nm.txt"
    with open(path, "wb") as file:
        file.write(PAGE.encode())
    (name,) = list(walk(tmp_path))
    (record,) = extracts(list(read_file(name, tmp_path)))
    assert record.provenance.file == "n\\xff\nm.txt"
    record.provenance.file.encode()


def test_provenance_is_relative_to_the_root(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    path = write(tmp_path, "deep/a.txt", PAGE)
    for root, file in ((tmp_path, "deep/a.txt"), (tmp_path / "deep", "a.txt"), (path, "a.txt")):
        (record,) = list(read_file(path, root))
        assert isinstance(record, Extract)
        assert record.provenance.file == file


def test_an_extract_survives_the_journal(tmp_path: Path) -> None:
    for record in extracts(read(tmp_path, "feed.xml", FEED)) + extracts(read(tmp_path, "a.txt", PAGE)):
        again = Extract.from_json(json.loads(json.dumps(record.to_json())))
        assert again == record
        assert again.digest == record.digest
