"""The loss of a training, beside the losses that have a name (lesson 07)."""

import numpy as np

from .style import COLORS, finish, new_axes


def plot_loss(losses, levels, *, ylabel="loss in nats", ax=None, digest=None):
    """The loss at each update, and a dashed line for each named level; `levels` maps names to losses.

    losses: an array, or a dict from names to arrays.
    """
    ax = new_axes(size=(9, 3.8)) if ax is None else ax
    curves, drawn = losses if isinstance(losses, dict) else {"loss": losses}, {}
    longest = max(len(values) for values in curves.values())
    for (name, values), color in zip(curves.items(), COLORS, strict=False):
        updates = np.arange(1, len(values) + 1)
        (drawn[name],) = ax.plot(updates, values, color=color, linewidth=2.5, label=name)
    for name, level in levels.items():
        drawn[name] = ax.axhline(level, color="0.35", linestyle="--", linewidth=1)
        place = {"transform": ax.get_yaxis_transform(), "va": "center", "fontsize": 10}
        ax.text(1.01, level, f"{level:.3f} {name}", color="0.2", **place)
    ax.set(xlabel="update", ylabel=ylabel, xlim=(0, longest + 1))
    ax.set_ylim(bottom=0)
    if len(curves) > 1:
        ax.legend(loc="lower left")
    each = (f"{name} {values[0]:.2f} to {values[-1]:.2f}" for name, values in curves.items())
    named = "; ".join(f"{name} {level:.3f}" for name, level in levels.items())
    said = f"{'; '.join(each)} over {longest} updates; levels: {named}"
    return finish(ax, digest, said, **drawn)
