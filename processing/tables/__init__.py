"""Tables about characters: readings, look-alikes, script variants, emoji names; data files with source and licence."""

from .table_files import available_tables, load_table, table_header, write_table

__all__ = ["available_tables", "load_table", "table_header", "write_table"]
