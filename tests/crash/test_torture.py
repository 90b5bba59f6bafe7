"""Everything, at every point: `make torture`."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Tally
from crash.conftest import SEED, Experiment
from crash.mutants import MUTANTS
from crash.scenarios import SCENARIOS

pytestmark = [pytest.mark.torture, pytest.mark.crash]

PARTS = 3
SEEDS = [SEED + number for number in range(2)]
ERRORS = (
    ("increment", "EIO", "FAIL_ONCE"),
    ("increment", "ENOSPC", "FAIL_ONCE"),
    ("increment", "ENOSPC", "FAIL_EVER"),
    ("increment", "ENOSPC", "FAIL_SHORT"),
    ("first", "EIO", "FAIL_ONCE"),
    ("rebuild", "ENOSPC", "FAIL_EVER"),
    ("collect", "EIO", "FAIL_ONCE"),
    ("purge", "EIO", "FAIL_ONCE"),
    ("withdraw", "ENOSPC", "FAIL_EVER"),
    ("rollback", "EIO", "FAIL_ONCE"),
    ("rollback", "ENOSPC", "FAIL_EVER"),
)


def parts(name: str) -> range:
    """Short scenarios aren't cut."""
    return range(1 if name in ("rollback", "withdraw") else PARTS)


def test_hostile_files(experiment: Experiment, tally: Tally) -> None:
    tally("hostile pickles", experiment(what="hostile")["trials"], "none ran")


def test_pins(experiment: Experiment, tally: Tally) -> None:
    tally("collecting what is read", experiment(what="pinned")["trials"], "passed by")


@pytest.mark.parametrize("part", range(4))
def test_damage_is_found(experiment: Experiment, tally: Tally, part: int) -> None:
    told = experiment(what="damage", trials=525, seed=SEED + part)
    tally("bit flips, truncations, swapped files", told["trials"], "all found before use, named, another generation served")


@pytest.mark.parametrize(("name", "error", "mode"), ERRORS)
def test_every_call_fails(experiment: Experiment, tally: Tally, name: str, error: str, mode: str) -> None:
    told = experiment(what="errors", name=name, error=error, mode=mode)
    tally(
        "disk full and I/O errors at every call", told["trials"], "told, readers untouched, lock free, repaired by the next run"
    )


@pytest.mark.parametrize(("name", "part"), [(name, part) for name in SCENARIOS for part in parts(name)])
def test_power_lost_at_every_call(experiment: Experiment, tally: Tally, name: str, part: int) -> None:
    told = experiment(what="power", name=name, seeds=SEEDS, part=[part, len(parts(name))])
    tally("loss of power after every call", told["trials"], "nothing lost, old or new at once")


@pytest.mark.parametrize("mutant", sorted(MUTANTS))
def test_a_missing_precaution_is_noticed(experiment: Experiment, tally: Tally, mutant: str) -> None:
    told = experiment(mutant=mutant, red=True)
    tally("the tests tested: a precaution taken out", 1, f"{mutant}: red in trial {told['trials']}")


def test_a_full_file_system(experiment: Experiment, tally: Tally) -> None:
    told = experiment(what="full_disk", sizes=20)
    tally(f"a file system that is full ({told['facts']['how']})", told["trials"], "told, readers untouched, repaired with room")


def test_locks(experiment: Experiment, tally: Tally) -> None:
    told = experiment(what="locks", trials=150, seed=SEED)
    tally("writers at once; their winner killed", told["trials"], "one wins, the others know whom; free within a second")


@pytest.mark.parametrize(("name", "part"), [(name, part) for name in SCENARIOS for part in parts(name)])
def test_kill_at_every_call(experiment: Experiment, tally: Tally, name: str, part: int) -> None:
    told = experiment(what="kill", name=name, modes=["KILL_BEFORE", "KILL_SHORT"], part=[part, len(parts(name))])
    tally("kill -9 at every changing system call", told["trials"], "nothing lost, old or new at once")


def test_readers(experiment: Experiment, tally: Tally) -> None:
    told = experiment(what="readers", seconds=60)
    facts: dict[str, Any] = told["facts"]
    result = (
        f"0 failed during {facts['published']} publications; p99 {facts['p99_ms']:.0f} ms (quiet {facts['quiet_p99_ms']:.0f} ms)"
    )
    tally("searches while generations are published", told["trials"], result)
