"""How the tables are built: one module a family, run as `python -m decloak.processing.tables.builders.NAME`."""
