"""What figures draw and say, against arrays placed by hand."""

import inspect
import io
import re

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

import rnn_lessons
from rnn_lessons import panel, pictures
from rnn_lessons.gates import Run, Setting
from rnn_lessons.panel import held

PLOTS = rnn_lessons.find("plot_*")
STATES = np.array(
    [[0.5, -0.2, 1.0], [0.995, -1.0, 0.999]]
)  # of 3 units one is saturated, then all
SLOPES = np.array([[0.75, 0.96, 0.0], [0.009975, 0.0, 0.001999]])
TERMS = np.array([[1.0, 2.0], [0.0, -1.0], [0.5, 0.5], [1.5, 1.5], [0.91, 0.91]])
GAINS, RISING = np.array([0.5, 2.0]), np.array([1.0, 4.0])  # 2 gain
HALVED = np.array([1e-6, 5e-7, 0.0])
ERRORS = np.array(
    [[1e-16, 1e-2, 1.0], [0.0, 1e-13, 1e-6]]
)  # (rounds, timesteps): the third round was not needed
MAP = np.array([[0.0, 0.25], [0.5, 1.0]])


SEVERAL = ("plot_gain_picture", "plot_portraits", "plot_shadow")  # axes of their own


def line(y, x=None):
    return np.column_stack([np.arange(len(y)) if x is None else x, y])


# plot -> (arguments, what it says, what its artists hold, options)
LEARNT = Run(
    task="last mark",
    setting=Setting("GRU"),
    seed=1,
    limit=100,
    updates=70,
    solved=True,
    keeps_before=0.5,
    keeps_after=0.5,
    held=np.nan,
    accuracies=[0.75, 1.0],
)
STUCK = LEARNT._replace(updates=100, solved=False, accuracies=[0.5, 0.5])
EXAMPLES = {
    "plot_heatmap": (
        (STATES,),
        "t, 3 by 2 timesteps: -1 to 1",
        {"image": STATES.T},
        {"title": "t", "bar": "b", "limits": (-1, 1), "cmap": "RdBu_r"},
    ),
    "plot_curves": (
        ([1, 2, 3], {"up": np.array([0.0, 1, 2]), "down": np.array([2.0, 1, 0])}),
        "y over x 1 to 3: up 0 to 2; down 2 to 0",
        {"up": line([0, 1, 2], [1, 2, 3]), "down": line([2, 1, 0], [1, 2, 3])},
        {"xlabel": "x", "ylabel": "y"},
    ),
    "plot_shapes": (
        (3, 2, 4),
        "(4, 2) times 2 numbers gives 4, (4, 4) times 4 gives 4;"
        " dark: what unit 1 needs",
    ),
    "plot_spreads": (
        ({"wide": np.array([-1.0, 1.0]), "tiny": np.array([-1e-3, 0])},),
        "mean and spread: wide 0.0 and 1.0; tiny 0.0 and 0.0",
        {},
        {"xlabel": "x", "flat": 0.5},
    ),
    "plot_unrolled": (
        ("abc",),
        "the same cell drawn once with its loop, and once for each letter of abc",
    ),
    "plot_step": (
        (TERMS,),
        "mean over units: 1.50 from the input + -0.50 from the state + 0.50 bias"
        " = 1.50; mean of tanh 0.9100",
        {"terms": TERMS.T},
    ),
    "plot_all_rows": (
        (3, 2, 4),
        "one timestep: (4, 2) @ (2,) gives (4,);"
        " all of them: (3, 2) @ (2, 4) gives (3, 4)",
    ),
    "plot_reading": (
        (STATES[[0, 1, 0]], "ell"),
        "t: 3 letters, 2 different states",
        {"image": STATES[[0, 1, 0]].T},
        {"title": "t"},
    ),
    "plot_hidden_states": (
        (STATES,),
        "hidden states of 3 units over 2 timesteps: 67 % of |h| above 0.99,"
        " all of it from timestep 2 on",
        {"image": STATES.T},
    ),
    "plot_slope": (
        (SLOPES,),
        "slope after timestep 1: 0.004 on average",
        {"image": SLOPES.T},
    ),
    "plot_on_tanh": (
        (np.array([[0.0, 1.0], [-9.0, 3.0]]),),
        "4 dots on tanh: 50 % beyond 2.65",
        {"dots": [[0, 0], [1, np.tanh(1)], [-8, np.tanh(-9)], [3, np.tanh(3)]]},
    ),
    "plot_saturation_map": (
        (MAP, [2, 8], [0.5, 1.5]),
        "saturated fraction 0.00 at hidden_size 2, gain 0.5;"
        " 0.25 at hidden_size 2, gain 1.5;"
        " 0.50 at hidden_size 8, gain 0.5; 1.00 at hidden_size 8, gain 1.5",
        {"border": line([2, 8], [1.25, 0.5])},
        {"border": ("predicted", [1.25, 0.5])},
    ),
    "plot_gradients": (
        (np.array([[1e-8, -3e-7], [0.0, 0.1]]),),
        "gradient: 1e-1 at timestep 2, 1e-7 at timestep 1",
        {"image": [[-8, -40], [np.log10(3e-7), -1]]},
    ),
    "plot_gradient_norms": (
        (np.array([1, 0.25, 1e-8]), np.array([1.0, 2, 4]), np.array([1.0, 1, 1])),
        "gradient norm 2 steps back: 1e-8; largest singular value 2.00,"
        " spectral radius 1.00",
        {
            "measured": line([1, 0.25, 1e-8]),
            "bound": line([1, 2, 4]),
            "rule": line([1, 1, 1]),
        },
    ),
    "plot_over_gain": (
        (GAINS, RISING, ([1.0, 1.5], [2.05, 3.2])),
        "y: 2 dots, at most 0.200 from the predicted curve",
        {
            "predicted": line(RISING, GAINS),
            "measured": line([2.05, 3.2], [1, 1.5]),
        },
        {"ylabel": "y", "edge": 1.0},
    ),
    "plot_gain_picture": (
        ((GAINS, RISING, -RISING), ([1.0], [2.0], [-2.5])),
        "RMS of the states: 1 dots, at most 0.000 from the predicted curve\n"
        "exponent: 1 dots, at most 0.500 from the predicted curve",
        {
            "predicted": line(RISING, GAINS),
            "without_input": line(-RISING, GAINS),
            "measured": [[1, 2]],
        },
        {"edge": 1.0, "without_input": (GAINS, -RISING, RISING)},
    ),
    "plot_portraits": (
        ({"rest": np.array([[0.5, -0.5]] * 3), "two": np.array([[0, 1], [1, 0]])},),
        "rest: 1 place\ntwo: 2 places",
        {"states": [[0.5, -0.5]] * 3},
    ),
    "plot_readout": (
        (np.array([1.0, 2.0]), np.array([0.5, 1.5])),
        "t",
        {"signal": line([1, 2], [1, 2]), "readout": line([0.5, 1.5], [1, 2])},
        {"title": "t"},
    ),
    "plot_memory_curves": (
        ({"far": np.array([1, 1, 0.75, 0.25]), "deaf": np.array([0.25, 0, 0, 0])},),
        "R^2 at delays 0 to 3: far: at least 1/2 up to delay 2, capacity 2;"
        " deaf: below 1/2 at delay 0, capacity 0",
        {"far": line([1, 1, 0.75, 0.25]), "deaf": line([0.25, 0, 0, 0])},
    ),
    "plot_shadow": (
        (0.64,),
        "R^2 is the squared shadow, 0.64\neach shadow has the length 0.80",
        {"target": [[0, 0], [0.8, 0.6]], "shadow": [[0, 0], [0.8, 0]]},
    ),
    "plot_neighbours": (
        ({0.5: HALVED}, {0.5: HALVED / 10}),
        "distance over 2 timesteps: gain 0.50: 1e-6 to 0, predicted 0",
        {
            "measured 0.5": line([1e-6, 5e-7, 1e-40]),
            "predicted 0.5": line([1e-7, 5e-8, 1e-40]),
        },
    ),
    "plot_gates": (  # 3 of 8 above 0.99, 1 above 0.995
        (np.array([[0.5, 0.991, 0.2, 0.999], [0.1, 0.992, 0.3, 0.4]]), "update gate"),
        "update gate of 4 units: median 0.45; 38 % above 0.99, 12 % above 0.995",
        {"image": [[0.5, 0.1], [0.991, 0.992], [0.2, 0.3], [0.999, 0.4]]},
    ),
    "plot_cell": (
        ("leaky",),
        "leaky cell: the old state times (1 - a), plus tanh(z) times a",
        {"kept": [[1.0, 4.3], [8.6, 4.3]]},
    ),
    "plot_learning": (
        ({"one": [LEARNT], "two": [STUCK]},),
        "share told right at the end: one 1.00; two 0.50",
        {
            "one": line([0.75, 1.0], [50, 70]),
            "two": line([0.5, 0.5], [50, 100]),
        },
    ),
    "plot_marks": (
        (np.array([[1.0, 1.0], [-1.0, 0.0], [-1.0, 1.0]]),),
        "2 marks in 3 timesteps, the last at 3",
        {
            "signs": line([1, -1, -1], [1, 2, 3]),
            "marked": line([1, -1], [1, 3]),
        },
    ),
    "plot_arriving": (
        ({"one": np.array([1e-8, 0.1, 1.0]), "two": np.array([0.0, 1e-3, 1.0])},),
        "gradient of the last state by the input at timestep 1: one 1e-8, two 0",
        {
            "one": line([1e-8, 0.1, 1], [1, 2, 3]),
            "two": line([1e-40, 1e-3, 1], [1, 2, 3]),
        },
    ),
    "plot_loss": (
        ([4.0, 2.0, 0.5], {"entropy": 3.106}),
        "loss 4.00 to 0.50 over 3 updates; levels: entropy 3.106",
        {"loss": line([4, 2, 0.5], [1, 2, 3]), "entropy": [[0, 3.106], [1, 3.106]]},
    ),
    "plot_over_exponent": (
        (
            {
                "recites": ([-np.inf, -0.7, 0.1], [119, 80, 300]),
                "does not": ([0.3], [1500]),
            },
        ),
        "updates: recites 80 to 300; does not 1.5e+03 to 1.5e+03",
        {
            "recites": line([119, 80, 300], [-3, -0.7, 0.1]),
            "does not": [[0.3, 1500]],
        },
        {"ylabel": "updates"},
    ),
    "plot_errors": (
        (ERRORS,),
        "error: 2 rounds for 3 timesteps; largest error 1e0 after round 1",
        {
            "image": [[-13, -2, 0], [-13, -13, -6], [np.nan] * 3],
            "bound": [[0.5, 0.5], [3.5, 3.5]],
        },
    ),
    "plot_rounds": (
        ({"Jacobi": ([-2.0, 0.5], [2, 4]), "Newton": ([-2.0, 0.5], [1, 3])},),
        "rounds for 4 timesteps, exponents -2.00 to 0.50: Jacobi 2 to 4, Newton 1 to 3",
        {
            "Jacobi": line([2, 4], [-2.0, 0.5]),
            "Newton": line([1, 3], [-2.0, 0.5]),
        },
        {"timesteps": 4},
    ),
    "plot_newton": (
        (0, 1, 0),  # a level line: its tangent leads to the answer at once
        "Newton's method: from the guess 0 to 0.762",
        {"tangent": line([np.tanh(1)] * 2, [0, np.tanh(1)])},
    ),
}


WRONG = [
    np.zeros((0, 2)),
    np.zeros((2, 2, 2, 2)),
    "text",
    np.array(["a", "b"]),
    [[1, 2], [3]],
    [],
    {},
    3,
    None,
]
LENIENT = {  # pairs and lists of pairs, which the lessons build on the spot
    ("plot_gain_picture", "predicted"),
    ("plot_gain_picture", "measured"),
    ("plot_over_gain", "measured"),
    ("plot_rounds", "counts"),
    ("plot_loss", "losses"),
    ("plot_loss", "levels"),
}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def plot(name, **more):
    """All axes that a plot of the example returns."""
    arguments, _, _, options = (*EXAMPLES[name], {}, {})[:4]
    return np.ravel(PLOTS[name](*arguments, **options, **more))


@pytest.mark.parametrize("name", PLOTS)
def test_what_is_drawn_and_said(name):
    assert name in EXAMPLES, f"{name} needs an example above"
    axes = plot(name)
    _, said, drawn, *_ = (*EXAMPLES[name], {})
    assert "\n".join(ax.digest for ax in axes) == said
    assert drawn.keys() <= axes[0].drawn.keys()
    for key, expected in drawn.items():
        np.testing.assert_allclose(
            held(axes[0].drawn[key]), expected, rtol=1e-12, atol=0, err_msg=key
        )


@pytest.mark.parametrize("name", PLOTS)
def test_it_opens_one_opaque_figure_with_names_on_everything(name):
    axes = plot(name)
    assert all(isinstance(ax, Axes) for ax in axes) and plt.get_fignums() == [1]
    figure = axes[0].figure
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())
    assert (pixels[..., 3] == 255).all() and (
        pixels[[0, 0, -1, -1], [0, -1, 0, -1]] == 255
    ).all()
    for ax in axes:
        assert (
            ax.get_ylabel()
            or any(t.get_text() for t in ax.get_yticklabels())
            or len(ax.texts) > 4
        )
        assert ax.get_xlabel() or not ax.axison or ax is not axes[-1]
        assert not ax.images or min(len(ax.get_xticks()), len(ax.get_yticks())) > 0
    for bar in (ax for ax in figure.axes if ax not in axes):
        assert bar.get_title(), "a colour bar has no name"


@pytest.mark.parametrize(
    "name",
    [name for name in PLOTS if name not in SEVERAL],
)
def test_it_draws_into_a_given_ax_and_says_what_it_is_told(name):
    _, given = pictures.new_axes(1, 2)
    (ax,) = plot(name, ax=given, digest="told")
    assert ax is given and plt.get_fignums() == [1]
    assert ax.digest == "told"


def test_show_displays_once_with_the_digests_as_alternative_text(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(
        pictures, "display", lambda figure, metadata: shown.append(metadata)
    )
    monkeypatch.setattr(pictures, "in_notebook", lambda: True)
    left, right = pictures.new_axes(1, 2)
    PLOTS["plot_hidden_states"](STATES, ax=left, digest="one")
    PLOTS["plot_slope"](SLOPES, ax=right, digest="two")
    pictures.show()
    assert shown == [{"image/png": {"alt": "one\ntwo"}}]
    assert capsys.readouterr().out == "one\ntwo\n"
    assert plt.get_fignums() == []


def test_show_outside_a_notebook_prints_the_digest_and_opens_a_window(
    monkeypatch, capsys
):
    opened = []
    monkeypatch.setattr(plt, "show", lambda: opened.append(plt.get_fignums()))
    PLOTS["plot_hidden_states"](STATES, digest="one")
    pictures.show()
    assert opened == [[1]]
    assert capsys.readouterr().out == "one\n"
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_no_picture_is_refused_by_name(name):
    """Nothing in it, an axis too many, text, ragged rows, None: each array in turn."""
    arguments, _, _, options = (*EXAMPLES[name], {}, {})[:4]
    names = list(inspect.signature(PLOTS[name]).parameters)
    complaints = []
    for place, argument in enumerate(names[: len(arguments)]):
        good = arguments[place]
        if (name, argument) in LENIENT or isinstance(good, (int, str)):
            continue
        for wrong in WRONG:
            given = [*arguments[:place], wrong, *arguments[place + 1 :]]
            try:
                PLOTS[name](*given, **options)
                complaints.append(f"{argument}={wrong!r}: not refused")
            except Exception as refusal:
                said = str(refusal)
                named = re.match(rf"{argument}(\[.*?\])? must .*; got ", said)
                if not named or type(refusal) not in (TypeError, ValueError):
                    complaints.append(f"{argument}={wrong!r}: {refusal!r}")
    assert not complaints, "\n".join(complaints)


def test_lists_are_drawn_like_arrays():
    for name in ("plot_hidden_states", "plot_slope", "plot_gradients", "plot_step"):
        (example, said, *_) = EXAMPLES[name]
        assert PLOTS[name](example[0].tolist()).digest == said


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (60, 128)])
def test_heatmaps_have_fixed_limits_and_cells_that_count_from_one(shape):
    for name, limits in {
        "hidden_states": (-1, 1),
        "slope": (0, 1),
        "gradients": (-30, 0),
    }.items():
        ax = PLOTS[f"plot_{name}"](np.random.default_rng(0).uniform(0.1, 0.4, shape))
        image = ax.drawn["image"]
        assert (
            image.get_clim() == limits
        )  # whatever the data: the same colour is always the same number
        assert image.get_extent() == [0.5, shape[0] + 0.5, shape[1] + 0.5, 0.5]
        assert ax.get_xticks()[0] == ax.get_yticks()[0] == 1
        assert len(ax.get_xticks()) <= 14 and len(ax.get_yticks()) <= 14


def test_the_colours_of_a_step_are_scaled_to_its_numbers_which_stand_on_them():
    ax = plot("plot_step")[0]
    assert ax.drawn["terms"].get_clim() == (-2, 2)
    said = [number.get_text() for number in ax.drawn["numbers"]]
    assert (
        said
        == ["1.00", "2.00", "0.00", "-1.00"]
        + ["0.50"] * 2
        + ["1.50"] * 2
        + ["0.9100"] * 2
    )
    colors = [number.get_color() for number in ax.drawn["numbers"]]
    assert colors[:4] == ["black", "white", "black", "black"]


def test_the_rows_of_one_timestep_are_dark():
    collections = plot("plot_all_rows")[0].collections
    dark = [np.sum(np.asarray(c.get_alpha()) > 0.5) for c in collections]
    assert dark == [0, 2, 4, 2, 0, 4]  # of Wx, input_t, column, inputs, Wx.T, rows
    assert [len(c.get_paths()) for c in collections] == [8, 2, 4, 6, 8, 12]


def test_the_map_draws_its_contour_at_one_half():
    """Between 0.25 and 1 at gain 1.5, and exactly at the corner of gain 0.5 and
    hidden_size 8.
    """
    ax = plot("plot_saturation_map")[0]
    np.testing.assert_array_equal(ax.drawn["map"].get_array().ravel(), MAP.ravel())
    np.testing.assert_allclose(
        ax.drawn["half"].get_paths()[0].vertices, [[0.5, 8], [1.5, 4]], rtol=1e-12
    )
    PLOTS["plot_saturation_map"](
        np.zeros((1, 2)), [2], [0.5, 1.5]
    )  # no half, no contour, no warning


def test_a_curve_that_hides_another_is_dashed_and_zero_stands_on_a_named_floor():
    y = np.array([1.0, 1e-20, 0.0])
    ax = PLOTS["plot_curves"](
        [1, 2, 3], {"a": y, "b": y, "c": 1 + y}, xlabel="x", ylabel="y", yscale="log"
    )
    assert [ax.drawn[name].get_linestyle() for name in "abc"] == ["-", "--", "-"]
    assert ax.drawn["a"].get_ydata()[-1] == pictures.FAINTEST
    assert "0, drawn at 1e-40" in [text.get_text() for text in ax.texts]


def test_shapes_are_to_scale():
    drawn = plot("plot_shapes")[0].drawn
    corners = held(drawn["arrays"])
    boxes = [tuple(box) for box in np.ptp(corners, axis=1)[:, ::-1]]  # (rows, columns)
    assert boxes == [(3, 2), (4, 1), (4, 2), (2, 1), (4, 4), (4, 1), (4, 1)]
    dark = [tuple(box) for box in np.ptp(held(drawn["unit_1"]), axis=1)[:, ::-1]]
    assert dark == [(1, 1), (1, 2), (1, 4), (1, 1)]
    said = [label.get_text() for label in drawn["labels"]]
    assert said == ["(3, 2)", "(4,)", "(4, 2)", "(2,)", "(4, 4)", "(4,)", "(4,)"]


def test_spreads_share_their_bins():
    values, edges, baseline = plot("plot_spreads")[0].drawn["wide"].get_data()
    assert baseline == 0 and np.min(values) == -0.9 and edges[0] <= -1 <= 1 <= edges[-1]


def test_bands_meet_at_the_critical_gain():
    (_, first), (second, _) = (
        (p.get_x(), p.get_x() + p.get_width())
        for p in plot("plot_over_gain")[0].patches
    )
    assert first == second == 1.0


def test_encoded_pixels_come_back():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 4), dtype=np.uint8)
    decoded = plt.imread(
        io.BytesIO(panel.encode_png(pixels))
    )  # Pillow's decoder, scaled to 0..1
    np.testing.assert_array_equal(np.rint(255 * decoded), pixels)


@pytest.mark.parametrize(
    ("size", "said"), [(1.8e-28, "1e-28"), (1.0, "1e0"), (524288, "1e6"), (0.0, "0")]
)
def test_power_of_ten(size, said):
    assert pictures.power_of_ten(size) == said
