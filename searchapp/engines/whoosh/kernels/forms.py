"""Forms to the terms they belong to."""

from __future__ import annotations

from typing import Any

import numpy as np

from searchapp.engines.whoosh.kernels import bare


@bare
def group_forms(
    numbers: Any, start: Any, term: Any, code: Any, nforms: Any, seen: Any, terms: Any, ends: Any, chosen: Any
) -> Any:
    """The terms that some forms belong to, and which forms of each, as `weighing.accumulate` takes them. Gives their number.

    ``start, term, code`` are X.forms.start and its rows. A term all of whose forms are there has an empty run of ``chosen``.
    ``seen`` has one 0 a term, also afterwards; ``terms, ends, chosen`` have an item for each row of the forms.
    """
    found = 0
    for number in numbers:
        for row in range(start[number], start[number + 1]):
            t = term[row]
            if seen[t] == 0:
                terms[found] = t
                found += 1
            seen[t] += 1
    end = np.uint32(0)
    for place in range(found):
        t = terms[place]
        if seen[t] == nforms[t]:
            seen[t] = 0
        else:
            size = seen[t]
            seen[t] = end + np.uint32(1)
            end += size
        ends[place] = end
    for number in numbers:
        for row in range(start[number], start[number + 1]):
            t = term[row]
            if seen[t] > 0:
                chosen[seen[t] - 1] = code[row]
                seen[t] += 1
    for place in range(found):
        seen[terms[place]] = 0
    return found
