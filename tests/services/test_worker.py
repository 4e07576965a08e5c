"""A worker does not look for garbage among what stays for good."""

import os
import subprocess
import sys


def test_what_a_worker_has_imported_is_never_looked_at_again():
    program = """
import gc
from bitpail import settings
from bitpail.app import work
application = work(settings.load({"data": "/nonexistent"}))
looked_at = []
gc.callbacks.append(lambda phase, _: looked_at.append(len(gc.get_objects())) if phase == "start" else None)
gc.collect()
print(gc.get_freeze_count() > 50_000, looked_at[0] < 5_000)
"""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BITPAIL_")}

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)

    assert done.stdout.split() == ["True", "True"], done.stderr
