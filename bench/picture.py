"""Draw the ratios of a run: picture.py results.json results.png; needs bench/.venv."""

import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

_COLOURS = ("#1b6ca8", "#4f9bd0", "#9cc9e8", "#5a9e6f", "#e08a1e", "#f3c27c", "#8b5fa8")
_TICKS = (0.2, 0.5, 1, 2, 5, 10, 20)
_SMALL, _LARGE = 2, 10  # ratios with two decimals, and with none
_INK = "#333333"
_SIZE = (9.0, 9.2)  # inches; a README shows it about 850 pixels wide
_PANELS = (
    ("speed", "rate", "requests/s"),
    ("speed", "cpu", "requests per second of the server's CPU"),
    ("pooled", "rate", "requests/s, all through PgBouncer"),
)


def draw(results: dict[str, Any], file: Path) -> None:
    """Draw how many times the peers' rate and thrift are ours, as grouped bars per operation."""
    figure, panels = plt.subplots(len(_PANELS), sharex=True, figsize=_SIZE, layout="constrained")
    for axes, (way, quantity, unit) in zip(panels, _PANELS, strict=True):
        _draw_panel(axes, results, way, quantity)
        axes.set_title(f"{unit}: {results['ours']} as a multiple of …", loc="left", fontsize=11)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3, frameon=False, fontsize=9)
    figure.supxlabel(
        f"{results['date']}, `{results['command']}`, {results['cores']} cores, one process each,"
        " 16 connections; logarithmic scale, the line is equal speed",
        fontsize=8,
        color=_INK,
    )
    figure.savefig(file, dpi=160)


def _draw_panel(axes: Any, results: dict[str, Any], way: str, quantity: str) -> None:
    ours, speed = results["ours"], results[way]
    peers = [name for name in results["footprints"] if name != ours]
    width = 0.84 / len(peers)
    for index, peer in enumerate(peers):
        ratios = [_ratio(slices[ours], slices[peer], quantity) for slices in speed.values()]
        places = [place + (index - (len(peers) - 1) / 2) * width for place in range(len(ratios))]
        beyond = [ratio - 1 for ratio in ratios]
        bars = axes.bar(places, beyond, width * 0.92, 1, label=peer, color=_COLOURS[index])
        texts = [f"{ratio:.{_decimals(ratio)}f}x" for ratio in ratios]
        axes.bar_label(bars, texts, fontsize=7, padding=2, color=_INK)
    axes.axhline(1, color=_INK, linewidth=1)
    axes.set_yscale("log")
    axes.set_yticks(_TICKS, [f"{tick:g}x" for tick in _TICKS])
    axes.minorticks_off()
    axes.set_xticks(range(len(speed)), list(speed))
    axes.margins(y=0.15)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="x", length=0)


def _decimals(ratio: float) -> int:
    return 2 if ratio < _SMALL else 1 if ratio < _LARGE else 0


def _ratio(ours: list[dict[str, float]], peer: list[dict[str, float]], quantity: str) -> float:
    ratio = median(one[quantity] for one in ours) / median(one[quantity] for one in peer)
    return ratio if quantity == "rate" else 1 / ratio


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
