"""The warm process: everything is imported and compiled once, then each trial is a fork of it.

    LD_PRELOAD=shim.so python laboratory.py DIRECTORY < orders > results

An order is a line of JSON: {"what": "kill", "scenario": "increment", …}; so is its result: {"trials": …, "red": […], …}.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import pickle
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from crash import world as worlds
from crash.filling import full_disk
from crash.hurting import damage, hostile
from crash.mutants import MUTANTS
from crash.scenarios import SCENARIOS, Scenario
from crash.sharing import locks, pinned, readers
from crash.shim import ANY, NEEDS_SPACE, Call, Mode, Shim
from crash.simulation import Disk, Event, parse, tree
from crash.world import NOTHING, World

from searchapp.archive import WriterLock
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.engines.whoosh.warm import warm
from searchapp.errors import SearchAppError

DEADLINE = 60
NOT_VITAL = ("catalogue", "last-run", "rejects")
"""Files whose loss costs time only: a failing fsync of them, or of their directory afterwards, needn't stop a run."""
SQLITE = ("disk I/O error", "database or disk is full", "unable to open database file")
"""What SQLite says instead of the system's words."""


@dataclass
class Result:
    """What some trials have shown. ``red`` are those that failed, each in a line."""

    trials: int = 0
    red: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def take(self, name: str, faults: Sequence[str]) -> None:
        """Count a trial."""
        self.trials += 1
        if faults:
            self.red.append(f"{name}: {'; '.join(faults)}")


@dataclass
class Prepared:
    """A scenario with its archive before, what it answers before and after, and the calls it makes."""

    scenario: Scenario
    template: Path
    old: str
    new: str
    model: Disk
    events: list[Event]

    @property
    def calls(self) -> int:
        """Calls that change anything."""
        return max(event.number for event in self.events)

    def at(self, number: int) -> str:
        """Which call that is."""
        return next(
            (f"{event.call} {event.path}" for event in self.events if event.number == number and event.call != "mark"), ""
        )


class Laboratory:
    """Trials below one directory."""

    def __init__(self, directory: Path, *, warm: bool = True) -> None:
        self.directory = directory
        self.enough = 1 << 30  # red trials after which no more are made
        self.shim = Shim()
        self.papers = worlds.make_papers(directory / "papers")
        self._prepared: dict[str, Prepared] = {}
        self._number = 0
        worlds.prepare(self.shim.mark)
        if warm:
            self._warm()

    def _warm(self) -> None:
        """Do once, here, what all trials do, so that their forks find everything imported and compiled."""
        warm()
        world = self.world(self.place())
        SCENARIOS["increment"].before(world)
        SCENARIOS["increment"].act(world)
        assert world.answers() != NOTHING
        assert not world.engine().verify()
        shutil.rmtree(world.top)
        gc.collect()
        gc.freeze()  # a collection in a fork would copy all that is shared
        gc.disable()

    def done(self, order: dict[str, Any], result: Result) -> Result:
        """Do what an order says."""
        what = order.pop("what")
        if what in SHARED:
            SHARED[what](self, result, **order)
            return result
        if every := order.pop("every", None):
            order["points"] = sample(self.prepared(order["name"]), every)
        if last := order.pop("last", None):
            calls = self.prepared(order["name"]).calls
            order["points"] = list(range(max(1, calls - last), calls + 1))
        part, parts = order.pop("part", (0, 1))
        if parts > 1:
            points = order.get("points") or range(1, self.prepared(order["name"]).calls + 1)
            order["points"] = list(points)[part::parts]
        getattr(self, what)(result, **{"points": None, **order})
        return result

    # Forking

    def aside(self, work: Callable[[], Any], *, deadline: int = DEADLINE) -> Any:
        """What some work gives in a fork of this process; a string beginning with DIED when it gives nothing."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            signal.alarm(deadline)
            try:
                value = work()
            except BaseException:
                value = "DIED " + traceback.format_exc()[-1500:]
            with open(writing, "wb") as pipe:
                pickle.dump(value, pipe)
            os._exit(0)
        os.close(writing)
        with open(reading, "rb") as pipe:
            told = pipe.read()
        _, status = os.waitpid(child, 0)
        return pickle.loads(told) if told else f"DIED of signal {status & 127}"  # noqa: S301

    def place(self) -> Path:
        """A directory for one trial."""
        self._number += 1
        return self.directory / f"trial{os.getpid()}-{self._number}"

    def world(self, top: Path) -> World:
        """The archive in a trial's directory."""
        return World(top, self.papers)

    # Scenarios

    def prepared(self, name: str) -> Prepared:
        """A scenario, ready: done once without any fault, and logged."""
        if name not in self._prepared:
            scenario = SCENARIOS[name]
            template, done = self.directory / f"{name}.before", self.directory / f"{name}.after"
            template.mkdir()

            def before() -> str:
                scenario.before(self.world(template))
                return self.world(template).answers()

            old = self.aside(before)
            assert not old.startswith("DIED"), old
            Disk(template).now().put(done)
            model = Disk(done)
            log = self.directory / f"{name}.log"
            new = self.aside(lambda: self._logged(scenario, done, log))
            assert not new.startswith("DIED"), new
            prepared = Prepared(scenario, template, old, new, model, parse(log.read_bytes()))
            self._check_model(prepared, done)
            self._prepared[name] = prepared
        return self._prepared[name]

    def _logged(self, scenario: Scenario, top: Path, log: Path) -> str:
        scenario.setting()
        self._armed(scenario, top, log)
        return self.world(top).answers()

    def _armed(self, scenario: Scenario, top: Path, log: Path, **fault: Any) -> None:
        """Do what a scenario does, with a fault."""
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self.shim.arm(top, log=descriptor, **fault)
        try:
            scenario.act(self.world(top))
            self.shim.mark("done")
        finally:
            self.shim.disarm()

    def _check_model(self, prepared: Prepared, done: Path) -> None:
        """The model of the disk, told everything, must hold what the disk holds: no call has escaped the shim."""
        disk = deepcopy(prepared.model)
        for event in prepared.events:
            disk.apply(event)
        put = self.place()
        disk.now().put(put)
        assert tree(put) == tree(done), f"{prepared.scenario.name}: the model and the disk differ"
        shutil.rmtree(put)

    # Checking

    def faults(self, prepared: Prepared, top: Path, allowed: set[str], acknowledged: set[str]) -> list[str]:
        """What is wrong with an archive after a crash; then it recovers, and what is wrong then."""

        def look() -> list[str]:
            prepared.scenario.setting()
            world, found = self.world(top), []
            if world.answers() not in allowed:
                found.append("it answers neither the old nor the new" if len(allowed) > 1 else "it doesn't answer what it must")
            if stray := world.stray():
                found.append(f"stray files {stray}")
            if damage := self._damage(world, prepared):
                found.append(f"damage {damage}")
            before = world.current()
            prepared.scenario.recover(world)
            if world.answers() != prepared.new:
                found.append("after recovery it answers otherwise than if nothing had happened")
            if lost := acknowledged - world.ids():
                found.append(f"lost {sorted(lost)}")
            if world.current() != before and (left := os.listdir(world.index / "tmp")):
                found.append(f"the next writer leaves {left} in tmp")
            if stray := world.stray():
                found.append(f"stray files after recovery {stray}")
            if damage := world.engine().verify():
                found.append(f"damage after recovery {damage}")
            return found + prepared.scenario.after(world)

        found = self.aside(look)
        return [found] if isinstance(found, str) else found

    def _damage(self, world: World, prepared: Prepared) -> list[str]:
        """What `searchapp verify` finds. Before the first generation is current, CURRENT may be missing."""
        if world.answers() == NOTHING:
            return []
        found = world.engine().verify()
        return [each.message for each in found if each.generation or prepared.old != NOTHING]

    # Trials

    def kill(self, result: Result, name: str, points: Sequence[int] | None, modes: Sequence[str]) -> None:
        """kill -9 before, after and in the middle of calls."""
        prepared = self.prepared(name)
        for at in points or range(1, prepared.calls + 1):
            for mode in modes:
                if mode == "KILL_SHORT" and not prepared.at(at).startswith("write"):
                    continue
                if len(result.red) >= self.enough:
                    return
                self._kill(prepared, at, Mode[mode], result)

    def _kill(self, prepared: Prepared, at: int, mode: Mode, result: Result) -> None:
        top, log = self.place(), self.directory / "trial.log"
        Disk(prepared.template).now().put(top)
        log.unlink(missing_ok=True)

        def work() -> str:
            prepared.scenario.setting()
            self._armed(prepared.scenario, top, log, at=at, mode=mode)
            return "whole"

        died = self.aside(work)
        events = parse(log.read_bytes())
        faults = [] if died in ("whole", "DIED of signal 9") else [died]
        allowed, acknowledged = _known(prepared, events)
        faults += self.faults(prepared, top, allowed, acknowledged)
        result.take(f"{prepared.scenario.name} {mode.name} at {at} ({_last(events)})", faults)
        shutil.rmtree(top)

    def power(self, result: Result, name: str, points: Sequence[int] | None, seeds: Sequence[int]) -> None:
        """Loss of power after calls."""
        prepared = self.prepared(name)
        disk, seen = deepcopy(prepared.model), []
        wanted = None if points is None else set(points)
        for event in prepared.events:
            disk.apply(event)
            seen.append(event)
            at = event.number
            if not disk.uncertain() or not (wanted is None or at in wanted or event.path == "done"):
                continue
            for seed in seeds:
                if len(result.red) >= self.enough:
                    return
                top = self.place()
                disk.after_power_loss(Random(f"{name} {at} {len(seen)} {seed}")).put(top)
                faults = self.faults(prepared, top, *_known(prepared, seen))
                result.take(f"{name} power lost after {at} ({_last(seen)}), seed {seed}", faults)
                shutil.rmtree(top)

    def errors(self, result: Result, name: str, points: Sequence[int] | None, error: str, mode: str) -> None:
        """A call, or all from it on, fail."""
        prepared = self.prepared(name)
        code, calls = getattr(errno, error), NEEDS_SPACE if error == "ENOSPC" else ANY
        for at in points or range(1, prepared.calls + 1):
            top = self.place()
            Disk(prepared.template).now().put(top)
            faults = self.aside(lambda at=at, top=top: self._failing(prepared, top, at, Mode[mode], code, calls))
            result.take(f"{name} {error} {mode} at {at}", [faults] if isinstance(faults, str) else faults)
            shutil.rmtree(top)
            if len(result.red) >= self.enough:
                return

    def _failing(self, prepared: Prepared, top: Path, at: int, mode: Mode, code: int, calls: Call) -> list[str]:
        prepared.scenario.setting()
        world, found = self.world(top), []
        reader = world.engine()
        held = None if prepared.old == NOTHING else reader.snapshot()
        log = self.directory / "trial.log"
        log.unlink(missing_ok=True)
        raised = None
        try:
            self._armed(prepared.scenario, top, log, at=at, mode=mode, error=code, calls=calls)
        except SearchAppError as error:
            raised = str(error)
        except Exception:
            found.append("not told as an error of ours: " + traceback.format_exc()[-900:])
        if raised is not None and not any(words in raised for words in (os.strerror(code), *SQLITE)):
            found.append(f"its message doesn't tell what happened: {raised}")
        with WriterLock(world.index):
            pass
        allowed, acknowledged = _known(prepared, parse(log.read_bytes()))
        if raised is None:
            allowed = {prepared.new}
            if prepared.at(at).startswith("sync") and not any(
                name in prepared.at(at - 1) + prepared.at(at) for name in NOT_VITAL
            ):
                found.append("nothing was told of a failing fsync")
        answers = world.answers()
        if answers not in allowed:
            found.append(f"it answers neither the old nor the new (raised: {raised})")
        if held is not None and not _follows(reader, world.engine().snapshot().info.name):
            found.append("a reader stays behind")
        if stray := world.stray():
            found.append(f"stray files {stray}")
        if damage := self._damage(world, prepared):
            found.append(f"damage {damage}")
        prepared.scenario.recover(world)
        if world.answers() != prepared.new:
            found.append("after recovery it answers otherwise than if nothing had happened")
        if lost := acknowledged - world.ids():
            found.append(f"lost {sorted(lost)}")
        return found


SHARED: dict[str, Callable[..., None]] = {
    "damage": damage,
    "hostile": hostile,
    "locks": locks,
    "pinned": pinned,
    "readers": readers,
    "full_disk": full_disk,
}
"""Orders that aren't about one scenario."""


def _follows(reader: WhooshEngine, name: str) -> bool:
    """Whether a reader comes to a generation; it opens a new one aside, and this machine may be busy."""
    until = time.monotonic() + 20
    while reader.snapshot().info.name != name:
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def _known(prepared: Prepared, events: Sequence[Event]) -> tuple[set[str], set[str]]:
    """What may be answered after these events, and which articles have been acknowledged."""
    marks = [event.path for event in events if event.call == "mark"]
    acknowledged = {word for mark in marks if mark.startswith("ack") for word in mark.split()[1:]}
    return ({prepared.new} if "done" in marks else {prepared.old, prepared.new}), acknowledged


def _last(events: Sequence[Event]) -> str:
    calls = [event for event in events if event.call != "mark"]
    return f"{calls[-1].call} {calls[-1].path.split('/index', 1)[-1]}" if calls else "nothing"


def sample(prepared: Prepared, every: int) -> list[int]:
    """Points of a quick run: each sync and rename, and every so many of the others."""
    calls = [event for event in prepared.events if event.call != "mark"]
    return [event.number for event in calls if event.call in ("sync", "rename") or event.number % every == 0]


def main() -> None:
    """Read orders, do them, tell the results."""
    laboratory = Laboratory(Path(sys.argv[1]))
    for order in map(json.loads, sys.stdin):
        begin = time.monotonic()
        if "name" in order:
            laboratory.prepared(order["name"])  # here, so that the next order finds it
        if mutant := order.get("mutant"):
            result = laboratory.aside(lambda: _mutated(laboratory, mutant), deadline=1800)
        else:
            result = laboratory.aside(lambda: laboratory.done(order, Result()), deadline=1800)  # noqa: B023
        if isinstance(result, str):
            result = Result(0, [result])
        told = {"trials": result.trials, "red": result.red, "facts": result.facts, "seconds": time.monotonic() - begin}
        print(json.dumps(told), flush=True)


def _mutated(laboratory: Laboratory, mutant: str) -> Result:
    """The trials of a mutant, until one is red."""
    MUTANTS[mutant].take_out()
    directory = laboratory.directory / f"mutant{os.getpid()}"
    directory.mkdir()
    own, result = Laboratory(directory, warm=False), Result()
    for order in MUTANTS[mutant].orders:
        own.enough = 1
        own.done(dict(order), result)
        if result.red:
            break
    return result


if __name__ == "__main__":
    main()
