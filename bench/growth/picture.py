"""Draw latency against the number of tasks: growth_picture.py growth.json growth.png."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

_COLOURS = ("#1b6ca8", "#e08a1e", "#3a9a5c", "#a34a9e", "#c0392b")
_STYLES = {"crowd": "-", "alone": "--"}
_INK = "#333333"
_SIZE = (9.0, 4.4)  # inches; a README shows it about 850 pixels wide


def draw(growth: dict[str, Any], file: Path) -> None:
    """Draw what is to stay level in one panel and what grows with a user's tasks in another."""
    figure, (level, growing) = plt.subplots(ncols=2, figsize=_SIZE, layout="constrained")
    _draw_panel(level, growth, "paged")
    level.set_title("Pages and single tasks", loc="left", fontsize=11)
    level.set_ylim(bottom=0)
    growing.set_yscale("log")
    _draw_panel(growing, growth, "searched")
    growing.set_title("Search, filter, other orders", loc="left", fontsize=11)
    growing.yaxis.set_major_formatter("{x:g}")
    figure.legend(
        handles=_styles(growth), loc="outside upper left", ncols=2, frameon=False, fontsize=9
    )
    figure.supxlabel(
        f"{growth['date']}, `{growth['command']}`, {growth['cores']} cores, one process",
        fontsize=8,
        color=_INK,
    )
    figure.savefig(file, dpi=160)


def _draw_panel(axes: Any, growth: dict[str, Any], kind: str) -> None:
    for table, style in _STYLES.items():
        operations = growth[kind][table].items()
        for colour, (operation, medians) in zip(_COLOURS, operations, strict=False):
            label = operation if table == "crowd" else None
            axes.plot(
                growth["tasks"], medians, style, color=colour, label=label, marker="o", markersize=4
            )
    axes.set_xscale("log")
    axes.set_xticks(growth["tasks"], [f"{tasks:,}" for tasks in growth["tasks"]])
    axes.minorticks_off()
    axes.set_xlabel("the user's tasks")
    axes.set_ylabel("milliseconds")
    axes.grid(axis="y", color="#dddddd")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, ncols=2 if kind == "paged" else 1)


def _styles(growth: dict[str, Any]) -> list[Line2D]:
    texts = {
        "crowd": f"in a table of {growth['rows']:,} rows of {growth['crowd']:,} users",
        "alone": "in a table of that user's tasks only",
    }
    return [
        Line2D([], [], color=_INK, linestyle=style, label=texts[table])
        for table, style in _STYLES.items()
    ]


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
