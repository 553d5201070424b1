"""The list and search at a tenth of the size that they are measured at, within what is allowed at all of it."""

import os
import subprocess
import sys

from tests.server import ROOT

UNSET = {"DATABASE_URL", "REDIS_URL"}


def measured(**extra: str) -> None:
    env = {name: value for name, value in os.environ.items() if name not in UNSET} | extra
    command = [sys.executable, "-m", "benchmarks.history", "--scale", "0.1"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_sqlite_is_quick() -> None:
    measured()


def test_postgres_is_quick(postgres_database: str) -> None:
    measured(DATABASE_URL=postgres_database)
