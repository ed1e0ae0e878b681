"""The demonstration Space: type a text; see its label, the glyphs that the model saw and how its experts were mixed.

Run it by `decloak demo`, or as Hugging Face runs a Space: `python app.py`, with the model (a folder or a Hub id) in
the environment variable `DECLOAK_MODEL`; without one it is the model that is installed with decloak.
"""

import os
from inspect import getdoc
from pathlib import Path
from typing import Any

import gradio as gr

from decloak.hub_cards import default_model_path
from decloak.spaces.demo import views
from decloak.spaces.demo.explanation import (
    MAX_CHARACTERS,
    Explanation,
    available_modalities,
    explain,
    load_classifier,
)
from decloak.spaces.demo.glyph_pictures import GlyphPictures

FOLDER = Path(__file__).parent
MODEL_VARIABLE = "DECLOAK_MODEL"
QUEUE_SIZE = 32
KEPT_SECONDS = 3600
ALL_LAYERS = "mean of all layers"
BAD_INPUT = (ValueError, OSError, ImportError)
# System fonts: a page of this Space asks no other server for anything.
THEME = gr.themes.Soft(
    primary_hue="blue",
    secondary_hue="blue",
    neutral_hue="slate",
    font=["system-ui", "-apple-system", "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "sans-serif"],
    font_mono=["ui-monospace", "Consolas", "monospace"],
).set(  # the theme's own pairs of text and ground have too little contrast to read comfortably (WCAG 2.2, 1.4.3)
    body_background_fill="*neutral_50",
    input_border_width="1px",
    input_border_color="*neutral_400",
    input_border_color_dark="*neutral_500",
    body_text_color_subdued="*neutral_600",
    body_text_color_subdued_dark="*neutral_300",
    block_info_text_color="*neutral_600",
    block_info_text_color_dark="*neutral_300",
    block_title_background_fill="transparent",
    block_title_background_fill_dark="transparent",
    block_title_padding="0",
    block_title_text_color="*body_text_color",
    block_title_text_color_dark="*body_text_color",
    block_title_text_weight="650",
    block_label_text_color="*body_text_color",
    block_label_text_color_dark="*body_text_color",
    button_primary_background_fill="*primary_700",
    button_primary_background_fill_dark="*primary_700",
    button_primary_background_fill_hover="*primary_800",
    button_primary_background_fill_hover_dark="*primary_800",
    checkbox_label_background_fill_selected="*primary_700",
    checkbox_label_background_fill_selected_dark="*primary_700",
)
LAUNCH: dict[str, Any] = {
    "theme": THEME,
    "css_paths": FOLDER / "style.css",
    "footer_links": ["api"],
    "run_history": False,  # it would keep the texts in the browser
    "strict_cors": True,
    "max_file_size": "64kb",  # the page takes no files
    "state_session_capacity": 256,
    "ssr_mode": False,
    "enable_monitoring": False,
    "share": False,
    "show_error": False,  # errors that are no fault of the input are for the server's log
}


class DemoBlocks(gr.Blocks):
    """Blocks that launch with this Space's look and limits, whoever launches them."""

    def launch(self, *args: Any, **options: Any) -> Any:
        """Start the server; the options of `gradio.Blocks.launch` override the Space's own.

        Without `server_name` Gradio listens on loopback, or where `GRADIO_SERVER_NAME` says.
        """
        return super().launch(*args, **(LAUNCH | options))


class Demo:
    """The page's parts and what happens when they are used."""

    def __init__(self, model: str) -> None:
        """Load a model; see `load_classifier` for the errors."""
        self.classifier: Any = load_classifier(model)
        self.name = Path(model).name if Path(model).is_dir() else model
        processor: Any = self.classifier.processor
        self.pictures = GlyphPictures(processor.glyph_font, processor.glyph_emoji_font)
        self.able = available_modalities(self.classifier)

    @property
    def chosen(self) -> list[str]:
        """The senses that are ticked at first: the model's default ones that it has."""
        wanted = self.classifier.model.config.default_modalities or self.able
        return [name for name in self.able if name in wanted] or self.able

    def classify(self, text: str, modalities: list[str] | None = None) -> dict[str, Any]:
        """Classify a text and say what led to the answer.

        Args:
            text: At most 10,000 characters, in Chinese, English or both.
            modalities: The senses to use, of text, speech and vision; null for the model's default.

        Returns:
            One object: `label` and `score` of the likeliest label, `scores` of all, `modalities` used, how windows
            were `joined` (null for a text that fits the model), and for each of the `windows` of the text its place
            (`start`, `end`), its `scores`, the `glyphs` that the model saw (and whether it knows them), the words
            that it `heard` otherwise than they are written, and the mean weights of the `experts` by layer.
        """
        try:
            return explain(self.classifier, text, modalities).as_dict()
        except BAD_INPUT as error:
            raise gr.Error(str(error), print_exception=False) from error

    def answer(self, text: str, modalities: list[str]) -> list[Any]:
        """Answer the button: the state, the verdict or a message, the choices of window and layer, the results."""
        try:
            explanation = explain(self.classifier, text, modalities)
        except BAD_INPUT as error:
            hidden = gr.update(visible=False)
            return [None, views.message(str(error)), hidden, gr.update(), hidden, "", "", ""]
        window = explanation.deciding
        windows = gr.update(choices=window_choices(explanation), value=window, visible=len(explanation.windows) > 1)
        layers = gr.update(choices=layer_choices(explanation), value=-1, visible=bool(explanation.layers))
        parts = self.show(explanation, window, -1)
        return [explanation, views.verdict(explanation), windows, layers, gr.update(visible=True), *parts]

    def show(self, explanation: Explanation | None, window: int | None, layer: int | None) -> list[str]:
        """Return glyphs, layers and tokens of a window; `layer` is the index of an expert layer, -1 for the mean."""
        if explanation is None:
            return ["", "", ""]
        window = window or 0
        chosen = None if layer is None or layer < 0 else layer
        return [
            views.glyph_list(explanation, window, self.pictures),
            views.layer_map(explanation, window),
            views.token_map(explanation, window, chosen),
        ]


def window_choices(explanation: Explanation) -> list[tuple[str, int]]:
    """Name the windows by the characters that they cover."""
    return [
        (f"window {index + 1}: characters {part.start + 1:,} to {part.end:,}", index)
        for index, part in enumerate(explanation.windows)
    ]


def layer_choices(explanation: Explanation) -> list[tuple[str, int]]:
    """Name the expert layers, counted from 1 as on the page."""
    return [(ALL_LAYERS, -1), *((f"layer {layer + 1}", index) for index, layer in enumerate(explanation.layers))]


def examples() -> list[str]:
    """Read the example texts, one a line."""
    return (FOLDER / "examples.txt").read_text(encoding="utf-8").splitlines()


def build_demo(model: str | Path | None = None) -> gr.Blocks:
    """Build the page around a model.

    Args:
        model: a folder or a Hub id of an MMBERT; if None that of `DECLOAK_MODEL`, else the one installed with decloak.

    Raises:
        FileNotFoundError: There is no such folder, or no model is installed.
        ValueError: The model cannot be loaded, or is no MMBERT.
    """
    demo = Demo(str(model or os.environ.get(MODEL_VARIABLE) or default_model_path()))
    with DemoBlocks(title="decloak", analytics_enabled=False, delete_cache=(KEPT_SECONDS, KEPT_SECONDS)) as blocks:
        state = gr.State(None, time_to_live=KEPT_SECONDS)
        _html(views.head(demo.name), "head")
        with gr.Row(equal_height=False):
            with gr.Column(scale=5, min_width=300):
                text, senses, button = _inputs(demo)
            with gr.Column(scale=6, min_width=300):
                verdict = _html(views.placeholder(), "verdict")
                window = gr.Dropdown(label="Window shown below", visible=False, elem_id="window", filterable=False)
        with gr.Column(elem_id="examples"):
            gr.Examples([[example] for example in examples()], [text], label="Examples", api_visibility="private")
        results, layer, parts = _results()
        model_use: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "model", "api_visibility": "private"}
        outputs = [state, verdict, window, layer, results, *parts]
        gr.on([button.click, text.submit], demo.answer, [text, senses], outputs, **model_use)
        gr.on([window.input, layer.input], demo.show, [state, window, layer], parts, **model_use)
        gr.api(
            demo.classify,
            api_name="classify",
            api_description=getdoc(demo.classify),
            concurrency_limit=1,
            concurrency_id="model",
        )
    return blocks.queue(max_size=QUEUE_SIZE, api_open=False)


def _html(value: str, name: str) -> gr.HTML:
    return gr.HTML(value, elem_id=name, js_on_load=None, apply_default_css=False)


def _inputs(demo: Demo) -> tuple[gr.Textbox, gr.CheckboxGroup, gr.Button]:
    text = gr.Textbox(
        label="Text",
        info=f"Chinese, English or both; at most {MAX_CHARACTERS:,} characters.",
        lines=4,
        max_lines=12,
        elem_id="text",
    )
    senses = gr.CheckboxGroup(demo.able, value=demo.chosen, label="Senses", elem_id="senses")
    button = gr.Button("Classify", variant="primary", elem_id="classify")
    return text, senses, button


def _results() -> tuple[gr.Column, gr.Dropdown, list[gr.HTML]]:
    with gr.Column(visible=False) as results:
        glyphs = _html("", "glyphs")
        with gr.Row(equal_height=False):
            with gr.Column(scale=5, min_width=300):
                layers = _html("", "layers")
            with gr.Column(scale=6, min_width=300), gr.Group():
                layer = gr.Dropdown(label="Experts by token", elem_id="layer", filterable=False)
                tokens = _html("", "tokens")
    return results, layer, [glyphs, layers, tokens]


if __name__ == "__main__":
    build_demo().launch()
