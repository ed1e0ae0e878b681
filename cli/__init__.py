"""The `decloak` command: `main.py` gathers one thin file per verb.

Nothing heavy is imported before a verb runs.
"""
