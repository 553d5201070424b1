"""The list and search: what the database does for one question does not grow with what there is."""

import os
import subprocess
import sys

from tests.server import ROOT

UNSET = {"DATABASE_URL", "REDIS_URL"}


def counted(**extra: str) -> None:
    env = {name: value for name, value in os.environ.items() if name not in UNSET} | extra
    command = [sys.executable, "-m", "benchmarks.history", "--scale", "0.05", "--count"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_sqlite_does_little() -> None:
    counted()


def test_postgres_does_little(postgres_database: str) -> None:
    counted(DATABASE_URL=postgres_database)
