import re
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decloak.evaluation.reporting import plots
from decloak.evaluation.reporting.attack_plots import attack_plot, spread
from decloak.evaluation.reporting.curve_plots import DET_HIGH, DET_LOW, det_plot, deviate, reliability_plot, roc_plot
from decloak.evaluation.reporting.page import TEMPLATES
from decloak.evaluation.reporting.row_plots import Series, bar_plot, dot_plot
from tests.evaluation.reporting.fake_report import HOSTILE, full_report

ROOT = Path(__file__).parents[3]
STYLE_SHEET = (TEMPLATES / "report.css").read_text(encoding="utf-8")


def rows(name: str = "x") -> str:
    return bar_plot(name, "Rows", ["天气", "b"], Series("s", [0.25, None], [[0.2, 0.3], None]), "share", 0.5)


def every_plot() -> dict[str, str]:
    report = full_report()
    curve = (report["roc"]["fpr"], report["roc"]["tpr"], report["recall_at_fpr"])
    series = [Series("one", [0.1, 0.9], [[0.0, 0.2], None]), Series("two", [None, 0.5])]
    return {
        "bars": rows("bars"),
        "dots": dot_plot("dots", "Dots", ["a", HOSTILE], series, "value"),
        "roc": roc_plot("roc", "ROC", *curve),
        "det": det_plot("det", "DET", *curve),
        "reliability": reliability_plot("reliability", "Reliability", report["reliability"]),
        "attacks": attack_plot("attacks", "Attacks", {"a": [(0, 0.8), (1, 0.4)], "b": [(0.5, 0.3)]}, "macro-F1"),
    }


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return every_plot()


def test_plots_are_the_same_bytes_each_time(drawn: dict[str, str]) -> None:
    assert every_plot() == drawn


def test_plots_name_no_address_date_font_or_style_sheet(drawn: dict[str, str]) -> None:
    for svg in drawn.values():
        assert re.search(r"http|xmlns|<metadata|<style|DOCTYPE|font-family|DejaVu|20\d\d-", svg) is None


def test_plots_take_every_colour_from_the_page(drawn: dict[str, str]) -> None:
    for svg in drawn.values():
        assert re.findall(r"#[0-9a-f]{6}\b", svg) == []
        assert set(re.findall(r"var\(--plot-([\w-]+)\)", svg)) <= set(plots.COLOURS)


@pytest.mark.parametrize("name", plots.COLOURS)
def test_the_page_has_each_colour_by_day_and_by_night(name: str) -> None:
    found = re.findall(rf"--plot-{name}: (#[0-9a-f]{{6}})", STYLE_SHEET)
    assert len(found) == 2
    assert found[0] == plots.COLOURS[name]


def test_ids_are_those_of_the_plot_and_all_lead_somewhere(drawn: dict[str, str]) -> None:
    for name, svg in drawn.items():
        ids = re.findall(r'\bid="([^"]+)"', svg)
        used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
        assert len(set(ids)) == len(ids)
        assert all(one.startswith(f"{name}-") for one in ids)
        assert used == set(ids)


def test_text_stays_text_and_hostile_text_stays_harmless(drawn: dict[str, str]) -> None:
    assert ">天气</text>" in drawn["bars"]
    assert "<script" not in drawn["dots"]
    assert "&lt;script&gt;" in drawn["dots"]
    assert "\u202e" not in drawn["dots"]


@settings(max_examples=15)
@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_any_label_can_be_drawn(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg = bar_plot("x", text, [text], Series(text, [0.5]), text or "axis")
    assert svg.encode("utf-8").startswith(b"<svg")


def test_long_labels_end_in_an_ellipsis_and_chinese_counts_double() -> None:
    assert plots.label("short") == "short"
    assert plots.label("a" * 100).endswith("a…")
    assert plots.text_width(plots.label("天" * 100)) <= plots.LONGEST_LABEL * plots.FONT_SIZE * 0.56
    assert plots.text_width("天天") > 1.5 * plots.text_width("ab")


def test_nothing_of_matplotlib_is_changed_behind() -> None:
    before = dict(matplotlib.rcParams)
    rows()
    assert dict(matplotlib.rcParams) == before


def test_a_readers_own_style_changes_no_plot() -> None:
    plain = rows()
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path"}):
        assert rows() == plain


def test_pyplot_is_never_imported() -> None:
    code = (
        "import sys; from decloak.evaluation.reporting.row_plots import *; "
        "bar_plot('x', 't', ['a'], Series('s', [0.5]), 'x'); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_pages_need_no_matplotlib_until_they_are_drawn() -> None:
    code = (
        "import sys, decloak.evaluation.reporting.html_report; assert not {'matplotlib', 'jinja2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@given(st.floats(0, 1))
def test_det_axes_are_finite_and_rise(rate: float) -> None:
    assert deviate(DET_LOW) <= deviate(rate) <= deviate(DET_HIGH)
    assert deviate(0.5) == pytest.approx(0, abs=1e-12)
    assert deviate(0.158655) == pytest.approx(-1, abs=1e-4)


@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.01, 0.2))
def test_spread_labels_keep_their_order_and_their_gap(heights: list[float], gap: float) -> None:
    placed = spread(heights, gap)
    order = sorted(range(len(heights)), key=lambda index: placed[index])
    assert all(placed[b] - placed[a] >= gap - 1e-9 for a, b in zip(order, order[1:], strict=False))
    assert [heights[index] for index in order] == sorted(heights)


def test_labels_that_are_far_apart_stay_where_they_are() -> None:
    assert spread([0.9, 0.1, 0.5], 0.1) == [0.9, 0.1, 0.5]
    assert spread([0.5, 0.5], 0.2) == pytest.approx([0.4, 0.6])
    assert spread([0.0, 0.0], 0.2, (0.0, 1.0)) == pytest.approx([0.0, 0.2])


def test_a_single_strength_of_zero_is_no_division_by_zero() -> None:
    assert attack_plot("x", "t", {"a": [(0.0, 0.5)]}, "macro-F1").startswith("<svg")
