"""Draw what the server held during the soak: soak.py soak.json soak.png; needs bench/.venv."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

_MINUTE = 60
_CURVES = (("resident", 1e6, "MB of memory", "#1b6ca8"), ("files", 1, "open files", "#e08a1e"))


def draw(samples: list[dict[str, Any]], file: Path) -> None:
    """Draw resident memory and open files over the minutes of the load."""
    figure, panels = plt.subplots(
        len(_CURVES), sharex=True, figsize=(9.0, 4.6), layout="constrained"
    )
    minutes = [sample["seconds"] / _MINUTE for sample in samples]
    for axes, (quantity, unit, label, colour) in zip(panels, _CURVES, strict=True):
        values = [sample[quantity] / unit for sample in samples]
        axes.plot(minutes, values, color=colour)
        axes.set_ylim(0, 1.1 * max(values))
        axes.set_ylabel(label)
        axes.grid(axis="y", color="#dddddd")
        axes.spines[["top", "right"]].set_visible(False)
    panels[-1].set_xlabel(f"minutes; {samples[-1]['requests']:,} requests in all")
    figure.savefig(file, dpi=160)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
