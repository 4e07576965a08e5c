"""Data directories for the command line: an empty one, and one with Ada in it."""

import subprocess

import pytest
from support.fixtures import ada, anyio_backend, git, migrated_file, server, settings
from support.shell import Shell

__all__ = ["ada", "anyio_backend", "git", "migrated_file", "server", "settings"]


@pytest.fixture
def empty(tmp_path):
    return Shell(tmp_path / "data")


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A data directory with Ada and her workspace."""
    shell = Shell(tmp_path_factory.mktemp("template") / "data")
    shell.well("init")
    shell.well(
        "user",
        "create",
        "ada",
        "--email",
        "ada@example.org",
        "--admin",
        "--password-stdin",
        given="long enough\n",
    )
    return shell.data


@pytest.fixture
def bitpail(template, tmp_path):
    subprocess.run(["cp", "--archive", str(template), str(tmp_path / "data")], check=True)
    return Shell(tmp_path / "data")
