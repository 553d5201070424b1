import os
import shutil
import subprocess
from pathlib import Path

import pytest

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


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A directory for a path on which there is almost nothing."""
    for name in ("sh", "id", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    return tmp_path


def find_chromium(bare: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "scripts/find-chromium", *arguments],
        cwd=ROOT,
        env={"PATH": str(bare)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_chromium_missing(bare: Path) -> None:
    found = find_chromium(bare, "--install")
    assert found.returncode
    assert "sudo apt-get install chromium" in found.stderr
    assert "browser tests are left out" in found.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root may install without sudo")
def test_chromium_installed(bare: Path) -> None:
    executable(
        bare / "apt-get", f'#!/bin/sh\n[ "$1" = install ] && /bin/ln -s /bin/true {bare}/chromium; echo "apt-get $@"\n'
    )
    found = find_chromium(bare, "--install")
    assert found.stdout == f"{bare}/chromium\n"
    assert "apt-get install -y -qq chromium" in found.stderr


def test_help_names_every_target() -> None:
    printed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    targets = {line.split()[0] for line in printed.splitlines()}
    served = {"run", "run-cluster"}
    measured = {"bench", "bench-peers", "load"}
    assert targets == {"help", *served, "test", "lint", "format", "matrix", *measured, "screenshots"}
