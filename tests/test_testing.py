"""What the shipped pytest plugin costs those who don't use it."""

import subprocess
import sys


def test_the_plugin_imports_no_server_until_a_test_asks_for_one():
    code = "import sys, bitpail.testing.pytest_plugin; print('sqlalchemy' in sys.modules, 'uvicorn' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]


def test_the_server_is_there_by_its_short_name():
    code = "from bitpail.testing import Bitpail; print(Bitpail.__name__)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "Bitpail"
