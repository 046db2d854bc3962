"""The picture of the README's performance section."""

from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from .measure import SIZES

# Okabe and Ito's colours, and a marker each: nobody has to tell them apart by colour
# alone
STYLES = {
    "classic loop": ("#000000", "P"),
    "PyTorch": ("#D55E00", "o"),
    "JAX": ("#0072B2", "s"),
    "Keras": ("#CC79A7", "D"),
    "Keras in jit": ("#56B4E9", "p"),
    "ONNX Runtime": ("#009E73", "^"),
    "reservoirpy": ("#E69F00", "v"),
}


def save_chart(results, path):
    """Time of each peer over the time of rnn_core, one row a size, a panel for each
    job; one thread.
    """
    rows = [row for row in results if row["threads"] == 1]
    sizes = [size for size in SIZES if any(row["size"] == size for row in rows)]
    figure, axes = plt.subplots(
        1, 2, figsize=(10, 4.6), sharey=True, layout="constrained"
    )
    for ax, job, title in zip(
        axes, ("forward", "training"), ("run", "run and backward"), strict=True
    ):
        for peer, (colour, marker) in STYLES.items():
            for dtype, offset in ("float64", -0.13), ("float32", 0.13):
                points = [
                    (
                        row["times"][peer] / row["times"]["rnn_core"],
                        sizes.index(row["size"]) + offset,
                    )
                    for row in rows
                    if row["job"] == job
                    and row["dtype"] == dtype
                    and peer in row["times"]
                ]
                if points:
                    face = colour if dtype == "float64" else "white"
                    ax.scatter(
                        *zip(*points, strict=True),
                        s=60,
                        marker=marker,
                        c=face,
                        edgecolors=colour,
                    )
        ax.axvline(1, color="0.4", linewidth=1)
        ax.set(xscale="log", title=title, xlabel="time of the peer / time of rnn_core")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.grid(axis="y", color="0.9")
        ax.set_axisbelow(True)
    axes[0].set(yticks=range(len(sizes)))
    axes[0].set_yticklabels(
        [f"{size}\n{', '.join(map(str, SIZES[size]))}" for size in sizes]
    )
    axes[0].set_ylabel("timesteps, inputs, units, batch")
    axes[0].set_ylim(len(sizes) - 0.5, -0.5)
    marks = [
        plt.Line2D([], [], linestyle="", marker=marker, color=colour, label=peer)
        for peer, (colour, marker) in STYLES.items()
    ]
    marks += [
        plt.Line2D(
            [], [], linestyle="", marker="o", color="0.4", label="filled: float64"
        ),
        plt.Line2D(
            [],
            [],
            linestyle="",
            marker="o",
            color="0.4",
            markerfacecolor="white",
            label="open: float32",
        ),
    ]
    figure.legend(
        handles=marks,
        loc="outside lower center",
        ncols=8,
        frameon=False,
        columnspacing=1,
    )
    figure.suptitle("One thread; right of 1: rnn_core is faster", fontsize=11)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=110, facecolor="white")
