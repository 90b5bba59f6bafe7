"""Two ways of writing a segment agree to the bit: the build's, and `plain_segment` from the words of the layout."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import plain_segment
from invented import article as invented

from searchapp.article import Article
from searchapp.engines.whoosh.segment import Segment
from searchapp.engines.whoosh.writing import SegmentWriter

CHOSEN = {"text.max", "furniture.max", "values.max", "stored", "stored.ends", "stored.dictionary"}
"""Arrays whose bytes the layout leaves to the writer."""


def articles() -> list[Article]:
    random = Random(31)
    made = [invented(random, number) for number in range(170)]
    file = made[0].provenance
    made += [
        Article(id="long", title="run-s co-op", body="flood, bridges " * 700 + "x" * 300, language="en", provenance=file),
        Article(id="é", title="-", body="", provenance=file),
        Article(
            id="late",
            title="l’état",
            body="ab-ab \ud834 🌊",
            language="fr",
            provenance=file,
            available_from="2025-01-01T12:00:00.5",
        ),
        Article(
            id="twice", title="of of of", body="of", language="en", provenance=file, tags=("b", "a", "b"), byline=("Of Of", "of")
        ),
    ]
    return made


def test_both_write_the_same_arrays(tmp_path: Path) -> None:
    plain, built = tmp_path / "plain", tmp_path / "built"
    plain.mkdir(), built.mkdir()
    plain_segment.write(plain, "a", articles())
    writer = SegmentWriter(built, "MAIN_a", None)
    for article in articles():
        writer.add(article)
    writer.finish()
    slow, fast = Segment(plain, "MAIN_a"), Segment(built, "MAIN_a")
    assert set(slow.arrays) == set(fast.arrays)
    for name in sorted(set(slow.arrays) - CHOSEN):
        assert slow[name].dtype == fast[name].dtype, name
        assert np.array_equal(slow[name], fast[name]), f"{name}: {slow[name][:20]} {fast[name][:20]}"
    assert slow.values["codes"] == fast.values["codes"]
    assert [fast.stored(doc) for doc in range(fast.articles)] == [slow.stored(doc) for doc in range(slow.articles)]
