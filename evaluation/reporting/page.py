"""Pages as files: templates in which every text is escaped, and a policy that lets nothing be loaded."""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .escaped_text import visible

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def write_page(file: Path, template: str, **values: Any) -> None:
    """Write a page; a killed run leaves the old file or the new one, never half of one.

    Args:
        file: Where to; its folder must exist.
        template: Name without its ending.
        **values: Of the template.

    Raises:
        ImportError: jinja2 is missing.
        OSError: The file cannot be written.
    """
    environment = page_environment()
    script = environment.get_template("table_tools.js.jinja").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    page = environment.get_template(f"{template}.html.jinja").render(
        style=(TEMPLATES / "report.css").read_text(encoding="utf-8"), script=script, script_digest=digest, **values
    )
    partial = file.with_name(f".{file.name}.partial")
    partial.write_text(page, encoding="utf-8", newline="\n")
    partial.replace(file)


@lru_cache(maxsize=1)
def page_environment() -> "Environment":
    """Return the templates. Whatever they print is made visible and escaped, unless it says that it is HTML.

    Raises:
        ImportError: jinja2 is missing.
    """
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise ImportError(f'A page needs jinja2 ({error}): pip install "decloak[evaluate]"') from error
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: Any) -> Any:
    return value if hasattr(value, "__html__") or not isinstance(value, str) else visible(value)


__all__ = ["page_environment", "write_page"]
