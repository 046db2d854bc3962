"""What figures draws and says, against data placed by hand."""

import io
import math

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from scipy.integrate import quad

from rnn_core import figures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


STATES = np.array(
    [[0.5, -0.2, 1.0], [0.995, -1.0, 0.999]]
)  # (timesteps, units): one of 3, then all saturated
TERMS = np.array([[1.0, 2.0], [0.0, -1.0], [0.5, 0.5], [1.5, 1.5], [0.91, 0.91]])
GRADIENTS = np.array([[1e-8, -3e-7], [0.0, 0.5]])  # (timesteps, units)
GAINS, CURVE = np.array([0.5, 2.0]), np.array([1.0, 4.0])  # 2 gain
DOTS = np.array([1.0, 1.5]), np.array([2.05, 3.2])
# name of the picture -> the data that plot_* and describe_* share
DATA = {
    "heatmap": (STATES,),
    "curves": (np.array([1, 2, 3]), {"up": np.array([0.0, 1, 2]), "down": np.array([2.0, 1, 0])}),
    "shapes": (3, 2, 4),
    "histograms": ({"wide": np.array([-1.0, 1.0]), "narrow": np.array([0.25, 0.75])},),
    "unrolled": (3,),
    "step": (TERMS,),
    "hidden_states": (STATES,),
    "slope": (STATES,),
    "saturated_fraction": ({"one": STATES},),
    "saturation_map": (np.array([[0.0, 0.25], [0.5, 1.0]]), [2, 8], [0.5, 1.5]),
    "gradients": (GRADIENTS,),
    "gradient_norms": (np.array([1e-8, 0.25, 1.0]), np.array([[0.0, 2.0], [0.5, 0.0]])),
    "over_gain": (GAINS, CURVE, DOTS),
    "gain_picture": (GAINS, np.array([0.0, 0.73]), np.array([-0.7, 0.15])),
    "neighbours": ({0.5: np.array([1e-6, 5e-7, 2.5e-7])},),
}
NAMES = {"xlabel": "x", "ylabel": "y"}
PLOT_OPTIONS = {
    "heatmap": {"title": "t", "bar": "b", "limits": (-1, 1), "cmap": "RdBu_r"},
    "curves": NAMES,
    "histograms": {"xlabel": "x"},
    "over_gain": {"ylabel": "y"},
}
DESCRIBE_OPTIONS = {
    "curves": NAMES,
    "over_gain": {"ylabel": "y", "within": 0.1},
    "gain_picture": {"within": 0.02},
}
SAID = {
    "curves": "y over x 1 to 3: up 0 to 2; down 2 to 0",
    "shapes": "inputs (3, 2), Wx (4, 2), Wh (4, 4), b (4,): 28 parameters",  # 4 * 2 + 4 * 4 + 4
    "histograms": "wide mean 0.00, standard deviation 1.00; narrow mean 0.50, standard deviation 0.25",
    "unrolled": "folded: one cell, its output returns through Wh; unrolled: 3 copies, each passes h on",
    "step": (
        "mean over units: Wx @ input_t 1.50, Wh @ hidden_state -0.50, b 0.50, pre-activation 1.50, tanh 0.91"
    ),
    "hidden_states": (  # 4 of 6
        "hidden states of 3 units over 2 timesteps: 67 % of |h| above 0.99, all of it from timestep 2 on"
    ),
    "slope": "slope 1 - h^2 after timestep 1: median 0.002, largest 0.01",  # 1 - 0.999^2 and 1 - 0.995^2
    "saturated_fraction": "saturated fraction: one 0.33 at timestep 1, 1.00 at timestep 2",
    "saturation_map": (
        "saturated fraction 0.00 at hidden_size 2, gain 0.5; 0.25 at hidden_size 2, gain 1.5;"
        " 0.50 at hidden_size 8, gain 0.5; 1.00 at hidden_size 8, gain 1.5"
    ),
    "gradients": "largest gradient: 1e0 at timestep 2, 1e-7 at timestep 1",  # 10^-0.3 and 10^-6.5
    # [[0, 2], [1/2, 0]] stretches one direction by 2, and its square is 1
    "gradient_norms": "gradient norm 2 steps back: 1e-8; largest singular value 2.00, spectral radius 1.00",
    "over_gain": "y: predicted 1.00 at gain 0.5 to 4.00 at gain 2; 1 of 2 measured within 0.1",
    "neighbours": "distance over 2 timesteps: gain 0.50: 1e-6 to 1e-7, predicted exponent -0.693",
}
PLOTS = sorted(name.removeprefix("plot_") for name in vars(figures) if name.startswith("plot_"))
DESCRIBED = sorted(name.removeprefix("describe_") for name in vars(figures) if name.startswith("describe_"))
PAIRS = ["unrolled", "gain_picture"]  # pictures of two axes


def plot(name, **ax):
    """All axes that plot_* returns."""
    return np.ravel(getattr(figures, f"plot_{name}")(*DATA[name], **PLOT_OPTIONS.get(name, {}), **ax))


def describe(name, data):
    return getattr(figures, f"describe_{name}")(*data, **DESCRIBE_OPTIONS.get(name, {}))


def render(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())  # (height, width, 4)


def changed(data, change):
    """The same data, each array of floats changed."""
    if isinstance(data, tuple | list):
        return type(data)(changed(each, change) for each in data)
    if isinstance(data, dict):
        return {key: changed(values, change) for key, values in data.items()}
    return change(data) if isinstance(data, np.ndarray) and data.dtype == float else data


@pytest.mark.parametrize("name", PLOTS)
def test_plot_opens_a_labelled_opaque_figure(name):
    axes = plot(name)
    assert all(isinstance(ax, Axes) for ax in axes)
    assert plt.get_fignums() == [1]
    (figure,) = {ax.figure for ax in axes}
    assert figure.get_facecolor() == (1, 1, 1, 1)
    pixels = render(figure)
    assert (pixels[..., 3] == 255).all()
    assert (pixels[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()
    for ax in axes:
        if ax.axison:
            assert ax.get_ylabel() or ax.get_yticklabels()[0].get_text()
            assert ax.get_xlabel() or (len(axes) == 2 and ax is axes[0])  # of two above each other
        else:
            assert len(ax.texts) >= 4
    for bar in (ax for ax in figure.axes if ax not in axes):
        assert bar.get_ylabel(), "a colour bar has no name"


@pytest.mark.parametrize("name", [name for name in PLOTS if name not in PAIRS])
def test_plot_draws_into_a_given_ax(name):
    _, given = figures.new_axes(1, 2)
    (ax,) = plot(name, ax=given)
    assert ax is given
    assert plt.get_fignums() == [1]
    assert ax.has_data()


def test_unrolled_draws_into_given_axes():
    given = figures.new_axes(1, 2)
    assert list(plot("unrolled", axes=given)) == list(given)
    assert plt.get_fignums() == [1]


@pytest.mark.parametrize("name", ["hidden_states", "slope", "gradients"])
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (60, 128)])
def test_heatmaps_hold_the_data_transposed_between_fixed_limits(name, shape):
    """Whatever the data: the same colour always means the same number."""
    data = np.random.default_rng(0).uniform(-0.4, 0.3, shape)
    ax = getattr(figures, f"plot_{name}")(data)
    (image,) = ax.images
    shown, limits = {
        "hidden_states": (data, (-1, 1)),
        "slope": (1 - data**2, (0, 1)),
        "gradients": (np.log10(abs(data)), (-30, 0)),
    }[name]
    np.testing.assert_allclose(image.get_array(), shown.T, rtol=0, atol=1e-15)
    assert image.get_clim() == limits
    # Timestep 1 and unit 1 are the first pixels, from the top left; their ticks stand in the middle of them.
    assert image.get_extent() == [0.5, shape[0] + 0.5, shape[1] + 0.5, 0.5]
    assert (ax.get_xticks()[0], ax.get_yticks()[0]) == (1, 1)
    assert len(ax.get_xticks()) <= 16 and len(ax.get_yticks()) <= 16


def test_a_gradient_of_zero_stays_on_the_map():
    (image,) = figures.plot_gradients(np.array([[0.0, 1.0]])).images
    np.testing.assert_array_equal(image.get_array(), [[np.log10(figures.FAINTEST)], [0]])


def test_step_shows_the_terms_and_names_them():
    ax = plot("step")[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == list(figures.TERMS)
    np.testing.assert_array_equal(ax.images[0].get_array(), figures.step_colors(TERMS))


def test_step_terms_by_hand():
    Wx, Wh, b = np.array([[1.0, 2], [3, 4]]), np.array([[0.0, 1], [2, 0]]), np.array([0.5, -0.5])
    terms = figures.step_terms(np.array([1.0, -1]), np.array([0.25, -0.5]), Wx, Wh, b)
    by_hand = [[-1, -1], [-0.5, 0.5], [0.5, -0.5], [-1, -1], [-0.7615941559557649] * 2]
    np.testing.assert_allclose(terms, by_hand, rtol=1e-15)


def test_curves_and_maps_hold_their_data():
    up, down = plot("curves")[0].lines
    assert (up.get_label(), down.get_label()) == ("up", "down")
    np.testing.assert_array_equal(up.get_xydata(), [[1, 0], [2, 1], [3, 2]])
    np.testing.assert_array_equal(down.get_ydata(), [2, 1, 0])
    (fraction,) = plot("saturated_fraction")[0].lines
    np.testing.assert_allclose(fraction.get_xydata(), [[1, 1 / 3], [2, 1]])
    (mesh,) = plot("saturation_map")[0].collections
    np.testing.assert_array_equal(mesh.get_array(), DATA["saturation_map"][0])
    assert mesh.get_clim() == (0, 1)
    measured, bound, radius = plot("gradient_norms")[0].lines
    np.testing.assert_array_equal(measured.get_ydata(), [1, 0.25, 1e-8])  # from the last timestep back
    np.testing.assert_allclose(bound.get_ydata(), [1, 2, 4])
    np.testing.assert_allclose(radius.get_ydata(), [1, 1, 1])


def test_shapes_are_drawn_to_scale():
    squares, edges = plot("shapes")[0].collections
    boxes = [np.ptp(path.vertices, axis=0)[::-1] for path in squares.get_paths()]  # (rows, columns)
    assert [tuple(box) for box in boxes] == [(3, 2), (4, 2), (4, 4), (4, 1), (4, 1)]
    assert len(edges.get_segments()) == (2 + 1) + (3 + 1) + (3 + 3) + 3 + 3  # between the numbers


def test_histograms_are_densities_over_common_bins():
    ax = plot("histograms")[0]
    areas = []
    for outline in ax.patches[1::2]:  # a filled shape, then its outline
        x, y = outline.get_xy().T
        areas.append(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))
    np.testing.assert_allclose(areas, [1, 1])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["wide", "narrow"]


def test_every_picture_is_tested():
    assert set(PLOTS) <= set(DATA)
    assert {*SAID, "gain_picture"} >= set(DESCRIBED)  # the gain picture's lines are tested below
    assert set(PLOTS) - set(DESCRIBED) == {"heatmap"}, "a picture without a digest"


@pytest.mark.parametrize("name", sorted(SAID))
def test_describe_by_hand(name):
    assert describe(name, DATA[name]) == SAID[name]


@pytest.mark.parametrize("name", DESCRIBED)
def test_describe_is_a_function_of_the_data_alone(name):
    data = DATA[name]
    copy = changed(data, np.copy)
    said = describe(name, data)
    assert describe(name, data) == describe(name, copy) == said
    for before, after in zip(data, copy, strict=True):
        np.testing.assert_equal(before, after)
    if name not in ("shapes", "unrolled"):  # whose data are whole numbers
        assert describe(name, changed(data, lambda values: values * (1 - 1e-13))) == said, "not rounded"
        assert describe(name, changed(data, lambda values: values * 0.3)) != said
    else:
        assert describe(name, tuple(2 * size for size in data)) != said


@pytest.mark.parametrize(
    ("states", "end"),
    [
        ([[1.0, 1.0], [1.0, 1.0]], ": 100 % of |h| above 0.99, all of it from timestep 1 on"),
        ([[1.0, 1.0], [1.0, 0.0]], ": 75 % of |h| above 0.99"),
        ([[1.0, 1.0], [0.0, -1.0], [-1.0, 1.0]], ": 83 % of |h| above 0.99, all of it from timestep 3 on"),
        ([[0.99, -0.99]], ": 0 % of |h| above 0.99"),
    ],
)
def test_hidden_states_say_since_when(states, end):
    assert figures.describe_hidden_states(np.array(states)).endswith(end)


def test_a_mean_that_rounds_to_zero_has_no_sign():
    assert figures.describe_histograms({"x": np.array([-1e-3, 0])}).startswith("x mean 0.00,")


@pytest.mark.parametrize(("size", "said"), [(1.8e-28, "1e-28"), (1.0, "1e0"), (524288, "1e6"), (0.0, "0")])
def test_power_of_ten(size, said):
    assert figures.power_of_ten(size) == said


def test_encoded_pixels_come_back():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 4), dtype=np.uint8)
    decoded = plt.imread(io.BytesIO(figures.encode_png(pixels)))  # Pillow's decoder, scaled to 0..1
    np.testing.assert_array_equal(np.rint(255 * decoded), pixels)


def test_live_picture_is_the_full_drawing():
    """And stays so when only the artists' data change; the whole picture, but 3 pixels along the frame."""
    ax = figures.plot_hidden_states(np.zeros((4, 3)), figures.new_axes(live=True))
    live = figures.draw_live(ax.figure, ax.images)
    ax.figure.set_layout_engine("none")  # a second layout would move the axes by fractions of a pixel
    for states in np.zeros((4, 3)), np.random.default_rng(0).uniform(-1, 1, (4, 3)):
        ax.images[0].set_data(states.T)
        picture = np.rint(255 * plt.imread(io.BytesIO(live())))
        ax.images[0].set_animated(False)
        differing = np.abs(picture - render(ax.figure)).max(axis=-1) > 1
        ax.images[0].set_animated(True)
        (left, bottom), (right, top) = np.rint(ax.get_window_extent().get_points()).astype(int)
        rows, columns = np.nonzero(differing)
        rows = len(differing) - 1 - rows  # from the bottom
        near = [np.abs(columns - side) <= 3 for side in (left, right)]
        near += [np.abs(rows - side) <= 3 for side in (bottom, top)]
        assert np.any(near, axis=0).all()
        assert differing.mean() < 0.02
    assert plt.get_fignums() == []


def test_a_live_figure_is_none_of_pyplots():
    figures.new_axes(live=True)
    assert plt.get_fignums() == []


# Notebook 05


def bands(ax):
    """Where the coloured backgrounds begin and end."""
    return [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in ax.patches]


def test_over_gain_draws_curve_dots_and_edge():
    ax = figures.plot_over_gain([0.5, 1, 2], [3, 4, 5], ([1, 1.5], [4.1, 4.4]), ylabel="y", edge=1.2)
    curve, dots = ax.lines
    np.testing.assert_array_equal(curve.get_xydata(), [[0.5, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(dots.get_xydata(), [[1, 4.1], [1.5, 4.4]])
    (_, first), (second, _) = bands(ax)
    assert first == second == pytest.approx(1.2)
    assert [text.get_text() for text in ax.texts] == ["forgets", "chaos"]


def test_over_gain_counts_the_dots_on_the_curve():
    said = figures.describe_over_gain(
        np.array([0.5, 2]),
        np.array([1, 4]),
        (np.array([1, 1.5]), np.array([2.05, 3.2])),
        ylabel="y",
        within=0.1,
    )  # the curve is 2 gain: 2 at gain 1, 3 at gain 1.5
    assert said == "y: predicted 1.00 at gain 0.5 to 4.00 at gain 2; 1 of 2 measured within 0.1"


@pytest.mark.parametrize("input_variance", [0.0, 1.0, 4.0])
def test_predicted_rms_reproduces_itself(input_variance):
    """The mean square of tanh of a normal number of variance gain^2 rms^2 + input_variance is rms^2."""
    (rms,), (exponent,) = figures.predict_over_gain([1.5], input_variance)
    sigma = math.sqrt(1.5**2 * rms**2 + input_variance)
    mean = [
        quad(lambda z, f=f: f(math.tanh(sigma * z)) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi), -12, 12)[
            0
        ]
        for f in (lambda h: h**2, lambda h: (1 - h**2) ** 2)
    ]
    assert rms**2 == pytest.approx(mean[0], abs=1e-7)
    assert exponent == pytest.approx(math.log(1.5**2 * mean[1]) / 2, abs=1e-7)


@pytest.mark.parametrize(("input_variance", "edge", "lines"), [(0.0, 1.0, 2), (1.0, 1.856, 3)])
def test_gain_picture(input_variance, edge, lines):
    gains, rms, exponents = np.array([0.5, 3]), np.array([0, 0.8]), np.array([-0.7, 0.3])
    axes = figures.plot_gain_picture(gains, rms, exponents, input_variance)
    for ax, measured in zip(axes, (rms, exponents), strict=True):
        assert len(ax.lines) == lines
        np.testing.assert_array_equal(ax.lines[1].get_xydata(), np.column_stack([gains, measured]))
        assert bands(ax)[0][1] == pytest.approx(edge, abs=5e-4)
    assert np.all((axes[1].get_ylim()[0] < exponents) & (exponents < axes[1].get_ylim()[1]))


def test_gain_picture_says_which_dots_are_off():
    said = figures.describe_gain_picture(
        np.array([2, 3]), np.array([0.73, 0.9]), np.array([0.15, 0.31]), within=0.02
    )
    first, second = said.splitlines()  # predicted: 0.728, 0.837 and 0.155, 0.310
    assert first.startswith("RMS of the states: ") and first.endswith("; 1 of 2 measured within 0.02")
    assert second.startswith("exponent: ") and second.endswith("; 2 of 2 measured within 0.02")


def test_neighbours_halve_at_gain_half():
    halved = 1e-6 * 0.5 ** np.arange(11)
    np.testing.assert_allclose(figures.predicted_distances(0.5, halved), halved)
    said = figures.describe_neighbours({0.5: halved})
    assert said == "distance over 10 timesteps: gain 0.50: 1e-6 to 1e-9, predicted exponent -0.693"
    measured, predicted = figures.plot_neighbours({0.5: halved}).lines
    np.testing.assert_allclose(measured.get_ydata(), predicted.get_ydata())


def test_gain_0_leaves_no_distance_and_the_picture_its_floor():
    gone = np.array([1e-6, 0, 0])
    np.testing.assert_array_equal(figures.predicted_distances(0.0, gone), [1e-6, 1e-40, 1e-40])
    measured, predicted = figures.plot_neighbours({0.0: gone}).lines
    np.testing.assert_array_equal(measured.get_ydata(), predicted.get_ydata())
    assert figures.describe_neighbours({0.0: gone}).endswith("1e-6 to 0, predicted exponent -inf")
