"""The command ``bitpail``: for whoever runs the server, on the machine that holds its data."""

from bitpail.cli.main import main

__all__ = ["main"]
