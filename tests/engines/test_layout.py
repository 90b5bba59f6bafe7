"""`layout`, the page that shows it, and what a build writes are one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from random import Random

import invented
import numpy as np
import pytest

from searchapp.engines.whoosh import arrays
from searchapp.engines.whoosh.engine import WhooshEngine
from searchapp.engines.whoosh.layout import ARRAYS, BLOCK, DICTIONARY, FORMS, PARTS, ROW, SETS, STEMMED_SETS, Array
from searchapp.fields import FACETS

PAGE = Path(__file__).parents[2] / "ARCHITECTURE.md"
COUNT = 300


def table(heading: str) -> list[list[str]]:
    """The rows of the table that begins with a heading."""
    lines = PAGE.read_text("utf-8").splitlines()
    start = lines.index(heading)
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
    return rows


def test_the_page_describes_every_array() -> None:
    expected = [[one.name, one.part, one.dtype, one.shape, one.meaning.replace("`", "")] for one in ARRAYS]
    written = "\n".join(f"| `{one.name}` | {one.part} | {one.dtype} | {one.shape} | {one.meaning} |" for one in ARRAYS)
    assert table("| array | file | type | length | meaning |") == expected, f"it should be:\n{written}"


def test_the_page_describes_a_row() -> None:
    expected = [[one.name, one.dtype, str(one.at), one.meaning.replace("`", "")] for one in ROW]
    written = "\n".join(f"| `{one.name}` | {one.dtype} | {one.at} | {one.meaning} |" for one in ROW)
    assert table("| in a row | type | byte | meaning |") == expected, f"it should be:\n{written}"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, arrays.Arrays]:
    """A segment's arrays as a build writes them, by file."""
    root, random = tmp_path_factory.mktemp("index"), Random(7)
    with WhooshEngine(root).begin_build(full=True) as build:
        for number in range(COUNT):
            one = invented.article(random, number)
            build.add(replace(one, available_from="2999-01-01") if number == 5 else one)
        build.publish(journal=1)
    (directory,) = (root / "generations").iterdir()
    return {part: arrays.read(directory / f"MAIN_1{part}")[0] for part in PARTS}


def expanded(one: Array) -> list[str]:
    """The arrays that a row of the table stands for."""
    if one.name.startswith("X."):
        return [name + one.name[1:] for name in (STEMMED_SETS if one.part == FORMS else SETS)]
    return [one.name.replace(".F.", f".{facet}.") for facet in FACETS] if ".F." in one.name else [one.name]


def test_a_segment_has_these_arrays_and_no_others(parts: dict[str, arrays.Arrays]) -> None:
    described = {(one.part, name, np.dtype(one.dtype).newbyteorder("<")) for one in ARRAYS for name in expanded(one)}
    written = {(part, name, items.dtype) for part, found in parts.items() for name, items in found.items()}
    assert written == described


def test_they_are_as_long_as_it_says(parts: dict[str, arrays.Arrays]) -> None:
    checked = 0
    everything = {name: items for found in parts.values() for name, items in found.items()}
    for one in ARRAYS:
        for name in expanded(one):
            sizes = sizes_of(name, everything)
            wanted = re.sub(r"(\d) (\w)", r"\1*\2", one.shape.replace(" or 0", ""))
            if set(re.findall(r"[A-Za-z]+", wanted)) <= sizes.keys():
                assert len(everything[name]) == eval(wanted, {}, sizes), name  # noqa: S307 - a sum or a product
                checked += 1
    assert checked > 40


def sizes_of(name: str, everything: arrays.Arrays) -> dict[str, int]:
    """What the letters of the table stand for, of the set or facet that an array is of."""
    sizes = {"N": COUNT}
    of_set = name.split(".")[0]
    if of_set in SETS:
        frequencies = everything[f"{of_set}.df"]
        sizes |= {"T": len(frequencies), "B": int((-(-frequencies.astype(np.int64) // BLOCK)).sum())}
        if of_set in STEMMED_SETS:
            sizes["F"] = everything[f"{of_set}.forms"].tobytes().count(b"\n")
    if name.startswith("facet."):
        sizes["V"] = len(everything[f"facet.{name.split('.')[1]}.values.ends"])
    return sizes


def test_lists_of_byte_strings_are_sorted(parts: dict[str, arrays.Arrays]) -> None:
    for name in SETS:
        blob, ends = parts[DICTIONARY][f"{name}.terms"].tobytes(), parts[DICTIONARY][f"{name}.terms.ends"].tolist()
        terms = [blob[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        assert terms == sorted(set(terms))
    for name in STEMMED_SETS:
        forms = parts[FORMS][f"{name}.forms"].tobytes().split(b"\n")[:-1]
        assert forms == sorted(set(forms))
        assert np.array_equal(np.cumsum([len(form) + 1 for form in forms]) - 1, parts[FORMS][f"{name}.forms.ends"])


def test_a_row_is_its_columns_without_a_gap_but_one() -> None:
    taken = np.zeros(32, np.int64)
    for one in ROW:
        count, _, kind = one.dtype.rpartition(" ")
        taken[one.at : one.at + int(count or 1) * np.dtype(kind).itemsize] += 1
    assert taken.tolist() == [int(place != 19) for place in range(32)]
