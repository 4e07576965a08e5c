"""Bitpail: a self-hosted Git server that speaks Bitbucket Cloud's dialect."""

__version__ = "0.1.0"
