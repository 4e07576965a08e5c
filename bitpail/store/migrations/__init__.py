"""Alembic's environment and the numbered revisions. Only ``store/migrate.py`` enters here."""
