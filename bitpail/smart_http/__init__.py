"""The door for git over HTTP: the smart protocol for code and wikis, answered in git's tongue."""
