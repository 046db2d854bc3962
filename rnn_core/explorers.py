"""Slider panels: one call opens one, *Reset* returns to the values it opened with.

A panel owns one figure for life. Its callbacks set data on artists that stay, and the picture travels as the
bytes of a widgets.Image: no pyplot, no output area, nothing that grows.
"""

import html

import ipywidgets as widgets
import numpy as np
from IPython.display import display

from . import figures
from .gradients import gradient_norms
from .initialization import SCHEMES, init_parameters
from .mean_field import critical_gain, lyapunov_exponent
from .memory_cell import run
from .saturation import saturated_fraction, slope
from .text import one_hot
from .training import recite

COLUMNS = "repeat(auto-fill, minmax(415px, 1fr))"  # two beside JupyterLab's file browser on 1280 pixels
_open = {}  # name -> the panel that is open: running its cell again closes it


class Panel(widgets.VBox):
    """.controls (name -> widget), .image, .digest; `show(**values)` sets the artists, returns the digest."""

    def __init__(self, name, controls, show, render, below=()):
        super().__init__()
        self.controls, self.image, self.digest = controls, widgets.Image(format="png"), widgets.HTML()
        self.reset = widgets.Button(description="Reset", tooltip="back to the values at the start")
        self._show, self._render, self._paused = show, render, False
        self._start = {key: control.value for key, control in controls.items()}
        self.reset.on_click(self._reset)
        for control in controls.values():
            control.observe(self._update, names="value")
            control.layout.width = "280px" if _range(control) else "400px"  # of a column's 415
            control.layout.flex = "none"
        self.image.layout.max_width = "100%"
        self.image.layout.object_fit = "contain"
        rows = [widgets.HBox([control, widgets.Label(_range(control))]) for control in controls.values()]
        grid = widgets.GridBox(rows, layout={"grid_template_columns": COLUMNS})
        self.children = [grid, self.reset, self.image, self.digest, *below]
        self._update()
        if name in _open:
            _open[name].close()
        _open[name] = self

    def __repr__(self):
        return html.unescape(self.digest.value)  # what print, GitHub and nbval see of a panel

    def close(self):
        """Close every widget of the panel, so that nothing of it stays in the kernel."""
        for widget in _parts(self):
            widgets.Widget.close(widget)

    def _reset(self, _):
        self._paused = True
        for key, value in self._start.items():
            self.controls[key].value = value
        self._paused = False
        self._update()

    def _update(self, _=None):
        if not self._paused:
            digest = self._show(**{key: control.value for key, control in self.controls.items()})
            self.image.value = self._render()
            self.digest.value = html.escape(digest, quote=False)


def shapes_explorer():
    """The shapes of a cell's arrays to scale, for any sizes (notebook 01)."""
    room = (16, 12, 12)
    ax = figures.plot_shapes(10, 4, 8, room, figures.new_axes(size=(10, 3.8), live=True))
    squares, edges = ax.collections
    shapes = ax.texts[5:]

    def show(**sizes):
        verts, segments, _, texts = figures.shape_geometry(**sizes, room=room)
        squares.set_verts(verts)
        edges.set_segments(segments)
        for artist, (x, y, text) in zip(shapes, texts, strict=True):
            artist.set(position=(x, y), text=text)
        return figures.describe_shapes(**sizes)

    controls = {
        "timesteps": _slider("timesteps", 10, 1, room[0], "rows"),
        "input_size": _slider("input_size", 4, 1, room[1], "columns"),
        "hidden_size": _slider("hidden_size", 8, 1, room[2], "units"),
    }
    return Panel("shapes", controls, show, figures.draw_live(ax.figure, [squares, edges, *shapes]))


def step_explorer():
    """Walk through time: all terms of one step, as colours and as numbers (notebook 02)."""
    states_ax, terms_ax = figures.new_axes(1, 2, size=(10, 3.3), live=True)
    figures.plot_hidden_states(np.zeros((10, 8)), ax=states_ax)
    figures.plot_step(np.zeros((5, 8)), ax=terms_ax)
    states, terms = states_ax.images[0], terms_ax.images[0]
    frame = states_ax.axvspan(0.5, 1.5, fill=False, edgecolor="black", linewidth=3)
    table = widgets.HTML()

    def show(timestep, scheme, seed):
        inputs, parameters = _draw(10, 4, 8, scheme, 1.0, seed)
        hidden_states = run(inputs, *parameters)
        before = hidden_states[timestep - 2] if timestep > 1 else np.zeros(8)
        rows = figures.step_terms(inputs[timestep - 1], before, *parameters)
        states.set_data(hidden_states.T)
        terms.set_data(figures.step_colors(rows))
        frame.set_x(timestep - 0.5)
        table.value = _table(inputs[timestep - 1], rows)
        return f"timestep {timestep}: {figures.describe_step(rows)}"

    controls = {
        "timestep": _slider("timestep", 1, 1, 10, "of 10"),
        "scheme": _schemes("uniform"),
        "seed": _slider("seed", 1, 0, 99, "for rng"),
    }
    return Panel("step", controls, show, figures.draw_live(states_ax.figure, [states, frame, terms]), [table])


def saturation_explorer():
    """Hidden states, their slope and the saturated fraction at each timestep (notebook 03)."""
    axes = figures.new_axes(1, 3, size=(10, 3.3), live=True)
    figures.plot_hidden_states(np.zeros((10, 8)), ax=axes[0])
    figures.plot_slope(np.zeros((10, 8)), ax=axes[1])
    figures.plot_saturated_fraction({"": np.zeros((10, 8))}, ax=axes[2])
    states, slopes, fraction = axes[0].images[0], axes[1].images[0], axes[2].lines[0]
    sizes = axes[0].figure.suptitle("8 units, 10 timesteps", fontsize=12)
    axes[2].set(xlim=(0.5, 10.5), title="saturated fraction")
    for ax in axes:  # the pictures fill the axes at any size; the title tells the sizes
        ax.set_xticks([])
    for ax in axes[:2]:
        ax.set_yticks([])

    def show(timesteps, input_size, hidden_size, gain, scheme, seed):
        inputs, parameters = _draw(timesteps, input_size, hidden_size, scheme, gain, seed)
        hidden_states = run(inputs, *parameters)
        states.set_data(hidden_states.T)
        slopes.set_data(slope(hidden_states).T)
        centres = 0.5 + 10 * (np.arange(timesteps) + 0.5) / timesteps
        fraction.set_data(centres, saturated_fraction(hidden_states, axis=1))
        sizes.set_text(f"{hidden_size} units, {timesteps} timesteps")
        return figures.describe_hidden_states(hidden_states)

    controls = {
        "timesteps": _slider("timesteps", 10, 1, 60, "steps"),
        "input_size": _slider("input_size", 4, 1, 64, "inputs"),
        "hidden_size": _slider("hidden_size", 8, 1, 128, "units"),
        "gain": _gain(1.0, 0, 3),
        "scheme": _schemes("uniform"),
        "seed": _slider("seed", 1, 0, 99, "for rng"),
    }
    return Panel(
        "saturation", controls, show, figures.draw_live(sizes.figure, [states, slopes, fraction, sizes])
    )


def gradient_explorer():
    """What is left of a gradient on its way back through time (notebook 04)."""
    ax = figures.plot_gradient_norms(np.ones(61), np.eye(8), figures.new_axes(size=(9, 3.6), live=True))
    ax.set(xlim=(-1, 61), ylim=(figures.FAINTEST, 1e20), yticks=10.0 ** np.arange(-40, 21, 10))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=10)  # beside: the curves go everywhere

    def show(timesteps, gain, scheme, seed):
        inputs, (Wx, Wh, b) = _draw(timesteps, 4, 8, scheme, gain, seed)
        norms = gradient_norms(run(inputs, Wx, Wh, b), Wh)
        for line, curve in zip(ax.lines, figures.gradient_curves(norms, Wh).values(), strict=True):
            line.set_data(np.arange(timesteps + 1), curve)
        return figures.describe_gradient_norms(norms, Wh)

    controls = {
        "timesteps": _slider("timesteps", 10, 1, 60, "steps"),
        "gain": _gain(1.0, 0, 3),
        "scheme": _schemes("uniform"),
        "seed": _slider("seed", 1, 0, 99, "for rng"),
    }
    return Panel("gradient", controls, show, figures.draw_live(ax.figure, ax.lines))


def chaos_explorer():
    """The states, two neighbouring trajectories and the place on the theory's curve (notebook 05)."""
    axes = figures.new_axes(1, 3, size=(12, 3.4), live=True)
    figures.plot_hidden_states(np.zeros((80, 40)), ax=axes[0])
    figures.plot_neighbours({1.5: np.ones(61)}, ax=axes[1])
    _, exponents = figures.predict_over_gain(figures.GAINS)
    figures.plot_over_gain(figures.GAINS, exponents, ylabel="exponent", edge=critical_gain(), ax=axes[2])
    (dot,) = axes[2].plot([], [], "o", color=figures.COLORS[1], markersize=11)
    for ax, title in zip(axes, ("40 of 200 units", "two neighbours", "theory"), strict=True):
        ax.set_title(title)
    axes[2].set_ylim(-1.5, 0.6)
    states, (measured, predicted) = axes[0].images[0], axes[1].lines

    def show(gain, seed):
        rng = np.random.default_rng(seed)
        parameters = init_parameters(1, 200, scheme="gaussian", gain=gain, rng=rng)
        before = run(np.zeros((20, 1)), *parameters, rng.normal(size=200))
        pair = np.stack([before[-1], before[-1] + 1e-6 * rng.normal(size=200)])  # (2, hidden_size)
        trajectories = run(np.zeros((2, 60, 1)), *parameters, pair)  # (2, timesteps, hidden_size)
        apart = np.vstack([pair[1] - pair[0], trajectories[1] - trajectories[0]])
        distances = np.sqrt(np.mean(apart**2, axis=1))
        states.set_data(np.vstack([before, trajectories[0]])[:, :40].T)
        measured.set_ydata(np.maximum(distances, figures.FAINTEST))
        predicted.set_ydata(figures.predicted_distances(gain, distances))
        dot.set_data([gain], [lyapunov_exponent(max(gain, figures.GAINS[0]))])
        rms = np.sqrt(np.mean(trajectories[0] ** 2))
        return f"{figures.describe_neighbours({gain: distances})}; RMS of the states {rms:.2f}"

    controls = {
        "gain": _gain(1.5, 0, 3),
        "seed": _slider("seed", 1, 0, 99, "for rng"),
    }
    return Panel("chaos", controls, show, figures.draw_live(dot.figure, [states, measured, predicted, dot]))


def recite_explorer(model, characters, first="T"):
    """Type a beginning: the cell reads it and goes on, feeding on its own output (notebook 06)."""
    units = min(len(model.b), 40)  # more would be noise to the eye, and a slow picture
    ax = figures.new_axes(size=(10, 3.2), live=True)
    figures.plot_hidden_states(np.zeros((10, units)), ax=ax)
    ax.set(title=f"{units} of {len(model.b)} units: reading up to the line, then reciting", xticks=[])
    states, line = ax.images[0], ax.axvline(0.5, color="black", linewidth=2)

    def show(first, length):
        read = first[:length]
        try:
            text = recite(model, read, length, characters)
        except ValueError as error:  # nothing, or a character that the cell does not know
            states.set_data(np.zeros((1, 1)))
            line.set_xdata([0.5, 0.5])
            return str(error)
        hidden_states = run(one_hot(text, characters)[0], model.Wx, model.Wh, model.b)
        states.set_data(hidden_states[:, :units].T)
        line.set_xdata([0.5 + 10 * len(read) / length] * 2)
        return f"{read!r} is continued by {text[len(read) :]!r}"

    controls = {
        "first": widgets.Text(value=first, description="first", style={"description_width": "90px"}),
        "length": _slider("length", 200, 10, 300, "characters"),
    }
    return Panel("recite", controls, show, figures.draw_live(ax.figure, [states, line]))


def progress_bar(description):
    """Show a progress bar and return the function of (done, total) that moves it."""
    bar = widgets.IntProgress(description=description, style={"description_width": "initial"})
    display(bar)

    def progress(done, total):
        bar.max, bar.value = total, done

    return progress


def live_curve(updates, highest, ylabel):
    """Show empty axes and return the function that draws in them the values of all updates so far."""
    ax = figures.new_axes(size=(8, 2.8), live=True)
    figures.plot_curves([0], {"": [np.nan]}, xlabel="update", ylabel=ylabel, ax=ax)
    ax.set(xlim=(0, updates), ylim=(0, highest))
    (line,) = ax.lines
    line.set_marker("")
    render = figures.draw_live(ax.figure, [line])
    picture = widgets.Image(format="png")
    display(picture)

    def draw(values):
        line.set_data(np.arange(1, len(values) + 1), values)
        picture.value = render()

    return draw


def _draw(timesteps, input_size, hidden_size, scheme, gain, seed):
    """Inputs and parameters in the order of the classic listing: a panel opens on its numbers."""
    rng = np.random.default_rng(seed)
    inputs = rng.random((timesteps, input_size))
    return inputs, init_parameters(input_size, hidden_size, scheme=scheme, gain=gain, rng=rng)


def _slider(name, value, low, high, unit):
    style = {"description_width": "90px"}
    slider = widgets.IntSlider(value=value, min=low, max=high, description=name, style=style)
    slider.unit = unit
    return slider


def _gain(value, low, high):
    style = {"description_width": "90px"}
    slider = widgets.FloatSlider(value=value, min=low, max=high, step=0.05, description="gain", style=style)
    slider.unit = "times Wh"
    return slider


def _schemes(value):
    # No drop-down list: JupyterLab takes its arrow keys away to move to another cell.
    style = {"description_width": "90px"}
    return widgets.SelectionSlider(value=value, options=list(SCHEMES), description="scheme", style=style)


def _range(control):
    return f"{control.min:g} to {control.max:g} {control.unit}" if hasattr(control, "unit") else ""


def _table(input_t, rows):
    """The numbers of one step, one column for each hidden unit, under the picture that colours them."""
    cells = [("hidden unit", [str(unit + 1) for unit in range(rows.shape[1])])]
    cells += [(name, [f"{x:.4f}" for x in row]) for name, row in zip(figures.TERMS, rows, strict=True)]
    body = "".join(
        f"<tr><th style='text-align:left'>{name}</th>"
        + "".join(f"<td style='text-align:right;padding:0 8px'>{text}</td>" for text in texts)
        + "</tr>"
        for name, texts in cells
    )
    return f"input_t = {np.array2string(input_t, precision=4)}<table>{body}</table>"


def _parts(widget):
    for child in getattr(widget, "children", ()):
        yield from _parts(child)
    yield from (part for part in (widget.layout, getattr(widget, "style", None), widget) if part is not None)
