"""Stems kept between processes: what is saved comes back, and what is damaged does no harm."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from searchapp.analysis import learnt, stem, stemming
from searchapp.analysis.stemming import stem_many

ENGLISH = ["floods", "running", "ministers", "the", "1990s", "skies", "संसद", "abc"]
FRENCH = ["continuellement", "maisons"]


@pytest.fixture(autouse=True)
def _nothing_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stemming, "_stems", {})
    monkeypatch.setattr(stemming, "_kept", {})


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A file with stems of two chains."""
    stem_many(ENGLISH, "en")
    stem_many(FRENCH, "fr")
    path = tmp_path / "stems"
    assert learnt.save(path)
    forget()
    return path


def forget() -> None:
    stemming._stems.clear()
    stemming._kept.clear()


def forbid_stemming(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(chain: str) -> None:
        raise AssertionError(f"asked NLTK for {chain}")

    monkeypatch.setattr(stemming, "_stemmer", fail)


def test_what_was_saved_is_known_without_nltk(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = stem_many(ENGLISH, "en"), stem_many(FRENCH, "fr")
    forget()
    forbid_stemming(monkeypatch)
    assert learnt.load(kept) == len(ENGLISH) + len(FRENCH)
    assert (stem_many(ENGLISH, "en"), stem_many(FRENCH, "fr")) == expected
    assert [path.name for path in kept.parent.iterdir()] == ["stems"]


def test_another_process_has_stems_at_hand_without_importing_nltk(kept: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from searchapp.analysis import learnt, stem; learnt.load(Path(sys.argv[1]));"
        "found = [stem(form, 'en') for form in ('floods', 'abc', '1990s', 'the', 'संसद')]; found.append('nltk' in sys.modules);"
        "print(ascii([*found, stem('loods', 'en'), stem('flood', 'en'), stem('floods', 'de')]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(kept)], check=True, capture_output=True, text=True)
    expected = ["flood", "abc", "1990s", "the", "संसद", False, "lood", "flood", stem("floods", "de")]
    assert done.stdout.strip() == ascii(expected)


def test_saving_adds_to_what_the_file_has(kept: Path) -> None:
    stem("bridges", "en")
    assert not learnt.save(kept)
    more = [f"word{chr(97 + number)}s" for number in range(20)]
    stem_many(more, "en")
    assert learnt.save(kept)
    forget()
    learnt.load(kept)
    assert set(stemming.remembered("en")) == {*ENGLISH, *more, "bridges"}
    assert set(stemming.remembered("fr")) == set(FRENCH)


def test_nothing_learnt_makes_no_file(tmp_path: Path) -> None:
    assert not learnt.save(tmp_path / "stems")
    assert learnt.load(tmp_path / "stems") == 0
    assert list(tmp_path.iterdir()) == []


def test_no_more_than_there_is_room_for(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stemming, "REMEMBERED", 5)
    stem("bridges", "en")
    learnt.load(kept)
    assert list(stemming.remembered("en")) == ["bridges", *ENGLISH[:4]]
    assert stem_many([*ENGLISH, "rivers"], "en")[-1] == "river"
    assert len(stemming.remembered("en")) == 5


def test_every_damage_is_noticed(kept: Path) -> None:
    whole = kept.read_bytes()
    body = whole.index(b"\n") + 1
    for at in range(body, len(whole)):
        kept.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert learnt.load(kept) == 0
    for size in range(len(whole)):
        kept.write_bytes(whole[:size])
        assert learnt.load(kept) == 0
    assert stemming._kept == {}


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{}",
        b"[]",
        b"nonsense",
        b"\xff\xfe",
        b'{"format": "learnt stems 1", "analyser": "news-0 nltk-0"}',
        b'{"format": "learnt stems 0", "analyser": "%s", "chains": {}}',
        b'{"format": "learnt stems 1", "analyser": "%s", "chains": []}',
        b'{"format": "learnt stems 1", "analyser": "%s", "chains": {"en": 3}}',
        b'{"format": "learnt stems 1", "analyser": "%s", "chains": {"en": [1, "2"]}}',
        b'{"format": "learnt stems 1", "analyser": "%s", "chains": {"en": [1, -2]}}',
        b'{"format": "learnt stems 1", "analyser": "%s", "chains": {"xx": [1, 2]}}',
        b'{"format": "learnt stems 1", "analyser": "%s", "chains": {"en": [1, 2]}}',
    ],
)
def test_other_files_are_as_good_as_none(header: bytes, tmp_path: Path) -> None:
    path = tmp_path / "stems"
    path.write_bytes(header.replace(b"%s", learnt.ANALYSER.encode()) + b"\na\t\n")
    assert learnt.load(path) == 0
    stem("floods", "en")
    assert learnt.save(path)
    assert learnt.load(path) == 1


def test_a_directory_or_a_giant_is_as_good_as_none(tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert learnt.load(tmp_path) == 0
    monkeypatch.setattr(learnt, "_BYTES", 10)
    assert learnt.load(kept) == 0
