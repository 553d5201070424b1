"""A virtual environment for each peer, made when it is needed and anew when its version changes."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

# Where they are, unless the command says otherwise.
ENVIRONMENTS = HERE / ".environments"


def pins() -> dict[str, str]:
    """Each peer's requirement, by its name."""
    lines = (HERE / "versions.txt").read_text().split()
    return {line.partition("==")[0]: line for line in lines}


def python_of(name: str, environments: Path = ENVIRONMENTS) -> Path:
    """The Python of a peer's environment, in which its pinned version is installed.

    Raises KeyError for a name without a version, RuntimeError where the installation fails.
    """
    pin = pins()[name]
    directory = (environments / name).resolve()
    installed, python = directory / "installed.txt", directory / "bin/python"
    if not installed.exists() or installed.read_text() != pin:
        print(f"installing {pin}", flush=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", directory], check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", pin], check=True)
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"{pin} cannot be installed: {error}") from error
        installed.write_text(pin)
    return python
