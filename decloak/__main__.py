"""`python -m decloak` is the `decloak` command."""

from decloak.cli.main import app

if __name__ == "__main__":
    app(prog_name="decloak")
