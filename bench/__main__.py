"""``python -m bench``: what ``make bench`` runs."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from bench.articles import write
from bench.build import count_lines, peer
from bench.compare import available, compare, say
from bench.corpora import first, named, normalised
from bench.report import markdown

PEERS = "tantivy,sqlite,whoosh,bm25s"


def main() -> int:
    """Measure, print tables on stdout, write JSON. 1 when engines differ in a way their analysers don't explain."""
    options = _options()
    if options.work:
        return _run(options, options.work)
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        return _run(options, Path(work))


def _run(options: argparse.Namespace, work: Path) -> int:
    work.mkdir(parents=True, exist_ok=True)
    names = available([name for name in options.peers.split(",") if name])
    say("articles: generating or reading")
    articles = normalised(options.articles, work) if options.articles else write(options.size, work)
    result = _measured(articles, names, work, options)
    print(markdown(result, "Generated" if not options.articles else options.articles.name), flush=True)
    results = [result]
    for source in named(options.corpora):
        results.append(_measured(normalised(source, work), names, work, options))
        result.setdefault("corpora", {})[source.name] = results[-1]
        print(markdown(results[-1], source.name), flush=True)
    smaller = [part["smaller"] for part in results if "smaller" in part]
    for part in smaller:
        print(markdown(part, "At the size that stock Whoosh survives"), flush=True)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    bad = [
        name for part in results + smaller for name, found in part["agreement"].items() if found["unexplained"] or found["facets"]
    ]
    if bad:
        say(f"NOT TO BE TRUSTED: differences that analysers don't explain, from {', '.join(bad)}")
    return 1 if bad else 0


def _measured(articles: Path, names: list[str], work: Path, options: argparse.Namespace) -> dict[str, Any]:
    """All engines that survive so many articles; the others beside ours on as many as they do."""
    size = count_lines(articles)
    limits = {name: peer(name).limit for name in names}
    able = ["searchapp", *(name for name in names if limits[name] >= size)]
    result = compare(articles, able, work, passes=options.passes, share=options.share)
    for name in (name for name in names if limits[name] < size):
        part = compare(first(articles, limits[name], work), ["searchapp", name], work, passes=options.passes, share=options.share)
        result["smaller"] = part
        result["engines"][name] = {"articles": part["articles"], **part["engines"][name]}
    return result


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--articles", type=Path, metavar="FILE.jsonl", help="measure on these articles instead of invented ones")
    parser.add_argument("--size", type=int, default=20_000, help="how many invented articles (20000)")
    parser.add_argument("--peers", default=PEERS, help=f"engines to compare with ({PEERS})")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures there")
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="keep articles and indexes there (default: a temporary directory)"
    )
    parser.add_argument("--corpora", type=Path, metavar="DIR", help="measure on every .jsonl and .jsonl.gz in there too")
    parser.add_argument("--passes", type=int, default=3, help="measured passes over the queries (3)")
    parser.add_argument("--share", type=float, default=1.0, help="share of the 310 queries to ask (1)")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
