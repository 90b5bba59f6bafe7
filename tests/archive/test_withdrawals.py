"""The log of withdrawals: what it promises after crashes, damage and hands that meant well."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from searchapp.archive.withdrawals import COPY, LOG, MAX_REASON, Withdrawals
from searchapp.errors import ArchiveError, WithdrawalsDamaged


def filled(directory: Path, ids: str = "abcde") -> Withdrawals:
    """A log of five withdrawals and, of ``b``, a restoration."""
    log = Withdrawals(directory)
    for one in ids:
        log.withdraw(one, f"because of {one}")
    log.restore("b")
    return log


def test_nothing_is_withdrawn_where_there_is_no_log(tmp_path: Path) -> None:
    known = Withdrawals(tmp_path / "none").known()
    assert (known.ids, known.so_far, known.state) == (frozenset(), 0, "")
    assert not (tmp_path / "none").exists()


def test_what_was_withdrawn_is_known_to_another_process_at_its_next_look(tmp_path: Path) -> None:
    reader = Withdrawals(tmp_path)
    assert not reader.known().ids
    program = "import sys; from pathlib import Path; from searchapp.archive.withdrawals import Withdrawals as W; "
    program += "W(Path(sys.argv[1])).withdraw('p:1', ' a \\n court  order ', who='desk')"
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=60)
    known = reader.known()
    one = known.by_id["p:1"]
    assert known.ids == {"p:1"}
    assert (one.reason, one.who, one.purge) == ("a court order", "desk", "none")
    assert one.when.endswith("Z")
    assert reader.known() is known  # one stat, and the same value


def test_states_differ_whenever_anything_was_done(tmp_path: Path) -> None:
    log, states = Withdrawals(tmp_path), [""]
    log.withdraw("a", "x")
    states.append(log.known().state)
    log.restore("a")
    states.append(log.known().state)
    log.withdraw("a", "x")
    states.append(log.known().state)
    assert len(set(states)) == 4
    assert log.known().restored == frozenset()


def test_withdrawing_twice_and_restoring_what_is_not_withdrawn(tmp_path: Path) -> None:
    log = Withdrawals(tmp_path)
    held = log.withdraw("a", "first")
    with pytest.raises(ArchiveError, match=f"a has been withdrawn since {held.when}: first"):
        log.withdraw("a", "second")
    with pytest.raises(ArchiveError, match="b is not withdrawn"):
        log.restore("b")
    log.restore("a")
    assert log.known().restored == {"a"}
    with pytest.raises(ArchiveError, match="a is not withdrawn"):
        log.restore("a")


@pytest.mark.parametrize("reason", ["", " \n\t", "x" * (MAX_REASON + 1)])
def test_a_reason_there_must_be(tmp_path: Path, reason: str) -> None:
    with pytest.raises(ArchiveError, match="a reason has 1 to 500 characters"):
        Withdrawals(tmp_path).withdraw("a", reason)
    assert not list(tmp_path.glob("withdrawals.log"))


def test_the_longest_reason_and_any_characters(tmp_path: Path) -> None:
    ids = ["x" * 5000, "é\u2028ह", "\udce9 lone", '"\\\n', " "]
    for one in ids:
        Withdrawals(tmp_path).withdraw(one, "ह" * MAX_REASON)
    known = Withdrawals(tmp_path).known()
    assert known.ids == set(ids)
    assert {one.reason for one in known.by_id.values()} == {"ह" * MAX_REASON}


def test_a_purge_is_begun_and_ended(tmp_path: Path) -> None:
    log = Withdrawals(tmp_path)
    log.withdraw("a", "x")
    log.begin_purge("a")
    assert (log.known().by_id["a"].purge, log.known().purging) == ("begun", ("a",))
    with pytest.raises(ArchiveError, match="searchapp withdraw a --purge"):
        log.restore("a")
    lines = log.known().so_far
    log.begin_purge("a")
    assert log.known().so_far == lines
    log.end_purge("a", {"files": 3})
    again = Withdrawals(tmp_path).known()
    assert (again.by_id["a"].purge, again.purging) == ("done", ())
    log.restore("a")
    assert not log.known().ids


def test_every_line_carries_the_digest_of_the_one_before(tmp_path: Path) -> None:
    """Read by hand, as an auditor would."""
    filled(tmp_path)
    before = "0" * 64
    for number, line in enumerate((tmp_path / LOG).read_bytes().splitlines(), 1):
        digest, body = line.split(b" ", 1)
        values = json.loads(body)
        assert sha256(body).hexdigest() == digest.decode()
        assert (values["before"], values["number"]) == (before, number)
        before = digest.decode()
    assert (tmp_path / LOG).read_bytes() == (tmp_path / COPY).read_bytes()


def test_what_is_acknowledged_has_been_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every fsync the file's bytes of then; after the last one nothing more is written."""
    synced: dict[str, bytes] = {}

    def note(descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        synced[path.removesuffix(".new")] = Path(path).read_bytes() if os.path.isfile(path) else b"directory"

    monkeypatch.setattr(os, "fsync", note)
    log = Withdrawals(tmp_path)
    for one in "ab":
        log.withdraw(one, "x")
        for name in (LOG, COPY):
            assert synced[str(tmp_path / name)] == (tmp_path / name).read_bytes()
    assert synced[str(tmp_path)] == b"directory"


@pytest.mark.parametrize("name", [LOG, COPY])
def test_a_torn_line_was_never_acknowledged(tmp_path: Path, name: str) -> None:
    """Cut at every byte of the last line: the line is there or not, nothing else changes, and it can be gone on from there."""
    filled(tmp_path)
    whole = (tmp_path / LOG).read_bytes()
    start = whole[:-1].rindex(b"\n") + 1
    for end in range(start, len(whole)):
        for path in (tmp_path / LOG, tmp_path / COPY):
            path.write_bytes(whole[:start])
        (tmp_path / name).write_bytes(whole[:end] + b"\0" * (end % 3))
        log = Withdrawals(tmp_path)
        assert (log.known().ids, log.trouble) == ({"a", "b", "c", "d", "e"}, None)
    log.restore("b")
    log = Withdrawals(tmp_path)
    assert (log.known().ids, log.trouble) == ({"a", "c", "d", "e"}, None)


def test_a_line_that_only_the_log_got(tmp_path: Path) -> None:
    """Killed between the two files: it counts, though nobody was told so."""
    log = filled(tmp_path)
    before = (tmp_path / COPY).read_bytes()
    log.withdraw("f", "x")
    (tmp_path / COPY).write_bytes(before)
    log = Withdrawals(tmp_path)
    assert ("f" in log.known().ids, log.trouble) == (True, None)
    log.withdraw("g", "x")
    assert (tmp_path / LOG).read_bytes() == (tmp_path / COPY).read_bytes()


def damage(random: random.Random, data: bytes) -> bytes:
    """Flip a bit, cut, empty, blank out, take a line out, swap two."""
    lines = data.splitlines(keepends=True)
    at = random.randrange(len(data))
    kind = random.randrange(6)
    if kind == 0:
        return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]
    if kind == 1:
        return data[:at]
    if kind == 2:
        return b""
    if kind == 3:
        return data[:at] + b"\0" * len(data[at : at + 300]) + data[at + 300 :]
    one, other = random.sample(range(len(lines)), 2)
    if kind == 4:
        return b"".join(lines[:one] + lines[one + 1 :])
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def test_damage_to_one_file_changes_nothing_and_is_told(tmp_path: Path) -> None:
    """300 of it, by chance; and the log is mended by the next withdrawal, the damaged bytes kept beside it."""
    filled(tmp_path)
    whole, draw = (tmp_path / LOG).read_bytes(), random.Random(4)
    for _ in range(300):
        broken = damage(draw, whole)
        (tmp_path / LOG).write_bytes(broken)
        log = Withdrawals(tmp_path)
        assert log.known().ids == {"a", "c", "d", "e"}
        assert log.trouble is not None
        assert str(tmp_path / LOG) in log.trouble
    (tmp_path / LOG).unlink()
    log = Withdrawals(tmp_path)
    assert log.known().ids == {"a", "c", "d", "e"}
    assert "is gone" in str(log.trouble)
    (tmp_path / LOG).write_bytes(broken := whole[:100] + b"?" + whole[101:])
    log.withdraw("f", "x")
    assert Withdrawals(tmp_path).known().ids == {"a", "c", "d", "e", "f"}
    assert (Withdrawals(tmp_path).trouble, log.trouble) == (None, None)
    assert (tmp_path / f"{LOG}.damaged").read_bytes() == broken


def test_damage_to_the_copy_changes_nothing(tmp_path: Path) -> None:
    filled(tmp_path)
    whole, draw = (tmp_path / COPY).read_bytes(), random.Random(5)
    for _ in range(100):
        (tmp_path / COPY).write_bytes(damage(draw, whole))
        assert Withdrawals(tmp_path).known().ids == {"a", "c", "d", "e"}


def test_damage_to_both_never_brings_an_article_back(tmp_path: Path) -> None:
    """A process that runs keeps what it knew; one that starts refuses, or knows all that was withdrawn."""
    running = filled(tmp_path)
    whole, draw, refused = (tmp_path / LOG).read_bytes(), random.Random(6), 0
    for _ in range(300):
        for name in (LOG, COPY):
            (tmp_path / name).write_bytes(damage(draw, whole))
        assert running.known().ids >= {"a", "c", "d", "e"}
        assert running.trouble is not None
        try:
            known = Withdrawals(tmp_path).known()
        except WithdrawalsDamaged:
            refused += 1
        else:
            lines = {line for name in (LOG, COPY) for line in (tmp_path / name).read_bytes().splitlines(keepends=True)}
            lost = [line for line in whole.splitlines(keepends=True)[known.so_far :] if line in lines]
            assert not lost, "a line that is still there was passed over"
    assert refused > 100


def test_a_running_process_takes_what_it_can_still_read(tmp_path: Path) -> None:
    """A withdrawal after damage that can't be mended is obeyed, a restoration isn't."""
    running = filled(tmp_path)
    other = filled(tmp_path / "other")
    other.withdraw("f", "new")
    other.restore("c")
    lines = (tmp_path / "other" / LOG).read_bytes().splitlines(keepends=True)
    for name in (LOG, COPY):
        (tmp_path / name).write_bytes(b"".join([lines[0], b"broken\n", *lines[2:]]))
    state = running.known().state
    assert running.known().ids == {"a", "c", "d", "e", "f"}
    assert running.known().by_id["f"].reason == "new"
    assert running.known().state == state
    with pytest.raises(WithdrawalsDamaged, match="latest backup"):
        running.withdraw("g", "x")
    with pytest.raises(WithdrawalsDamaged):
        Withdrawals(tmp_path).known()


def test_an_older_log_put_back_under_a_running_process(tmp_path: Path) -> None:
    log = filled(tmp_path)
    old = (tmp_path / LOG).read_bytes()
    log.withdraw("f", "x")
    assert "f" in log.known().ids
    for name in (LOG, COPY):
        (tmp_path / name).write_bytes(old)
    assert "f" in log.known().ids
    assert "doesn't go on from where it was" in str(log.trouble)


def test_both_files_gone_under_a_running_process(tmp_path: Path) -> None:
    log = filled(tmp_path)
    for name in (LOG, COPY):
        (tmp_path / name).unlink()
    assert log.known().ids == {"a", "c", "d", "e"}
    assert log.trouble is not None


def test_a_log_that_may_not_be_read(tmp_path: Path) -> None:
    """A directory stands for it: root may read everything else."""
    filled(tmp_path)
    (tmp_path / LOG).unlink()
    (tmp_path / LOG).mkdir()
    log = Withdrawals(tmp_path)
    assert log.known().ids == {"a", "c", "d", "e"}
    assert "Is a directory" in str(log.trouble)
    (tmp_path / COPY).unlink()
    with pytest.raises(WithdrawalsDamaged, match="Is a directory"):
        Withdrawals(tmp_path).known()


def test_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is acknowledged, what was withdrawn stays so, and it can be done again when there is room."""
    log = filled(tmp_path)
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        if real(descriptor, bytes(data)[:10]):
            raise OSError(28, "No space left on device")
        return 0

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(ArchiveError, match=r"withdrawals\.log: can't be written: No space left on device"):
            log.withdraw("f", "x")
    assert Withdrawals(tmp_path).known().ids == {"a", "c", "d", "e"}
    log.withdraw("f", "x")
    assert Withdrawals(tmp_path).known().ids == {"a", "c", "d", "e", "f"}


def test_several_write_at_once(tmp_path: Path) -> None:
    """Every one of 4 × 10 is there, in one chain."""
    with multiprocessing.get_context("fork").Pool(4) as pool:
        pool.starmap(_ten, [(tmp_path, number) for number in range(4)])
    log = Withdrawals(tmp_path)
    assert (log.known().so_far, len(log.known().ids), log.trouble) == (40, 40, None)


def _ten(directory: Path, number: int) -> None:
    for one in range(10):
        Withdrawals(directory).withdraw(f"{number}:{one}", "x")
