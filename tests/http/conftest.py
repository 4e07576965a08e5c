from support.fixtures import ada, anyio_backend, git, migrated_file, server, settings

__all__ = ["ada", "anyio_backend", "git", "migrated_file", "server", "settings"]
