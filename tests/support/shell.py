"""The command ``bitpail`` as people and scripts run it."""

import json
import os
import subprocess
import sys

from support.clients import Done


class Shell:
    """``bitpail`` with a data directory, and nothing else of this machine's settings."""

    def __init__(self, data):
        self.data = data
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "LC_ALL": "C.UTF-8",
            "BITPAIL_DATA": str(data),
            "BITPAIL_SQLITE_SYNCHRONOUS": "NORMAL",
        }

    def __call__(self, *arguments, given="", **environment) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "bitpail", *arguments],
            input=given,
            env=self.environment | environment,
            capture_output=True,
            text=True,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def well(self, *arguments, given="", **environment) -> str:
        done = self(*arguments, given=given, **environment)
        assert done.worked, done.seen
        assert done.err == ""
        return done.out

    def json(self, *arguments):
        return json.loads(self.well(*arguments, "--json"))
