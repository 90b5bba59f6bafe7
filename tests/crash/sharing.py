"""Several processes at one archive: one writer, pins that hold, readers that never fail."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from crash.world import World

from searchapp.archive import WriterLock
from searchapp.engines.base import EngineRequest
from searchapp.engines.whoosh import collection
from searchapp.engines.whoosh.generations import Generations
from searchapp.errors import ArchiveBusy
from searchapp.query.tree import Term

if TYPE_CHECKING:
    from crash.laboratory import Laboratory, Result


def locks(laboratory: Laboratory, result: Result, *, trials: int, seed: int) -> None:
    """Two to eight writers at once; then their winner is killed, with a child of its own that lives on."""
    random = Random(seed)
    for number in range(trials):
        directory = laboratory.place()
        result.take(f"writers {number}", _race(directory, random.randint(2, 8), with_child=number % 2 == 0))


def _race(directory: Path, writers: int, *, with_child: bool) -> list[str]:
    gate, go = os.pipe()
    told, tell = os.pipe()
    children = []
    for _ in range(writers):
        child = os.fork()
        if child == 0:
            os.close(go)
            _write_alone(directory, gate, tell, with_child=with_child)
            os._exit(0)
        children.append(child)
    os.close(gate)
    os.close(tell)
    os.close(go)  # all wake
    lines, grandchildren = [], []
    with open(told, "rb") as pipe:
        for _ in range(writers):
            line = pipe.readline().decode().split(" ", 2)
            lines.append(line)
            grandchildren += [int(line[1])] if line[0] == "won" and line[1] != "0" else []
        found = []
        winners = [line for line in lines if line[0] == "won"]
        if len(winners) != 1:
            found.append(f"{len(winners)} of {writers} writers won")
        found += [f"told late: {line}" for line in lines if line[0] == "lost" and float(line[1]) > 1]
        found += [f"not told by whom: {line}" for line in lines if line[0] == "lost" and "pid" not in line[2]]
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        killed = time.monotonic()
        while True:
            try:
                with WriterLock(directory):
                    break
            except ArchiveBusy:
                if time.monotonic() - killed > 1:
                    found.append("not free a second after its holder's death")
                    break
                time.sleep(0.01)
        for grandchild in grandchildren:
            os.kill(grandchild, signal.SIGKILL)
    return found


def _write_alone(directory: Path, gate: int, tell: int, *, with_child: bool) -> None:
    os.read(gate, 1)
    begin = time.monotonic()
    try:
        with WriterLock(directory):
            child = 0
            if with_child:
                child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"], env={}).pid
            os.write(tell, f"won {child} -\n".encode())
            time.sleep(60)
    except ArchiveBusy as error:
        os.write(tell, f"lost {time.monotonic() - begin} {error}\n".encode())
        time.sleep(60)


def pinned(laboratory: Laboratory, result: Result) -> None:
    """The collector passes by what another process reads, and takes it when that has died."""
    world = laboratory.world(laboratory.place())
    for names in (("a.jsonl",), ("b.jsonl",), ("b2.jsonl",), ("c.jsonl",)):
        world.run(*names)
    collection.KEEP_SECONDS = -60
    disk = Generations(world.index)
    told, tell = os.pipe()
    reader = os.fork()
    if reader == 0:
        held = world.engine().snapshot("00000001")
        os.write(tell, held.info.name.encode())
        time.sleep(60)
        os._exit(0)
    os.read(told, 8)
    world.run("d.jsonl")
    first = disk.names()
    os.kill(reader, signal.SIGKILL)
    os.waitpid(reader, 0)
    collection.collect(disk, str(world.current()))
    result.take("while it is read", [] if "00000001" in first and "00000002" not in first else [f"kept: {first}"])
    result.take("when the reader has died", [] if disk.names() == first[1:] else [f"kept: {disk.names()}"])


def readers(laboratory: Laboratory, result: Result, *, seconds: float, count: int = 3, late: float = 5.0) -> None:
    """Readers ask all the time, while another process publishes one generation after the other."""
    world = laboratory.world(laboratory.place())
    world.run("a.jsonl")
    quiet = _ask(world, time.monotonic() + min(3.0, seconds / 4))
    pipes = [_reader(world, time.monotonic() + seconds) for _ in range(count)]
    published = laboratory.aside(lambda: _publish(world, seconds), deadline=int(seconds) + 60)
    told: list[dict[str, Any]] = []
    for pipe, child in pipes:
        with open(pipe, "rb") as stream:
            told.append(pickle.load(stream))  # noqa: S301
        os.waitpid(child, 0)
    times = sorted(taken for each in told for taken in each["times"])
    faults = [fault for each in told for fault in each["faults"][:3]]
    if isinstance(published, str):
        faults.append(published)
    worst = times[int(len(times) * 0.99)]
    calm = sorted(quiet["times"])[int(len(quiet["times"]) * 0.99)]
    seen = {name for each in told for name in each["seen"]}
    latest = max(each["late"] for each in told)
    if latest > late:
        faults.append(f"a swap was seen after {latest:.2f} s")
    result.trials += len(times) - 1
    result.take("readers while generations are published", faults)
    result.facts |= {"published": published, "queries": len(times), "p99_ms": worst * 1000, "quiet_p99_ms": calm * 1000}
    result.facts |= {"generations seen": len(seen), "latest": latest}


def _reader(world: World, until: float) -> tuple[int, int]:
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        with open(tell, "wb") as pipe:
            pickle.dump(_ask(world, until), pipe)
        os._exit(0)
    os.close(tell)
    return told, child


def _ask(world: World, until: float) -> dict[str, Any]:
    engine, times, faults, seen, last, late = world.engine(), [], [], [], "", 0.0
    request = EngineRequest(tree=Term("rain", ("title", "body")), facets=("section", "year"), highlight=True)
    while time.monotonic() < until:
        begin = time.perf_counter()
        try:
            snapshot = engine.snapshot()
            answer = snapshot.search(request)
            if answer.total != len(list(snapshot.ids(request))):
                faults.append("total and ids differ")
        except Exception as error:
            faults.append(repr(error))
            continue
        times.append(time.perf_counter() - begin)
        if snapshot.info.name < last:
            faults.append(f"went back from {last} to {snapshot.info.name}")
        if snapshot.info.name != last:
            last = snapshot.info.name
            seen.append(last)
            if len(seen) > 1 and world.current() == last:
                late = max(late, time.time() - (world.index / "CURRENT").stat().st_mtime)
        if engine.trouble:
            faults.append(engine.trouble)
        time.sleep(0.0005)
    return {"times": times, "faults": faults, "seen": seen, "late": late}


def _publish(world: World, seconds: float) -> int:
    os.nice(5)
    collection.KEEP_SECONDS = 5
    until, published = time.monotonic() + seconds - 1, 0
    engine = world.engine()
    while time.monotonic() < until:
        with WriterLock(world.index):
            full = published % 15 == 14
            articles = list(engine.snapshot().stream(EngineRequest(tree=Term("rain", ("title", "body"))))) if full else ()
            with engine.begin_build(full=full) as build:
                for article in articles:
                    build.add(article)
                build.publish(journal=published)
        published += 1
        time.sleep(0.02)
    return published
