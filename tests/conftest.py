"""Its place puts this directory on the import path, so that tests can say ``from support import ...``."""
