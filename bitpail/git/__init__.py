"""Paths, processes, protocol. Whoever called was already allowed; nothing here knows people or HTTP."""
