"""The registry's two packages that import as `geodetector`, each in a virtual environment of its own.

They are asked by files: a npz with ``y`` and ``codes`` (rows by factors) goes in, JSON comes back. See
`benchmarks.peers.geodetector_runner` for what runs there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

PEERS = {"geodetector": "geodetector==0.2.0", "py-geodetector": "py-geodetector==0.2.1"}
UNDECLARED = {"py-geodetector": ("numpy", "pandas", "scipy", "matplotlib")}  # what it imports and does not ask for
RUNNER = Path(__file__).with_name("geodetector_runner.py")
FOLDER = "GEODETECTOR_PEERS"  # environment variable that names a folder for the environments


@contextmanager
def environments(folder: Path | None = None) -> Iterator[dict[str, Path]]:
    """Give the interpreter of each package; make what is missing in `folder`, or in one that is removed afterwards."""
    if folder is not None:
        yield {name: _interpreter(folder / name, name) for name in PEERS}
        return
    with tempfile.TemporaryDirectory(prefix="geodetector-peers-") as made:
        yield {name: _interpreter(Path(made) / name, name) for name in PEERS}


def present(folder: Path | None = None) -> dict[str, Path] | None:
    """Return the interpreters in `folder`, or in the folder that the variable names; None if any is missing."""
    if folder is None and FOLDER not in os.environ:
        return None
    folder = folder or Path(os.environ[FOLDER])
    found = {name: _python(folder / name) for name in PEERS}
    return found if all(python.exists() for python in found.values()) else None


def _python(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _interpreter(environment: Path, name: str) -> Path:
    python = _python(environment)
    if not (environment / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        _run([python, "-m", "pip", "install", "--quiet", PEERS[name], *UNDECLARED.get(name, ())])
        (environment / "installed").write_text(PEERS[name] + "\n", encoding="ascii")
    return python


def ask(
    python: Path, what: str, y: np.ndarray | None = None, codes: np.ndarray | None = None, *, seconds: float = 600
) -> dict[str, Any]:
    """Run a task of the runner with an interpreter.

    Raises
    ------
    subprocess.TimeoutExpired
        If it takes longer than `seconds`.
    RuntimeError
        If it fails.
    """
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    with tempfile.TemporaryDirectory(prefix="geodetector-ask-") as folder:
        given, answer = Path(folder) / "in.npz", Path(folder) / "out.json"
        np.savez(given, y=np.empty(0) if y is None else y, codes=np.empty((0, 0)) if codes is None else codes)
        command: list[str | Path] = [python, RUNNER, what, given, answer]
        _run(command, timeout=seconds, cwd=folder, env=threads | {"MPLBACKEND": "Agg", "PYTHONWARNINGS": "ignore"})
        return dict(json.loads(answer.read_text(encoding="utf-8")))


def _run(
    command: list[str | Path],
    *,
    timeout: float | None = None,
    cwd: str | None = None,
    env: dict[str, str] | None = None,
) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=timeout, cwd=cwd, env=os.environ | (env or {})
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{done.stderr}")
