"""Settings: where each value comes from, and what a wrong one says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from searchapp.errors import SettingsError
from searchapp.settings import TABLE, Settings, load_settings, nearest, read_yaml


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty directory and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for row in TABLE:
        monkeypatch.delenv("SEARCHAPP_" + row.name.upper(), raising=False)
    monkeypatch.delenv("SEARCHAPP_CONFIG", raising=False)


def write(text: str, name: str = "searchapp.yml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_table_and_the_dataclass_are_the_same_list() -> None:
    assert [row.name for row in TABLE] == [item.name for item in dataclasses.fields(Settings)]
    assert all(row.help for row in TABLE)


def test_defaults_without_any_file() -> None:
    settings = load_settings()
    assert settings.index == Path("index")
    assert settings.bind == "127.0.0.1:8000"
    assert settings.log_queries is False
    assert settings == Settings.make()


def test_file_then_environment_then_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    write("bind: 127.0.0.1:1\nworkers: 7\nthreads: 9\n")
    monkeypatch.setenv("SEARCHAPP_BIND", "127.0.0.1:2")
    monkeypatch.setenv("SEARCHAPP_WORKERS", "8")
    settings = load_settings(flags={"bind": "127.0.0.1:3", "workers": None})
    assert (settings.bind, settings.workers, settings.threads) == ("127.0.0.1:3", 8, 9)


def test_the_environment_may_name_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write("workers: 5\n", "other.yml")
    monkeypatch.setenv("SEARCHAPP_CONFIG", "other.yml")
    assert load_settings().workers == 5


def test_what_is_required_of_tests_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCHAPP_REQUIRE", "browser")
    load_settings()


def test_a_named_file_must_exist() -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yml"):
        load_settings(Path("nowhere.yml"))


def test_an_unknown_key_names_itself_the_file_and_the_nearest() -> None:
    write("wrokers: 3\n")
    with pytest.raises(SettingsError, match=r"searchapp\.yml.*'wrokers'.*'workers'"):
        load_settings()


def test_an_unknown_environment_variable_fails_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCHAPP_TREADS", "4")
    with pytest.raises(SettingsError, match=r"environment.*'treads'.*'threads'"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("workers", "0", "a whole number above 0"),
        ("workers", "many", "a whole number above 0"),
        ("workers", "true", "a whole number above 0"),
        ("log_queries", "perhaps", "true or false"),
        ("archive_name", "[1, 2]", "text"),
        ("engine", "lucene", "whoosh or opensearch"),
        ("time_zone", "Mars/Olympus", "no time zone"),
        ("time_zone", "../etc/passwd", "no time zone"),
    ],
)
def test_an_impossible_value_names_the_setting(name: str, value: str, says: str) -> None:
    write(f"{name}: {value}\n")
    with pytest.raises(SettingsError, match=says) as caught:
        load_settings()
    assert name in str(caught.value)
    assert "searchapp.yml" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"), [("yes", True), ("1", True), ("on", True), ("no", False), ("0", False), ("", False)]
)
def test_truth_as_written_in_an_environment(text: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCHAPP_LOG_QUERIES", text)
    assert load_settings().log_queries is expected


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words", "{unclosed", "\x00"])
def test_a_file_that_is_no_mapping_says_so(text: str) -> None:
    path = write(text)
    with pytest.raises(SettingsError, match=r"searchapp\.yml"):
        read_yaml(path)


def test_yaml_runs_no_code() -> None:
    path = write("index: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(SettingsError, match="not valid YAML"):
        read_yaml(path)


def test_an_empty_file_is_no_settings() -> None:
    write("# nothing yet\n")
    assert load_settings() == Settings.make()


def test_settings_dont_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        load_settings().workers = 3  # type: ignore[misc]


def test_nearest_guesses_or_is_silent() -> None:
    assert nearest("langauge", ("language", "index")) == " Did you mean 'language'?"
    assert nearest("zzz", ("language", "index")) == ""
