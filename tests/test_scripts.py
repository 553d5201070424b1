import os
import subprocess
from pathlib import Path

from tests.server import ROOT


def executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def find_python(home: Path) -> subprocess.CompletedProcess[str]:
    """Run the script with a home and a path of its own."""
    environment = {"HOME": str(home), "PATH": f"{home}:/bin:/usr/bin"}
    return subprocess.run(
        ["sh", "scripts/find-python", "3.98"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_finds_no_broken_shim(tmp_path: Path) -> None:
    executable(tmp_path / "python3.98", "#!/bin/sh\nexit 127\n")
    assert find_python(tmp_path).stdout == ""


def test_finds_behind_broken_shim(tmp_path: Path) -> None:
    executable(tmp_path / "python3.98", "#!/bin/sh\nexit 127\n")
    real = tmp_path / ".pyenv/versions/3.98.1/bin/python3.98"
    real.parent.mkdir(parents=True)
    executable(real, "#!/bin/sh\necho /the/real/one\n")
    assert find_python(tmp_path).stdout == "/the/real/one\n"


def test_help_names_every_target() -> None:
    environment = os.environ | {"MAKEFLAGS": ""}
    printed = subprocess.run(
        ["make", "help"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    targets = {line.split()[0] for line in printed.splitlines()}
    assert targets == {"help", "run", "test", "lint", "format", "matrix", "bench", "screenshots"}
