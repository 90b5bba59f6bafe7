"""The command line as a person or a script meets it: output, messages, exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from searchapp import __version__
from searchapp.article import Span
from searchapp.cli import main, terminal
from searchapp.cli.program import COMMANDS

ARTICLES = [
    {
        "id": "a1",
        "title": "Bridge inquiry opens in Laitdara",
        "body": "The inquiry into the fallen bridge was opened on Monday.\n\nEngineers spoke first.",
        "published": "2022-07-04",
        "byline": ["Mary Lyngdoh"],
        "section": "State",
        "places": ["Laitdara"],
    },
    {
        "id": "a2",
        "title": "Engineers told of rust",
        "body": "The inquiry heard that rust on the bridge had been reported twice.",
        "published": "2022-07-06",
        "section": "State",
        "agency": ["ANW"],
    },
    {
        "id": "a3",
        "title": "Tea wages rise",
        "body": "Pluckers at Rangmanik get more.",
        "published": "2024",
        "section": "Trade",
    },
    {"id": "a4", "title": "नदी का जलस्तर बढ़ा", "body": "नदी खतरे के निशान के पास है।", "language": "hi"},
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with four articles, indexed."""
    folder = tmp_path_factory.mktemp("archive")
    lines = [json.dumps(article, ensure_ascii=False) for article in ARTICLES]
    (folder / "articles.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = call(folder, "index", "articles.jsonl", "--json")
    assert done.exit_code == 0, done.output
    return folder


def call(folder: Path, *arguments: str) -> Result:
    """Run a command in a folder, in this process, stdout and stderr apart."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(main, arguments, prog_name="searchapp")
    finally:
        os.chdir(before)


def start(folder: Path, *arguments: str, **streams: Any) -> subprocess.Popen[str]:
    """Run a command in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEARCHAPP_")}
    return subprocess.Popen([sys.executable, "-m", "searchapp", *arguments], cwd=folder, env=environment, text=True, **streams)


def finish(folder: Path, *arguments: str) -> tuple[int, str, str]:
    process = start(folder, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


# the program as a whole


def test_help_lists_every_command_without_importing_it() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    assert all(re.search(rf"^  {name} ", shown, re.M) for name in COMMANDS)
    code = "import sys; from searchapp.cli import main; main(['--help'], prog_name='searchapp')"
    code = f"import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); {code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"flask", "searchapp.searching", "searchapp.indexing", "nltk"} & set(done.stderr.split())


def test_version() -> None:
    assert __version__ in CliRunner().invoke(main, ["--version"]).output


def test_a_mistyped_command_is_told_the_nearest() -> None:
    done = CliRunner().invoke(main, ["serach", "x"])
    assert done.exit_code == 2
    assert "'search'" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["--no-such-option"], ["show"], ["search", "--size", "many"], ["search", "--sort", "best"]]
)
def test_usage_errors_exit_with_2(archive: Path, arguments: list[str]) -> None:
    done = call(archive, *arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_global_options_stand_before_or_after(archive: Path, tmp_path: Path) -> None:
    index = str(archive / "index")
    before = call(tmp_path, "--index", index, "search", "inquiry", "--json")
    after = call(tmp_path, "search", "inquiry", "--json", "--index", index)
    assert json.loads(before.stdout)["total"] == json.loads(after.stdout)["total"] == 2
    both = call(tmp_path, "--index", "nowhere", "search", "inquiry", "--json", "--index", index)
    assert json.loads(both.stdout)["total"] == 2, "the one after the command counts"


def test_a_settings_file_can_be_named(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "other.yml").write_text(f"index: {archive / 'index'}\n")
    assert call(tmp_path, "search", "inquiry", "--config", "other.yml").exit_code == 0
    missing = call(tmp_path, "search", "inquiry", "--config", "missing.yml")
    assert missing.exit_code == 1
    assert "missing.yml" in missing.stderr


def test_errors_are_one_line_and_a_traceback_only_on_demand(tmp_path: Path) -> None:
    plain = call(tmp_path, "search", "x")
    assert plain.exit_code == 1
    assert len(plain.stderr.splitlines()) == 1
    assert "searchapp index" in plain.stderr, "the way out"
    assert plain.stdout == ""
    loud = call(tmp_path, "search", "x", "-vv")
    assert "Traceback" in loud.stderr
    assert loud.stderr.splitlines()[-1] == plain.stderr.strip()


def test_verbose_says_which_index(archive: Path) -> None:
    done = call(archive, "-v", "search", "inquiry")
    assert str(archive / "index") in done.stderr
    assert call(archive, "search", "inquiry").stderr == ""


def test_an_engine_that_isnt_there(archive: Path) -> None:
    done = call(archive, "search", "x", "--engine", "opensearch")
    assert done.exit_code == 1
    assert "opensearch" in done.stderr


def test_a_closed_pipe_is_quiet(archive: Path) -> None:
    process = start(archive, "export", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait(30)


@pytest.mark.parametrize("arguments", ["search bridge", "search bridge --json", "export", "status"])
def test_an_output_that_was_never_open_is_no_failure(archive: Path, arguments: str) -> None:
    command = f'"{sys.executable}" -m searchapp {arguments} >&-'
    done = subprocess.run(["sh", "-c", command], cwd=archive, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_is_told(archive: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        process = start(archive, "export", stdout=full.fileno(), stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "No space left" in err
    assert "Traceback" not in err


def test_an_interruption_is_one_line_and_130(tmp_path: Path) -> None:
    fifo = tmp_path / "endless.jsonl"
    lines = "".join(json.dumps({"title": f"Article {n}", "body": "word " * 50}) + "\n" for n in range(60_000))
    fifo.write_text(lines)
    # A test run in a shell's background has interrupts ignored, and its children inherit that.
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with start(tmp_path, "index", str(fifo), stdout=subprocess.PIPE, stderr=subprocess.PIPE, **heard) as process:
        deadline = time.monotonic() + 30
        while process.poll() is None and not (tmp_path / "index" / "journal").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 130
    assert err.strip() == "searchapp: interrupted"
    assert out == ""


def test_search_starts_without_the_readers_and_the_web(archive: Path) -> None:
    code = "import sys; from searchapp.cli import main; main(['search', 'inquiry'], prog_name='searchapp')"
    code = f"import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); {code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=archive)
    assert "2 articles" in done.stdout
    slow = set("flask apiflask trafilatura feedparser lxml gunicorn rich pydantic rapidfuzz scipy".split())
    assert not slow & set(done.stderr.split())


# index


def test_index_reports_what_it_did(archive: Path, tmp_path: Path) -> None:
    index = ["--index", str(tmp_path / "index"), "--json"]
    first = json.loads(call(archive, "index", "articles.jsonl", *index).stdout)
    assert (first["read"], first["added"], first["unchanged"], first["rejected"]) == (4, 4, 0, 0)
    assert first["rejects"] == []
    assert first["seconds"] > 0
    again = json.loads(call(archive, "index", "articles.jsonl", *index).stdout)
    assert (again["read"], again["added"], again["unchanged"]) == (4, 0, 4)
    assert again["generation"] == first["generation"]
    wanted = {"read", "added", "changed", "unchanged", "duplicates", "removed", "rejected", "rejects", "generation", "seconds"}
    assert wanted <= first.keys()


def test_index_goes_on_past_rejects_says_why_and_exits_with_1(tmp_path: Path) -> None:
    source = tmp_path / "mixed.jsonl"
    source.write_text('{"title": "Fine", "body": "words"}\n{"title": \n{"title": "Fine too", "body": "words"}\n')
    done = call(tmp_path, "index", "mixed.jsonl", "--json")
    report = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (report["read"], report["added"], report["rejected"]) == (3, 2, 1)
    (reject,) = report["rejects"]
    assert reject.keys() == {"file", "position", "reason"}
    assert reject["file"] == "mixed.jsonl"
    assert "2" in reject["position"]
    assert reject["reason"]
    assert report["rejects_file"] in done.stderr
    source.write_text('{"title": "Fine", "body": "words"}\n{"title": "Mended"}\n{"title": "Fine too", "body": "words"}\n')
    repaired = call(tmp_path, "index", report["rejects_file"], "--json")
    assert repaired.exit_code == 0
    assert json.loads(repaired.stdout)["added"] == 1
    human = call(tmp_path, "index", "mixed.jsonl")
    assert re.search(r"^unchanged\s+3$", human.stdout, re.M)


def test_index_dry_run_writes_nothing(archive: Path, tmp_path: Path) -> None:
    done = call(archive, "index", "articles.jsonl", "--dry-run", "--index", str(tmp_path / "index"))
    assert done.exit_code == 0
    assert re.search(r"^added\s+4$", done.stdout, re.M)
    assert "nothing was written" in done.stdout
    assert not (tmp_path / "index").exists()


def test_index_of_a_path_that_isnt_there(tmp_path: Path) -> None:
    done = call(tmp_path, "index", "nowhere")
    assert done.exit_code == 1
    assert "nowhere" in done.stderr


# search


def test_search_json_has_the_keys_of_the_interface(archive: Path) -> None:
    shown = json.loads(call(archive, "search", "inquiry bridge", "--json").stdout)
    assert shown["total"] == 2
    assert shown["query"]["text"] == "inquiry bridge"
    assert {"total", "took_ms", "generation", "hits", "facets", "histogram", "next"} <= shown.keys()
    hit = next(hit for hit in shown["hits"] if hit["title"].startswith("Bridge"))
    marked = [hit["title"][start:end] for start, end in hit["title_ranges"]]
    assert marked == ["Bridge", "inquiry"]
    assert shown["facets"]["section"]["values"][0]["value"] == "State"


def test_search_for_people(archive: Path) -> None:
    shown = call(archive, "search", "bridge", "--facet", "section")
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("2 articles")
    assert "Bridge inquiry opens in Laitdara" in shown.stdout
    assert "2022-07-04" in shown.stdout
    assert "Mary Lyngdoh" in shown.stdout
    assert re.search(r"2\s+State", shown.stdout)
    assert all(len(line) <= terminal.PIPE_WIDTH for line in lines)
    assert "\x1b" not in shown.stdout


def test_words_may_be_given_one_by_one(archive: Path) -> None:
    given = (["rust", "bridge"], ["rust bridge"])
    apart, together = (json.loads(call(archive, "search", "--json", *words).stdout) for words in given)
    assert apart["query"] == together["query"]
    assert apart["total"] == 1


def test_notes_go_to_stderr(archive: Path) -> None:
    done = call(archive, "search", "the bridge")
    assert "note:" in done.stderr
    assert "note:" not in done.stdout


def test_filters_narrow(archive: Path) -> None:
    def total(*options: str) -> int:
        return int(json.loads(call(archive, "search", "--json", *options).stdout)["total"])

    assert total() == 4
    assert total("--where", "section=State") == 2
    assert total("--where", "section=State", "--where", "section=Trade") == 3
    assert total("--not", "section=State") == 2
    assert total("--where", "section=(none)") == 1
    assert total("--from", "2022-07-05", "--to", "2022") == 1
    assert total("--where", "section=State", "--where", "agency=ANW") == 1


def test_wrong_filters_are_all_told_at_once(archive: Path) -> None:
    done = call(archive, "search", "--where", "colour=red", "--from", "soon", "--size", "0")
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 3
    assert all(name in done.stderr for name in ("colour", "from", "size"))
    assert "section" in call(archive, "search", "--where", "section").stderr


def test_a_query_past_a_limit_is_refused(archive: Path) -> None:
    done = call(archive, "search", "word " * 200)
    assert done.exit_code == 2
    assert "512" in done.stderr


def test_nothing_found_is_no_failure_and_says_which_word(archive: Path) -> None:
    done = call(archive, "search", "bridge zeppelin")
    assert done.exit_code == 0
    assert done.stdout.startswith("0 articles")
    assert re.search(r"zeppelin\s+0 articles", done.stdout)


def test_pages_and_cursors_reach_everything_once(archive: Path) -> None:
    seen: list[str] = []
    cursor: list[str] = []
    for _ in range(5):
        shown = json.loads(call(archive, "search", "--size", "1", "--json", *cursor).stdout)
        seen += [hit["id"] for hit in shown["hits"]]
        if shown["next"] is None:
            break
        cursor = ["--cursor", shown["next"]]
    everything = json.loads(call(archive, "search", "--json").stdout)["hits"]
    assert seen == [hit["id"] for hit in everything]
    assert "more with --page 2" in call(archive, "search", "--size", "1").stdout


def test_other_scripts_come_through(archive: Path) -> None:
    assert "नदी" in call(archive, "search", "नदी").stdout
    code, out, err = finish(archive, "search", "नदी", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["total"] == 1


def test_a_locale_without_the_letters_is_no_failure(archive: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "searchapp", "search", "नदी"],
        cwd=archive,
        env=os.environ | {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"\\u0928" in done.stdout


# show, explain, export, status, inspect


def ids(archive: Path) -> dict[str, str]:
    shown = json.loads(call(archive, "search", "--json").stdout)
    return {hit["title"]: hit["id"] for hit in shown["hits"]}


def test_show(archive: Path) -> None:
    article_id = ids(archive)["Tea wages rise"]
    shown = call(archive, "show", article_id)
    assert "Pluckers at Rangmanik get more." in shown.stdout
    assert "Trade" in shown.stdout
    as_json = json.loads(call(archive, "show", article_id, "--json").stdout)
    assert as_json["published"] == "2024"
    assert as_json["published_precision"] == "year"
    assert as_json["provenance"]["file"] == "articles.jsonl"


def test_show_nothing(archive: Path) -> None:
    done = call(archive, "show", "no-such-id")
    assert done.exit_code == 1
    assert "no-such-id" in done.stderr
    assert done.stdout == ""


def test_explain(archive: Path) -> None:
    done = call(archive, "explain", "the bridge rust")
    assert re.search(r"rust\s+1 article$", done.stdout, re.M)
    article_id = ids(archive)["Engineers told of rust"]
    shown = json.loads(call(archive, "explain", "bridge rust", article_id, "--json").stdout)
    assert shown["matches"] is True
    assert shown["total"] == 1
    assert [clause["total"] for clause in shown["clauses"]] == [2, 1]
    other = ids(archive)["Tea wages rise"]
    assert "doesn't match" in call(archive, "explain", "bridge", other).stdout
    assert call(archive, "explain", "bridge", "no-such-id").exit_code == 1


def test_export_ndjson_and_csv(archive: Path) -> None:
    lines = call(archive, "export").stdout.splitlines()
    assert len(lines) == 4
    assert {json.loads(line)["title"] for line in lines} == {article["title"] for article in ARTICLES}
    table = list(csv.DictReader(io.StringIO(call(archive, "export", "inquiry", "--format", "csv").stdout)))
    assert [row["published"] for row in table] == ["2022-07-06", "2022-07-04"]
    assert call(archive, "export", "--format", "docx").exit_code == 2
    assert len(call(archive, "export", "--where", "section=State").stdout.splitlines()) == 2


def test_status(archive: Path, tmp_path: Path) -> None:
    shown = json.loads(call(archive, "status", "--json").stdout)
    assert shown["articles"] == 4
    assert shown["journal"] == shown["journal_end"] > 0
    assert shown["disk_bytes"] > 0
    human = call(archive, "status").stdout
    assert re.search(r"^articles\s+4$", human, re.M)
    assert "all of it indexed" in human
    empty = call(tmp_path, "status")
    assert empty.exit_code == 0
    assert "searchapp index" in empty.stderr
    assert json.loads(call(tmp_path, "status", "--json").stdout)["generation"] is None


PAGE = """Monday, July 4, 2022
Rangmanik market burns

By: Mary Lyngdoh

Rangmanik/Laitdara, July 3:  A fire destroyed forty stalls of the night market on Sunday, and nobody was hurt.

The traders want shelters of stone.

ANW

Football club loses again
About Us

The Laitdara Courier was first printed on a hand press.
"""


def test_inspect_shows_every_finding_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(PAGE)
    shown = json.loads(call(tmp_path, "inspect", "page.txt", "--json").stdout)
    (read,) = shown["articles"]
    assert shown["rejects"] == []
    assert read["article"]["title"] == "Rangmanik market burns"
    assert read["article"]["published"].startswith("2022-07-04")
    assert read["article"]["places"] == ["Rangmanik", "Laitdara"]
    assert "hand press" in read["furniture"]
    found = {finding["field"]: finding for finding in read["findings"]}
    start, end = found["title"]["span"]
    assert PAGE[start:end] == "Rangmanik market burns"
    assert 0 < found["title"]["confidence"] <= 1
    assert [path.name for path in tmp_path.iterdir()] == ["page.txt"]
    human = call(tmp_path, "inspect", "page.txt").stdout
    assert found["title"]["rule"] in human
    assert f"{start}-{end}" in human
    assert "hand press" in human
    assert all(len(line) <= terminal.PIPE_WIDTH for line in human.splitlines() if " " in line.strip())


def test_inspect_says_why_a_file_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    done = call(tmp_path, "inspect", "empty.txt")
    assert done.exit_code == 1
    assert "rejected: empty.txt" in done.stdout
    assert call(tmp_path, "inspect", "missing.txt").exit_code == 2


def test_inspect_takes_a_settings_file_for_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "papers.yml").write_text("sources:\n- {id: a, name: A, paths: [x]}\n- {id: b, name: B, paths: [y]}\n")
    done = call(tmp_path, "inspect", "papers.yml")
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert "papers.yml" in done.stdout


# serve


@pytest.mark.parametrize("bind", ["8000", "localhost", "127.0.0.1:http", "127.0.0.1:99999", ":8000"])
def test_serve_refuses_an_impossible_address(tmp_path: Path, bind: str) -> None:
    done = call(tmp_path, "serve", "--bind", bind)
    assert done.exit_code == 1
    assert "127.0.0.1:8000" in done.stderr


def test_serve_of_an_unknown_host_is_one_line(tmp_path: Path) -> None:
    done = call(tmp_path, "serve", "--bind", "192.0.2.1:8000")
    assert done.exit_code == 1
    assert "can't serve on 192.0.2.1:8000" in done.stderr


# text for people


def test_lines_break_between_words_and_ranges_turn_bold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "width", lambda: 20)
    text = "one two three four five six seven"
    assert next(terminal.wrapped(text, indent="   ", first="1. ")).startswith("1. one")
    lines = list(terminal.wrapped(text, [Span(4, 7), Span(14, 23)]))
    assert lines == ["one \x1b[1mtwo\x1b[0m three \x1b[1mfour\x1b[0m", "\x1b[1mfive\x1b[0m six seven"]


def test_no_article_can_command_the_terminal() -> None:
    assert terminal.harmless("a\x1b[2Jb\x9bc\u202ed\te") == "a\ufffd[2Jb\ufffdc\ufffdd\te"
    assert "\x1b" not in "".join(terminal.wrapped("evil \x1b]0;title\x07 text"))


@pytest.mark.parametrize(
    ("number", "shown"), [(1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (1_234_567, "1.2 MB"), (999_960, "1.0 MB")]
)
def test_sizes_for_people(number: int, shown: str) -> None:
    assert terminal.size(number) == shown


@pytest.mark.parametrize("arguments", [["index", ""], ["--index", "", "status"], ["--config", "", "status"]])
def test_an_empty_path_is_refused(archive: Path, arguments: list[str]) -> None:
    result = call(archive, *arguments)
    assert result.exit_code == 2
    assert "empty" in result.stderr


def test_a_damaged_pointer_is_told_and_the_newest_generation_answers(archive: Path, tmp_path: Path) -> None:
    shutil.copytree(archive / "index", tmp_path / "index")
    (tmp_path / "index" / "CURRENT").write_text("garbage")
    for command in (["search", ""], ["status"]):
        result = call(tmp_path, *command)
        assert result.exit_code == 0
        assert "CURRENT names no generation" in result.stderr
        assert "generation 00000001 answers" in result.stderr
