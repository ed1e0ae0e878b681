"""The papers' tables, made again: an experiment file says what is trained and measured, one command does it."""
