"""Runs the study, or goes on with it; `make study` does it.

    cd benchmarks && python -m study [--tier 2 | --arm NAME] [--smoke] [--plan FILE]

Settings, arms and outcome are those of plan.toml. The order: base, the choice of rates, then the
runs by tier and seed, so that the verdict comes first. Ctrl-C at any time; the same command goes
on. `docs/study.md` and the plots are written anew after each run.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness import RESULTS, ROOT
from study.natural import REQUESTS, VERDICTS
from study.plan import FILE, read_plan
from study.report import report
from study.rows import read, write
from study.runs import Study


def main() -> int:
    """The command; returns its exit code."""
    try:
        return _study(_options())
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tier", type=int, default=3, help="up to this tier of arms [default: 3]")
    parser.add_argument("--plan", type=Path, default=FILE, help="another, told in the work folder")
    parser.add_argument("--arm", action="append", help="only this arm, of any tier; repeatable")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / "study", help="rows, models, store")
    parser.add_argument("--keep-models", action="store_true", help="540 MB for each run")
    parser.add_argument("--smoke", action="store_true", help="the same chain with next to nothing")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--report", action="store_true", help="write the report and end")
    only.add_argument("--samples", action="store_true", help=f"write {REQUESTS} and end")
    return parser.parse_args()


def _study(options: argparse.Namespace) -> int:
    file, work = options.plan.resolve(), options.work.resolve()
    plan = read_plan(file)
    results, page = RESULTS / "study", ROOT / "docs" / "study.md"
    apart = "smoke" if options.smoke else file.stem if file != FILE.resolve() else None
    if apart:
        work /= apart
        results, page = work / "told", work / "study.md"
    if options.smoke:
        plan = plan.smoke()
    study = Study(plan, options.data.resolve(), work, results, options.keep_models)
    if options.report:
        report(study, page)
        return 0
    pool = study.pool()
    if options.samples:
        print(f"for a judge: {study.requests(pool)}", file=sys.stderr)
        return 0
    if options.smoke and not pool.natural:
        write(
            results / VERDICTS, ({"id": r["id"], "better": "a"} for r in read(study.requests(pool)))
        )
        pool = study.pool()
    study.base()
    study.tune(pool)
    for run in plan.runs(options.tier, options.arm):
        study.run(run, pool)
        report(study, page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
