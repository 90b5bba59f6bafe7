"""What is done to the small archive while it is being hurt, and what is done after."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from crash.shim import Mode, Shim
from crash.simulation import Disk
from crash.world import World

from searchapp.engines.whoosh import collection, compaction


@dataclass(frozen=True)
class Scenario:
    """Something done to an archive. ``again`` is what is done after a crash (the same, where it isn't given).

    ``after`` says what is wrong when all is done.
    """

    name: str
    before: Callable[[World], None]
    act: Callable[[World], None]
    again: Callable[[World], None] | None = None
    setting: Callable[[], None] = lambda: None
    after: Callable[[World], list[str]] = lambda _: []

    def recover(self, world: World) -> None:
        """What whoever runs the archive does next."""
        (self.again or self.act)(world)


def _nothing(_: World) -> None:
    """No index yet."""


def _three(world: World) -> None:
    world.run("a.jsonl")
    world.run("a.jsonl", "b.jsonl")
    world.run("b.jsonl", "b2.jsonl")


def _four(world: World) -> None:
    _three(world)
    world.run("c.jsonl")


def _roll_back_to_second(world: World) -> None:
    if world.engine().snapshot().info.name != "00000002":
        world.rollback("00000002")


def _broken_off(fraction: float) -> Callable[[World], None]:
    """An increment that was killed after a part of its calls: what a recovery begins with."""

    def before(world: World) -> None:
        _three(world)
        calls = _increment_until(world, 0, copied=True)
        _increment_until(world, max(1, int(fraction * calls)), copied=False)

    return before


def _increment_until(world: World, at: int, *, copied: bool) -> int:
    """Kill an increment in the middle of a call; with ``copied``, do it whole on a copy. Gives the number of its calls."""
    top = world.top.with_name(f"{world.top.name}.counted") if copied else world.top
    if copied:
        Disk(world.top).now().put(top)
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        shim = Shim()
        shim.arm(top, at=at, mode=Mode.KILL_SHORT if at else Mode.NONE)
        _increment(World(top, world.papers))
        os.write(tell, str(shim.disarm()).encode())
        os._exit(0)
    os.close(tell)
    os.waitpid(child, 0)
    with open(told, "rb") as pipe:
        calls = int(pipe.read() or 0)
    if copied:
        shutil.rmtree(top)
    return calls


def _increment(world: World) -> None:
    world.run("a.jsonl", "c.jsonl", "b2.jsonl")


SUBJECT = "the-ridge-courier:n19"
WORD = b"word19 "
"""An article that is withdrawn, and a word of nobody else."""


def _withdrawn(world: World) -> None:
    _three(world)
    world.withdraw(SUBJECT)


def _purged(world: World) -> None:
    _withdrawn(world)
    world.purge(SUBJECT)


def _no_word_left(world: World) -> list[str]:
    """The journal is plain text; that nothing else has it, the purge has proved."""
    return [f"{path.name} has its text" for path in (world.index / "journal").iterdir() if WORD in path.read_bytes()]


def _merge_all() -> None:
    compaction.MOST_SEGMENTS = 1


def _collect_all() -> None:
    collection.KEEP_SECONDS = -60


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("first", _nothing, lambda world: world.run("a.jsonl")),
        Scenario("increment", _three, _increment),
        Scenario("rebuild", _three, lambda world: world.run("c.jsonl", full=True), lambda world: world.run("c.jsonl")),
        Scenario("merge", _three, lambda world: world.run("c.jsonl"), setting=_merge_all),
        Scenario("collect", _four, lambda world: world.run("d.jsonl"), setting=_collect_all),
        Scenario("rollback", _three, _roll_back_to_second),
        Scenario("withdraw", _three, lambda world: world.withdraw(SUBJECT)),
        Scenario("purge", _withdrawn, lambda world: world.purge(SUBJECT), after=_no_word_left),
        Scenario("restore", _withdrawn, lambda world: world.restore(SUBJECT)),
        Scenario("recovery early", _broken_off(0.1), _increment),
        Scenario("recovery middle", _broken_off(0.5), _increment),
        Scenario("recovery late", _broken_off(0.75), _increment),
    )
}
