"""The Go, Java and Rust programs of ``contracts/`` and the pages of ``tests/pages``, built once for all of a run.

Side by side, each worker of a fresh machine would compile the whole standard library of Go anew.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mock_ares.paths import CONTRACTS
from tests.toolchains import missing

PAGES = Path(__file__).parent / "pages"
CLIENTS, DRIVERS = CONTRACTS / "clients", CONTRACTS / "drivers"
RUST = Path(__file__).parent.parent / "build" / "rust"
"""Kept from run to run, as `make trial` uses it; cargo lets one process at a time into it."""
H2SPEC, H2SPEC_FOLDER = "v2.2.1+incompatible", RUST.parent / "h2spec"
"""Kept as well, of its newest release that is a Go module."""
JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""What lives for a second need not be compiled for hours: three quarters of the time."""


def go_programs(run: pytest.TempPathFactory) -> Path:
    """The folder of ``sample``, ``fixed`` and ``driver``. Raises CalledProcessError if one cannot be compiled."""
    return built_once(run, "go", _build_go)


def java_classes(run: pytest.TempPathFactory) -> Path:
    """The folder of the classes of clients and driver. Raises CalledProcessError if one cannot be compiled."""
    return built_once(run, "java", _build_java)


def rust_programs() -> Path:
    """The folder of ``sample``, ``fixed`` and ``driver``. Fails the test if one cannot be compiled."""
    for where in (CLIENTS, DRIVERS):
        cargo_build(where / "rust", RUST)
    return RUST / "debug"


def cargo_build(package: Path, target: Path) -> None:
    """Into the folder ``target``. Without the crates the test is skipped."""
    command = ["cargo", "build", "--quiet", "--target-dir", str(target)]
    built = subprocess.run(command, cwd=package, capture_output=True, text=True)
    if built.returncode and "network" in built.stderr:
        missing("the crates cannot be fetched")
    assert built.returncode == 0, built.stderr


def h2spec() -> Path:
    """The program, of which ``H2SPEC`` is the version. Skips the test where Go cannot fetch it."""
    H2SPEC_FOLDER.mkdir(parents=True, exist_ok=True)
    program = H2SPEC_FOLDER / "h2spec"
    with (H2SPEC_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            env = {**os.environ, "GOBIN": str(H2SPEC_FOLDER)}
            package = f"github.com/summerwind/h2spec/cmd/h2spec@{H2SPEC}"
            got = subprocess.run(["go", "install", package], env=env, capture_output=True, text=True)
            if got.returncode:
                pytest.skip(f"Go cannot fetch h2spec: {got.stderr.strip().splitlines()[-1]}")
    return program


def pages(run: pytest.TempPathFactory) -> Path:
    """The folder of the pages, among them widgets from npm. Without the packages the test is skipped."""
    return built_once(run, "pages", _build_pages)


def _build_pages(folder: Path) -> None:
    shutil.copytree(PAGES, folder, dirs_exist_ok=True)
    command = ["npm", "ci", "--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts"]
    if subprocess.run(command, cwd=folder).returncode:
        missing("the packages of the pages cannot be fetched")
    subprocess.run(["node_modules/.bin/vite", "build"], cwd=folder, check=True)
    for page in ("react", "markdown", "deep-chat", "nlux"):
        shutil.rmtree(folder / page)
    shutil.copytree(folder / "dist", folder, dirs_exist_ok=True)


def _build_go(folder: Path) -> None:
    for where, packages in ((CLIENTS / "go", ("./sample", "./fixed")), (DRIVERS / "go", (".",))):
        command = ["go", "build", "-buildvcs=false", "-o", f"{folder}/", *packages]
        subprocess.run(command, cwd=where, env={**os.environ, "GOTOOLCHAIN": "local"}, check=True)


def _build_java(folder: Path) -> None:
    sources = [str(source) for where in (CLIENTS, DRIVERS) for source in sorted((where / "java").glob("*.java"))]
    subprocess.run(["javac", "-Xlint:all", "-Werror", "-d", str(folder), *sources], check=True)


def built_once(run: pytest.TempPathFactory, name: str, build: Callable[[Path], None]) -> Path:
    shared = run.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # that of the whole run
    folder, unfinished = shared / f"{name}-programs", shared / f"{name}-unfinished"
    with (shared / f"{name}-programs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished.mkdir(exist_ok=True)
            build(unfinished)
            unfinished.rename(folder)
    return folder
