"""The one place that checks arguments: every refusal names the argument, what was
expected and what came.
"""

import difflib
import math
import reprlib

import numpy as np

MEMORY_LIMIT = 2**30  # bytes: 1 GiB
# By Cauchy and Schwarz no product of two arrays overflows whose sums of squares are
# below these.
LARGEST = {dtype: float(np.finfo(dtype).max) / 100 for dtype in "dfD"}


def check_array(value, name, shape, why="", *, complex_too=False):
    """Return `value` as a finite array of float64 or float32 (or complex128) with the
    given shape.

    `shape` lists the axes: 8 is a size, "timesteps" a size that is free, a leading ...
    any batch axes. `why` completes the refusal, for instance " to match Wx of shape (8,
    4)".
    """
    if type(value) is not np.ndarray:
        value = _plain_array(value, name)
    if (
        value.dtype.char not in ("dfD" if complex_too else "df")
        or not value.dtype.isnative
    ):
        value = _float_array(value, name)
    if value.shape != shape and not _matches(value.shape, shape):
        raise ValueError(
            f"{name} must have shape {_text(shape)}{why}; got {value.shape}."
        )
    flat = value.ravel(
        order="K"
    )  # as it lies in memory; vdot is five times as fast as isfinite
    if not np.vdot(flat, flat).real < LARGEST[value.dtype.char]:
        if not np.isfinite(value).all():
            place = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
            raise ValueError(
                f"{name} must be finite; got {value[place]} at index {place}."
            )
        raise ValueError(
            f"{name} must be small enough that its products stay finite; got a value of size"
            f" {np.abs(value).max():.4g} in {value.dtype}."
        )
    return value


def check_cell(
    inputs,
    Wx,
    Wh,
    b,
    state=None,
    *,
    time=("timesteps",),
    state_name="initial_state",
    complex_too=False,
    gates=1,
    pair=False,
):
    """Return the five arrays of one cell, checked against each other, in one dtype; no
    state stays None.

    gates: how many blocks of hidden_size rows Wx, Wh and b have; pair: the state is
    two, (hidden_state, cell_state), and returned as two.
    """

    def check(value, name, shape, why=""):
        return check_array(value, name, shape, why, complex_too=complex_too)

    Wx = check(
        Wx,
        "Wx",
        (f"{gates} * hidden_size" if gates > 1 else "hidden_size", "input_size"),
    )
    rows, input_size = Wx.shape
    if rows % gates:
        raise ValueError(
            f"Wx must have shape ({gates} * hidden_size, input_size); got {Wx.shape}."
        )
    hidden_size = rows // gates
    why = f" to match Wx of shape {Wx.shape} (hidden_size={hidden_size})"
    Wh = check(Wh, "Wh", (rows, hidden_size), why)
    b = check(b, "b", (rows,), why)
    name = "inputs" if time else "input_t"
    why_inputs = f" to match Wx of shape {Wx.shape} (input_size={input_size})"
    inputs = check(inputs, name, (..., *time, input_size), why_inputs)
    states = [state]
    if pair:
        states = (None, None) if state is None else state
        if not isinstance(states, (tuple, list)) or len(states) != 2:
            raise TypeError(
                f"{state_name} must be a pair (hidden_state, cell_state); got {_came(state)}."
            )
    if state is None and time:  # one step has no default state
        return *same_dtype(inputs, Wx, Wh, b), *states
    batch = inputs.shape[: inputs.ndim - 1 - len(time)]
    why = f" to match {name} of shape {inputs.shape} and Wx of shape {Wx.shape}"
    names = [f"{state_name}[{i}]" for i in range(2)] if pair else [state_name]
    states = [
        check_state(state, name, hidden_size, batch, why, complex_too=complex_too)
        for state, name in zip(states, names, strict=True)
    ]
    return same_dtype(inputs, Wx, Wh, b, *states)


def check_state(state, name, hidden_size, batch, why, *, complex_too=False):
    """Return one state, shared by the batch or with its axes."""
    state = check_array(state, name, (..., hidden_size), why, complex_too=complex_too)
    if state.ndim > 1 and state.shape != (*batch, hidden_size):
        either = f"({hidden_size},)" + (f" or {(*batch, hidden_size)}" if batch else "")
        raise ValueError(
            f"{name} must have shape {either}{why}: one state, not one for each timestep; got {state.shape}."
        )
    return state


def check_states(hidden_states, shape, why=""):
    """Return the output of a tanh cell: an array whose values lie between -1 and 1."""
    hidden_states = check_array(hidden_states, "hidden_states", shape, why)
    largest = max(hidden_states.max(), -hidden_states.min())  # np.abs would make a copy
    if largest > 1:
        raise ValueError(
            f"hidden_states must lie between -1 and 1, as tanh does; got a value of size {largest:.4g}."
            " Are these pre-activations?"
        )
    return hidden_states


def check_size(value, name, minimum=1):
    """Return `value` as an int of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number (int); got {_came(value)}.")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}; got {value}.")
    return int(value)


def check_number(value, name, low, high=math.inf):
    """Return `value` as a finite float between `low` and `high`."""
    if isinstance(value, bool) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"{name} must be a real number; got {_came(value)}.")
    try:
        value = float(value)
    except OverflowError:  # an int beyond every float
        value = math.inf if value > 0 else -math.inf
    if not math.isfinite(value) or not low <= value <= high:
        wanted = (
            f"between {low:g} and {high:g}"
            if high < math.inf
            else f"finite and at least {low:g}"
        )
        raise ValueError(f"{name} must be {wanted}; got {value}.")
    return value


def check_choice(value, name, choices):
    """Return `value` if it is one of `choices`; otherwise suggest the nearest one."""
    if not isinstance(value, str):
        raise TypeError(
            f"{name} must be one of {', '.join(map(repr, choices))}; got {_came(value)}."
        )
    if value not in choices:
        nearest = difflib.get_close_matches(value, choices, cutoff=0)[0]
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, choices))}; got {_came(value)}."
            f" Did you mean {nearest!r}?"
        )
    return value


def check_rng(rng):
    """Return `rng` if it is a Generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng must be a Generator such as np.random.default_rng(0); got {_came(rng)}."
        )
    return rng


def check_memory(numbers=None, /, *, itemsize=8, **sizes):
    """Refuse sizes that need more than MEMORY_LIMIT bytes, before anything is
    allocated.

    numbers: how many numbers these sizes make, a function of them by name; their
    product by default. The refusal names the size that alone is too large, with the
    others at 1, or all of them.
    """

    def needed(**sizes):
        return itemsize * (numbers(**sizes) if numbers else math.prod(sizes.values()))

    if needed(**sizes) > MEMORY_LIMIT:
        ones = dict.fromkeys(sizes, 1)
        alone = [
            name
            for name, size in sizes.items()
            if needed(**ones | {name: size}) > MEMORY_LIMIT
        ]
        named = ", ".join(f"{name}={sizes[name]}" for name in alone or sizes)
        raise MemoryError(
            f"{named} must fit into {MEMORY_LIMIT:,} bytes (1 GiB); got {needed(**sizes):,} bytes."
        )


def same_dtype(*arrays):
    """Return the arrays as they are if they share a dtype, otherwise as complex128 if
    one is, or float64.
    """
    if all(array.dtype == arrays[0].dtype for array in arrays):
        return arrays
    dtype = (
        np.complex128
        if any(array.dtype.kind == "c" for array in arrays)
        else np.float64
    )
    return tuple(array.astype(dtype) for array in arrays)


def _plain_array(value, name):
    if isinstance(value, (np.ma.MaskedArray, np.matrix)):
        raise TypeError(f"{name} must be a plain array; got a {type(value).__name__}.")
    if value is None:
        raise TypeError(f"{name} must be an array of real numbers; got None.")
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{name} must be rectangular, every row as long as the first; got {_came(value)}."
        ) from None
    except Exception as error:
        raise TypeError(
            f"{name} must be an array of real numbers; got {type(value).__name__} ({type(error).__name__})."
        ) from None


def _float_array(value, name):
    if value.dtype.kind in "biu" or value.dtype.char == "d":
        return value.astype(np.float64)
    if value.dtype.char == "f":
        return value.astype(np.float32)
    raise TypeError(
        f"{name} must hold real numbers (float64, float32, integers or booleans);"
        f" got dtype {value.dtype.name}."
    )


def _matches(found, shape):
    if shape[:1] == (...,):
        shape = shape[1:]
        if len(found) < len(shape) or 0 in found:
            return False
        found = found[len(found) - len(shape) :]
    if len(found) != len(shape):
        return False
    for size, axis in zip(found, shape, strict=True):
        if size != axis and (isinstance(axis, int) or size == 0):
            return False
    return True


def _text(shape):
    """Shape as a reader writes it: (..., timesteps, 4), (8,)."""
    axes = ", ".join("..." if axis is ... else str(axis) for axis in shape)
    return f"({axes},)" if len(shape) == 1 else f"({axes})"


def _came(value):
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"{reprlib.repr(value)} ({type(value).__name__})"
