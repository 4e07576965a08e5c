"""Its place puts this directory on the import path, so that tests can say ``from support import ...``."""

import os

from hypothesis import HealthCheck, settings

# What somebody set for a server of their own is not meant for the servers and commands of tests.
for name in [name for name in os.environ if name.startswith("BITPAIL_")]:
    del os.environ[name]

# How long an example takes says more of the machine than of what is tested.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_addoption(parser):
    parser.addoption("--kills", type=int, default=25, help="how often the kill tests kill something")
    parser.addoption("--stories", type=int, default=40, help="how many stories of the API are told")
    parser.addoption(
        "--write-names", action="store_true", help="keep the accessible names of pages as they are now"
    )
