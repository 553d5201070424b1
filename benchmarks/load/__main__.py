"""`make load`: many visitors at once of a real server on this machine, Daphne and uvicorn in turn."""

import argparse
import asyncio
import resource
import tempfile
from dataclasses import fields
from os import getloadavg
from pathlib import Path

from benchmarks import report
from benchmarks.load import phases
from benchmarks.load.budgets import BUDGETS
from benchmarks.load.phases import Figures, Size
from benchmarks.load.record import Record
from benchmarks.load.servers import KINDS, serving
from benchmarks.load.visitor import Site
from tests.server import make_database


async def put_on(site: Site, chosen: list[str], size: Size) -> Figures:
    """All chosen phases on a server, one after the other."""
    figures: Figures = {}
    async with site:
        for name in chosen:
            measured = await phases.ALL[name](site, size)
            print("  ".join([f"  {name:8}", *(f"{key} {value:.4g}" for key, value in measured.items())]), flush=True)
            figures |= measured
    return figures


def main() -> None:
    """Measure, print the table, and write it into the README of the benchmarks where nothing was made smaller."""
    parser = argparse.ArgumentParser(prog="make load ARGS=…", description=__doc__)
    parser.add_argument("--servers", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--only", nargs="+", choices=phases.ALL, default=phases.SHORT, metavar="PHASE")
    parser.add_argument("--origin", help="a server that runs already, for instance http://127.0.0.1:8000: its streams")
    for field in fields(Size):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    options = vars(parser.parse_args())
    size = Size(**{field.name: options[field.name] for field in fields(Size)})
    # A socket is a file, on both sides.
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options["origin"]:
        asyncio.run(put_on(Site(options["origin"], gauged=False), ["streams"], size))
        return
    measured = Record()
    with tempfile.TemporaryDirectory() as directory:
        database = make_database(Path(directory) / "template.sqlite3")
        for kind in options["servers"]:
            print(kind, flush=True)
            busy = getloadavg()[0]
            with serving(kind, database) as server:
                figures = asyncio.run(put_on(Site(server.url("")), options["only"], size))
            measured.add(kind, options["only"], figures, busy)
            if size == Size():
                record = Record.load()
                record.add(kind, options["only"], figures, busy)
                record.write()
    print(report.columns(BUDGETS, measured.figures))


if __name__ == "__main__":
    main()
