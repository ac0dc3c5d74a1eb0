"""The environment of RecBole, .bench/recbole, which `make bench` makes first: it needs NumPy 1 and pandas 2.

All versions that are not those of this library's own environment stand here. The rest, torch above all, is
taken from there: it comes after the folder's own packages in the search for modules. So both sides compute
with the very same torch, and nothing large is installed twice.

RecBole asks for more, such as ray for its searches, of which training a model imports nothing; so packages
are installed without what they ask for. Where none fits this Python, the benchmark is left out in a line.
"""

import hashlib
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from workflow.plan import ROOT

FOLDER = ROOT / ".bench" / "recbole"
LEFT_OUT = "left out: RecBole has no environment here (python -m benchmarks.recbole_environment makes it)"
PACKAGES = (
    "recbole==1.2.1",  # the last release, of February 2025
    "numpy==1.26.4",  # it names types that NumPy 2 has not
    "pandas==2.2.3",  # it changes columns in place, which pandas 3 does not let it
    "pytz==2025.2",  # of pandas
    "colorama==0.4.4",
    "texttable==1.7.0",
    "tensorboard==2.19.0",  # writes a log of each training, whether asked for or not
    "absl-py==2.2.2",  # of tensorboard, as all that follow
    "grpcio==1.71.0",
    "markdown==3.8",
    "protobuf==5.29.4",
    "tensorboard-data-server==0.7.2",
    "werkzeug==3.1.3",
)


def python(folder: Path = FOLDER) -> Path | None:
    """The interpreter of the environment, or None where it is not there as it is wanted now."""
    found = folder / "bin" / "python"
    stamp = folder / ".made-for"
    ready = found.exists() and stamp.is_file() and stamp.read_text(encoding="utf-8") == _wanted()
    return found if ready else None


def set_up(folder: Path = FOLDER) -> None:
    """Make the environment, where it is not there as it is wanted.

    Raises
    ------
    subprocess.CalledProcessError
        Where pip finds no package that fits, or no network.
    """
    if python(folder):
        return
    print(f"Setting up {folder} for RecBole: about 150 MB, a minute or two, once", flush=True)
    venv.create(folder, clear=True, with_pip=True)
    inside = str(folder / "bin" / "python")
    install = [inside, "-m", "pip", "install", "-qq", "--no-deps", "--only-binary", ":all:", *PACKAGES]
    subprocess.run(install, check=True)
    # only now, so that pip does not look at these
    own = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    (own / "packages_of_musicrec.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (folder / ".made-for").write_text(_wanted(), encoding="utf-8")


def named(versions: dict[str, str]) -> str:
    """The peer as the tables say it, from the versions that its worker tells."""
    return f"RecBole {versions['recbole']} with NumPy {versions['numpy']}"


def _wanted() -> str:
    """A hash of all that the environment depends on."""
    return hashlib.sha256("\n".join([sys.version, sys.prefix, *PACKAGES]).encode()).hexdigest()


if __name__ == "__main__":
    try:
        set_up()
    except subprocess.CalledProcessError as error:
        print(f"RecBole is left out: its environment could not be made (exit {error.returncode}; see above).")
