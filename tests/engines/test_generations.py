"""Generation directories: what a crash, a damaged file or another process leaves behind never reaches a reader."""

from __future__ import annotations

import errno
import gc
import os
import pickle
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from searchapp.article import Article, Provenance
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh import build as building
from searchapp.engines.whoosh import collection, compaction, files, manifest, stock
from searchapp.engines.whoosh import engine as engines
from searchapp.engines.whoosh import generations as storage
from searchapp.engines.whoosh.collection import KEEP, KEEP_SECONDS
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.engines.whoosh.generation import OpenGeneration
from searchapp.engines.whoosh.generations import USED, Generations
from searchapp.engines.whoosh.layout import COLUMNS, PARTS
from searchapp.engines.whoosh.manifest import MANIFEST, Manifest
from searchapp.engines.whoosh.pins import Claim, Pin
from searchapp.engines.whoosh.publishing import Publisher
from searchapp.errors import EngineError, GenerationGone, IndexDamaged, IndexMismatch
from searchapp.query.tree import Everything, Term


def article(number: int, body: str = "rain") -> Article:
    provenance = Provenance(file="invented.jsonl", format="jsonl", sha256="0" * 64)
    return Article(id=str(number), title=f"story {number}", body=body, provenance=provenance, language="en")


def publish(root: Path, *numbers: int, full: bool = False) -> str:
    with WhooshEngine(root).begin_build(full=full) as build:
        for number in numbers:
            build.add(article(number))
        return build.publish(journal=len(numbers)).name


def total(engine: WhooshEngine) -> int:
    return engine.snapshot().search(EngineRequest(tree=Term("rain", ("body",)))).total


@pytest.fixture
def root(tmp_path: Path) -> Path:
    publish(tmp_path, 1, 2, full=True)
    publish(tmp_path, 3)
    return tmp_path


def overwrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a file's bytes without changing those of its hard links."""
    content = change(path.read_bytes())
    path.unlink()
    path.write_bytes(content)


def flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def test_an_increment_links_what_it_keeps(root: Path) -> None:
    first, second = root / "generations/00000001", root / "generations/00000002"
    assert {path.name for path in first.glob("MAIN_*")} == {f"MAIN_1{part}" for part in PARTS}
    for part in PARTS:
        assert (second / f"MAIN_1{part}").samefile(first / f"MAIN_1{part}")
    assert not {path.name for path in first.glob("*.toc")} & {path.name for path in second.glob("*.toc")}
    assert total(WhooshEngine(root)) == 3


def test_published_files_are_read_only_and_listed(root: Path) -> None:
    directory = root / "generations/00000002"
    manifest = Manifest.read(directory)
    assert set(os.listdir(directory)) == {*manifest.files, MANIFEST, ".used"}
    assert {(directory / name).stat().st_mode & 0o222 for name in manifest.files} == {0}
    assert manifest.articles == 3


def test_debris_in_tmp_is_ignored_and_removed_by_the_next_writer(root: Path) -> None:
    for name in ("00000003", "00000001.old"):
        (root / "tmp" / name).mkdir(parents=True)
        (root / "tmp" / name / "MAIN_9.postings").write_bytes(b"half")
    (root / "tmp/CURRENT").write_text("0000")
    assert total(WhooshEngine(root)) == 3
    publish(root, 4)
    assert list((root / "tmp").iterdir()) == []
    assert total(WhooshEngine(root)) == 4


@pytest.mark.parametrize("content", [b"", b"garbage", b"00000009 abc\n", b"00000001 abc\n", b"../../x y\n", b"\xff\xfe\0", None])
@pytest.mark.parametrize("verify", ["full", "sizes"])
def test_current_garbage_means_the_newest_that_verifies(root: Path, content: bytes | None, verify: storage.Verify) -> None:
    (root / "CURRENT").unlink() if content is None else (root / "CURRENT").write_bytes(content)
    engine = WhooshEngine(root, verify=verify)
    assert engine.snapshot().info.name == "00000002"
    assert "CURRENT" in (engine.trouble or "")
    overwrite(root / "generations/00000002" / MANIFEST, flip)
    assert WhooshEngine(root, verify=verify).snapshot().info.name == "00000001"


def test_every_damaged_file_is_named_and_the_generation_before_is_served(root: Path) -> None:
    directory = root / "generations/00000002"
    for name in sorted(Manifest.read(directory).files):
        for change in (flip, lambda content: content[:-1], lambda _: b"", lambda content: content + b"x"):
            kept = (directory / name).read_bytes()
            overwrite(directory / name, change)
            engine = WhooshEngine(root, verify="full")
            assert engine.snapshot().info.name == "00000001"
            assert name in (engine.trouble or "")
            assert "searchapp index --full" in (engine.trouble or "")
            overwrite(directory / name, lambda _, kept=kept: kept)
    (directory / name).unlink()
    assert WhooshEngine(root).snapshot().info.name == "00000001"


def test_all_damaged_names_the_current_one(root: Path) -> None:
    for segment in root.glob("generations/*/*.postings"):
        overwrite(segment, lambda content: content[:-1])
    with pytest.raises(IndexDamaged, match=r"00000002/.*\.postings is damaged.*searchapp index --full"):
        WhooshEngine(root).snapshot()
    with pytest.raises(IndexDamaged):
        WhooshEngine(root).begin_build(full=False)
    publish(root, 7, full=True)
    assert total(WhooshEngine(root)) == 1


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all files were too large to be hashed whenever they are opened."""
    monkeypatch.setattr(storage, "_SMALL", 0)


def flip_data(content: bytes) -> bytes:
    """Another value in the first array: nothing that a reader would notice."""
    return content[:64] + bytes([content[64] ^ 1]) + content[65:]


@pytest.mark.usefixtures("large")
def test_an_increment_is_not_built_on_damage_that_sizes_dont_show(root: Path) -> None:
    """What the build reads of its base is hashed before: ids, dates and lengths."""
    overwrite(root / "generations/00000002/MAIN_2.columns", flip_data)
    engine = WhooshEngine(root, verify="sizes")
    assert engine.snapshot().info.name == "00000002"
    with pytest.raises(IndexDamaged, match=r"MAIN_2\.columns is damaged.*searchapp index --full"):
        publish(root, 4)
    assert Generations(root).names() == ["00000001", "00000002"]
    assert not any((root / "tmp").iterdir())


@pytest.mark.usefixtures("large")
def test_what_is_deleted_is_hashed_whenever_it_is_read(root: Path) -> None:
    """However long the table of contents is: one wrong bit in it is a lost article."""
    path = root / "generations/00000002/_MAIN_2.toc"
    overwrite(path, lambda content: content.replace(b"C\x01\x00", b"C\x01\x80", 1))
    assert stock.read_toc(path.parent).segments[0].live.tolist() == [False, True]
    engine = WhooshEngine(root, verify="sizes")
    assert engine.snapshot().info.name == "00000001"
    assert "_MAIN_2.toc is damaged" in (engine.trouble or "")


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("part", sorted({*PARTS} - {COLUMNS}))
def test_damage_that_a_build_doesnt_read_keeps_the_checksum_it_breaks(root: Path, part: str) -> None:
    """What is only linked isn't hashed; it is found wherever all is verified, in the new generation as in the old."""
    overwrite(root / f"generations/00000002/MAIN_2{part}", flip_data)
    name = publish(root, 4)
    engine = WhooshEngine(root, verify="full")
    assert engine.snapshot().info.name == "00000001"
    assert f"{name}/MAIN_2{part} is damaged" in (engine.trouble or "")


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("part", PARTS)
def test_damage_is_not_merged(root: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.setattr(compaction, "MOST_SEGMENTS", 1)
    overwrite(root / f"generations/00000002/MAIN_2{part}", flip_data)
    with pytest.raises(IndexDamaged, match=rf"MAIN_2{part} is damaged.*searchapp index --full"):
        publish(root, 4)
    assert Generations(root).names() == ["00000001", "00000002"]


def test_a_swap_hashes_only_what_is_new(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = WhooshEngine(root, verify="full")
    assert total(engine) == 3
    name = publish(root, 4)
    hashed: list[str] = []
    plain = storage.files.sha256
    monkeypatch.setattr(storage.files, "sha256", lambda path: hashed.append(path.name) or plain(path))
    assert total(engine) == 4
    new = set(os.listdir(root / "generations" / name)) - set(os.listdir(root / "generations/00000002"))
    assert sorted(hashed) == sorted(new) == sorted(["_MAIN_3.toc", *(f"MAIN_3{part}" for part in PARTS)])


def test_a_generation_collected_while_it_is_opened_is_gone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def collected(directory: Path) -> Manifest:
        shutil.rmtree(directory)
        raise IndexDamaged("no manifest")

    monkeypatch.setattr(Manifest, "read", collected)
    with pytest.raises(GenerationGone):
        WhooshEngine(root).snapshot("00000001")


def test_a_file_that_is_not_in_the_manifest_is_damage(root: Path) -> None:
    (root / "generations/00000002/_MAIN_99.toc").write_bytes(b"newer")
    engine = WhooshEngine(root)
    assert engine.snapshot().info.name == "00000001"
    assert "_MAIN_99.toc" in (engine.trouble or "")


def test_a_reader_keeps_what_it_has_when_the_next_one_is_damaged(root: Path) -> None:
    engine = WhooshEngine(root, verify="full")
    assert total(engine) == 3
    name = publish(root, 4)
    overwrite(root / "generations" / name / "_MAIN_3.toc", flip)
    assert total(engine) == 3
    assert f"{name}/_MAIN_3.toc" in (engine.trouble or "")
    publish(root, 5, full=True)
    assert total(engine) == 1
    assert engine.trouble is None


def test_another_analyser_or_format_is_refused_with_the_way_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = WhooshEngine(root)
    assert total(engine) == 3
    monkeypatch.setattr(manifest, "ANALYSER", "news-2 nltk-9")
    with pytest.raises(IndexMismatch, match=r"news-.*searchapp index --full"):
        WhooshEngine(root).snapshot()
    with pytest.raises(IndexMismatch):
        WhooshEngine(root).begin_build(full=False)
    publish(root, 8, full=True)
    assert total(WhooshEngine(root)) == 1
    with pytest.raises(IndexMismatch):
        WhooshEngine(root).snapshot("00000001")
    assert total(engine) == 1


STEPS: dict[str, tuple[object, str]] = {
    "segment": (building.SegmentWriter, "finish"),
    "merge": (building, "merge_segments"),
    "contents": (stock, "commit"),
    "sync": (files, "sync"),
    "freeze": (files, "freeze"),
    "manifest": (files, "create"),
    "hash": (files, "sha256"),
    "rename": (Path, "rename"),
}


@pytest.mark.parametrize("step", [*STEPS, "count", "canary", "search"])
def test_a_build_that_fails_leaves_the_old_generation_current(root: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(root))

    full = step != "merge"
    monkeypatch.setattr(compaction, "MOST_SEGMENTS", 9 if full else 1)
    wrong = {
        "count": (OpenGeneration, "articles", property(lambda _: 99, lambda *_: None)),
        "canary": (OpenGeneration, "article", lambda *_: None),
        "search": (building.WhooshSnapshot, "explain", lambda *_: None),
    }
    target = wrong.get(step) or (*STEPS[step], fail)
    with WhooshEngine(root).begin_build(full=full) as build:
        build.add(article(9))
        with monkeypatch.context() as patch:
            patch.setattr(*target, raising=False)
            with pytest.raises(EngineError, match="No space left" if fail in target else "abandoned"):
                build.publish(journal=1)
    assert total(WhooshEngine(root, verify="full")) == 3
    assert not any((root / "tmp").iterdir())
    with pytest.raises(EngineError, match="over"):
        build.add(article(10))
    publish(root, 9)
    assert total(WhooshEngine(root)) == 4


def test_old_generations_stay_a_while_then_go(root: Path) -> None:
    for number in range(4, 8):
        publish(root, number)
    names = Generations(root).names()
    assert len(names) == 6
    walking = names[1]
    ago = time.time() - KEEP_SECONDS - 60
    for name in names:
        for path in (root / "generations" / name, root / "generations" / name / ".used"):
            os.utime(path, (ago, ago))
    WhooshEngine(root).snapshot(walking)
    publish(root, 9)
    kept = Generations(root).names()
    assert kept == [walking, *names[-KEEP + 1 :], kept[-1]]
    assert total(WhooshEngine(root)) == 8
    with pytest.raises(GenerationGone, match="search again"):
        WhooshEngine(root).snapshot(names[0])


def test_a_collected_generation_still_answers_whoever_holds_it(root: Path) -> None:
    held = WhooshEngine(root).snapshot("00000001")
    for path in (root / "generations/00000001").iterdir():
        path.unlink()
    assert held.search(EngineRequest(tree=Everything())).total == 2


class Payload:
    """What a hostile index would like to have unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (os.environ["SEARCHAPP_TEST_MARK"],)


def test_opening_never_runs_code_from_the_index(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even with a manifest to match: wherever a pickle begins in the table of contents, another one is put."""
    mark = root / "ran"
    monkeypatch.setenv("SEARCHAPP_TEST_MARK", str(mark))
    payload = pickle.dumps(Payload(), 2)
    directory = root / "generations/00000002"
    publisher = Publisher(Generations(root))
    (path,) = directory.glob("*.toc")
    original = path.read_bytes()
    places = [at for at in range(len(original)) if original[at : at + 1] == b"\x80" and original[at + 1 : at + 2] in b"\2\3\4\5"]
    assert len(places) >= 2  # the schema, and the segments
    for at in places:
        overwrite(path, lambda content, at=at: content[:at] + payload + content[at + len(payload) :])
        for name in (MANIFEST, USED):
            (directory / name).unlink(missing_ok=True)
        publisher.point("00000002", publisher.seal(directory, None, articles=3, journal=1).checksum)
        try:
            engine = WhooshEngine(root, verify="full")
            total(engine)
            engine.snapshot().article("1")
            publish(root, 4)
        except EngineError:
            pass
        gc.collect()
        assert not mark.exists()
        overwrite(path, lambda _: original)


def test_no_other_file_of_a_generation_is_unpickled(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays, JSON and compressed JSON are all there is: a search, an article and an increment load one pickle each."""
    loaded: list[str] = []
    plain = stock.load
    monkeypatch.setattr(stock, "load", lambda file: loaded.append(getattr(file, "name", "")) or plain(file))

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("unpickled")

    request = EngineRequest(tree=Term("rain", ("body",)), highlight=True, histogram=True, facets=("year", "tag"))
    assert WhooshEngine(root).snapshot().search(request).total == 3  # numba's own files are pickles: they are loaded now
    loaded.clear()
    with monkeypatch.context() as patch:
        patch.setattr(pickle, "load", refuse)
        patch.setattr(pickle, "loads", refuse)
        engine = WhooshEngine(root, verify="full")
        assert engine.snapshot().search(request).total == 3
        assert engine.snapshot().article("1") == article(1)
    assert len(loaded) == 1


def test_what_another_process_reads_is_not_collected(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "KEEP_SECONDS", -60)
    held = WhooshEngine(root).snapshot("00000001")
    for number in range(4, 8):
        publish(root, number)
    assert Generations(root).names() == ["00000001", "00000004", "00000005", "00000006"]
    del held
    gc.collect()
    publish(root, 8)
    assert Generations(root).names() == ["00000005", "00000006", "00000007"]


def test_a_pin_ends_with_who_holds_it_and_none_is_had_of_what_goes(root: Path) -> None:
    directory = root / "generations/00000001"
    with Claim(directory) as free:
        assert free
        with pytest.raises(GenerationGone):
            Pin(directory)
    pin = Pin(directory)
    with Claim(directory) as free:
        assert not free
    pin.release()
    with Claim(directory) as free:
        assert free


def test_a_rolled_back_index_goes_on_with_a_new_number(root: Path) -> None:
    assert WhooshEngine(root).rollback().name == "00000001"
    engine = WhooshEngine(root, verify="full")
    assert (total(engine), engine.trouble) == (2, None)
    assert publish(root, 9) == "00000003"
    assert total(engine) == 3
    shutil.rmtree(root / "generations/00000003")  # by hand; CURRENT still has the number
    assert publish(root, 9, full=True) == "00000004"
    (root / "tmp/00000007").mkdir()  # begun and never finished
    assert publish(root, 10) == "00000008"
    with pytest.raises(GenerationGone):
        WhooshEngine(root).rollback("00000003")


def test_what_was_rolled_back_from_is_served_last(root: Path) -> None:
    publish(root, 4)
    WhooshEngine(root).rollback("00000002")
    overwrite(root / "generations/00000002/_MAIN_2.toc", flip)
    assert WhooshEngine(root).snapshot().info.name == "00000001"
    with pytest.raises(IndexDamaged, match=r"_MAIN_2\.toc"):
        WhooshEngine(root).rollback("00000002")


def test_verify_names_everything_that_is_damaged(root: Path) -> None:
    assert WhooshEngine(root).verify() == []
    overwrite(root / "generations/00000002/MAIN_2.stored", flip)
    overwrite(root / "generations/00000001/_MAIN_1.toc", flip)
    (root / "CURRENT").write_text("00000002 abc\n")
    found = WhooshEngine(root).verify()
    assert [each.generation for each in found] == ["", "00000002", "00000001"]
    for each, name in zip(found, ("CURRENT", "MAIN_2.stored", "_MAIN_1.toc"), strict=True):
        assert name in each.message
        assert "searchapp" in each.message


def test_all_others_can_be_discarded_though_somebody_reads_them(root: Path) -> None:
    held = WhooshEngine(root).snapshot("00000001")
    (root / "tmp/left").mkdir()
    assert list(WhooshEngine(root).discard_others()) == ["00000001"]
    assert Generations(root).names() == ["00000002"]
    assert not any((root / "tmp").iterdir())
    assert held.search(EngineRequest(tree=Everything())).total == 2


@pytest.mark.parametrize("how", ["pipe", "link", "directory"])
@pytest.mark.parametrize("name", ["MANIFEST.json", "MAIN_2.columns", "../../CURRENT"])
def test_what_is_no_plain_file_is_damage_and_nobody_waits_for_it(root: Path, name: str, how: str) -> None:
    path = root / "generations/00000002" / name
    path.rename(root / "aside")
    {"pipe": os.mkfifo, "link": lambda path: path.symlink_to(root / "aside"), "directory": os.mkdir}[how](path)
    engine = WhooshEngine(root)
    assert engine.snapshot().info.name == ("00000002" if name.endswith("CURRENT") else "00000001")
    assert path.name in (engine.trouble or "")


@pytest.mark.parametrize("name", ["../../escaped", "/etc/hostname", ".hidden", "a/b", "MANIFEST.json", ""])
def test_a_manifest_names_plain_files_only(root: Path, name: str) -> None:
    directory = root / "generations/00000002"
    known = Manifest.read(directory)
    overwrite(directory / MANIFEST, lambda _: replace(known, files={**known.files, name: (1, "0" * 64)}).sealed())
    with pytest.raises(IndexDamaged, match="names a file"):
        Manifest.read(directory)


def test_a_generation_in_anothers_place_is_not_taken_for_it(root: Path) -> None:
    home = root / "generations"
    (home / "00000002").rename(home / "00000009")
    with pytest.raises(IndexDamaged, match="that of generation '00000002'"):
        Manifest.read(home / "00000009")


def test_where_there_are_no_hard_links_copies_are_compared(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    synced: list[str] = []
    plain = files.sync
    monkeypatch.setattr(files, "sync", lambda path: synced.append(path.name) or plain(path))
    publish(root, 4)
    assert {f"MAIN_1{part}" for part in PARTS} <= set(synced)
    assert total(WhooshEngine(root, verify="full")) == 4
    monkeypatch.setattr(
        shutil, "copyfile", lambda source, target: Path(target).write_bytes(Path(source).read_bytes()[:-1] + b"x")
    )
    with pytest.raises(IndexDamaged, match="can't be copied whole"):
        publish(root, 5)
    assert total(WhooshEngine(root, verify="full")) == 4


def test_a_build_without_room_is_refused_before_it_begins(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=files.RESERVE + 10_000_000))
    with pytest.raises(EngineError, match=r"27 MB free.*needs up to 13 MB.*old one is untouched.*Make room"):
        WhooshEngine(root).begin_build(full=True, size=5_000_000)
    assert not any((root / "tmp").iterdir())
    with WhooshEngine(root).begin_build(full=True, size=4_000_000) as build:
        build.add(article(1))
        build.publish(journal=1)
    assert total(WhooshEngine(root)) == 1


@pytest.mark.parametrize("before", ["2", "none"])
def test_when_the_last_sync_fails_the_pointer_is_put_back(root: Path, monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    if before == "none":
        (root / "CURRENT").unlink()
    plain = files.sync

    def sync(path: Path) -> None:
        if path == root:
            raise OSError(errno.EIO, "Input/output error", str(path))
        plain(path)

    with monkeypatch.context() as patch:
        patch.setattr(files, "sync", sync)
        with pytest.raises(EngineError, match="Input/output error"):
            publish(root, 4)
    assert Generations(root).pointed() == ("00000002" if before == "2" else None)
    assert publish(root, 5) == "00000004"  # somebody may have seen the third


def test_damage_is_looked_at_again_after_a_while(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = WhooshEngine(root, verify="full")
    path = root / "generations/00000002/MAIN_2.stored"
    overwrite(path, flip)
    assert engine.snapshot().info.name == "00000001"
    overwrite(path, flip)
    assert engine.snapshot().info.name == "00000001"
    monkeypatch.setattr(engines, "RETRY_SECONDS", 0)
    until = time.monotonic() + 10
    while engine.snapshot().info.name != "00000002":
        assert time.monotonic() < until
        time.sleep(0.01)
    assert engine.trouble is None
