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
    array = value
    if type(array) is not np.ndarray:
        array = _plain_array(value, name)
    dtypes = "dfD" if complex_too else "df"
    if array.dtype.char not in dtypes or not array.dtype.isnative:
        array = _float_array(array, name, value)
    if 0 in array.shape:
        raise ValueError(f"{name} must not be empty; got shape {array.shape}.")
    if array.shape != shape and not _matches(array.shape, shape):
        wanted = _text(shape)
        raise ValueError(f"{name} must have shape {wanted}{why}; got {array.shape}.")
    # As it lies in memory: vdot is five times as fast as isfinite.
    flat = array.ravel(order="K")
    if not np.vdot(flat, flat).real < LARGEST[array.dtype.char]:
        _refuse_too_large(array, name)
    return array


def check_weights(Wx, Wh, b, *, blocks=1, complex_too=False):
    """Return the weights of one cell, checked against each other.

    blocks: how many blocks of hidden_size rows they have, one for each gate.
    """
    rows = "hidden_size" if blocks == 1 else f"{blocks} * hidden_size"
    shape = (rows, "input_size")
    Wx = check_array(Wx, "Wx", shape, complex_too=complex_too)
    if len(Wx) % blocks:
        raise ValueError(f"Wx must have shape {_text(shape)}; got {Wx.shape}.")
    hidden_size = len(Wx) // blocks
    why = f" to match Wx of shape {Wx.shape} (hidden_size={hidden_size})"
    shape = (len(Wx), hidden_size)
    Wh = check_array(Wh, "Wh", shape, why, complex_too=complex_too)
    b = check_array(b, "b", (len(Wx),), why, complex_too=complex_too)
    return Wx, Wh, b


def check_inputs(inputs, Wx, *, complex_too=False):
    """Return the inputs of a run, with any batch axes, checked against Wx."""
    input_size = Wx.shape[1]
    why = f" to match Wx of shape {Wx.shape} (input_size={input_size})"
    shape = (..., "timesteps", input_size)
    return check_array(inputs, "inputs", shape, why, complex_too=complex_too)


def check_state(state, batch, Wh, name="initial_state", *, complex_too=False):
    """Return one state of a cell: shared by the batch, or with its axes; no initial
    state stays None.
    """
    if state is None and name == "initial_state":
        return None
    hidden_size = Wh.shape[1]
    why = f" to match Wh of shape {Wh.shape} (hidden_size={hidden_size})"
    shape = (..., hidden_size)
    state = check_array(state, name, shape, why, complex_too=complex_too)
    one = (*batch, hidden_size)
    if state.ndim == 1 or state.shape == one:
        return state
    either = f"({hidden_size},)" + (f" or {one}" if batch else "")
    reason = (
        "one for each sequence" if batch else "one state, not one for each timestep"
    )
    if state.shape[1:] == one and (batch or len(state) == 1):
        theirs = "c_0" if name.endswith("[1]") else "h_0"
        reason = f"PyTorch's {theirs} has one more axis, for layers: give {theirs}[0]"
    raise ValueError(
        f"{name} must have shape {either}{why}: {reason}; got {state.shape}."
    )


def check_pair(pair, batch, Wh):
    """Return the initial state of an LSTM, (hidden_state, cell_state), each checked as
    check_state does; None is two Nones.
    """
    if pair is None:
        return None, None
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(
            "initial_state must be a pair (hidden_state, cell_state);"
            f" got {_shown(pair)}."
        )
    hidden_state, cell_state = pair
    hidden_state = check_state(hidden_state, batch, Wh, "initial_state[0]")
    cell_state = check_state(cell_state, batch, Wh, "initial_state[1]")
    return hidden_state, cell_state


def check_cell(inputs, Wx, Wh, b, state=None, *, gates=1, pair=False):
    """To be removed: the parts above, composed."""
    Wx, Wh, b = check_weights(Wx, Wh, b, blocks=gates)
    inputs = check_inputs(inputs, Wx)
    batch = inputs.shape[:-2]
    states = check_pair(state, batch, Wh) if pair else [check_state(state, batch, Wh)]
    return same_dtype(inputs, Wx, Wh, b, *states)


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
        raise TypeError(f"{name} must be a whole number (int); got {_shown(value)}.")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}; got {value}.")
    return int(value)


def check_number(value, name, low, high=math.inf):
    """Return `value` as a finite float between `low` and `high`."""
    if isinstance(value, bool) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"{name} must be a real number; got {_shown(value)}.")
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


def check_choice(value, name, choices, elsewhere=None):
    """Return `value` if it is one of `choices`; otherwise suggest the one that is
    meant, if that can be told.

    elsewhere: how other libraries' names begin -> the choice that is the same.
    """
    wanted = ", ".join(map(repr, choices))
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {wanted}; got {_shown(value)}.")
    if value in choices:
        return value
    meant = [
        choice
        for beginning, choice in (elsewhere or {}).items()
        if value.lower().startswith(beginning)
    ]
    # A longer name is no misspelling: "random_uniform" means something else.
    as_long = [choice for choice in choices if len(choice) >= len(value)]
    meant += difflib.get_close_matches(value.lower(), as_long, n=1, cutoff=0.7)
    hint = f" Did you mean {meant[0]!r}?" if meant else ""
    raise ValueError(f"{name} must be one of {wanted}; got {_shown(value)}.{hint}")


def check_rng(rng):
    """Return `rng` if it is a Generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng must be a Generator such as np.random.default_rng(0); got {_shown(rng)}."
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
    one is, or float64. None stays None.
    """
    dtypes = {array.dtype for array in arrays if array is not None}
    if len(dtypes) == 1:
        return arrays
    dtype = np.complex128 if np.dtype(np.complex128) in dtypes else np.float64
    return tuple(None if array is None else array.astype(dtype) for array in arrays)


def _plain_array(value, name):
    if isinstance(value, (np.ma.MaskedArray, np.matrix)):
        raise TypeError(f"{name} must be a plain array; got a {type(value).__name__}.")
    if value is None:
        raise TypeError(f"{name} must be an array of real numbers; got None.")
    try:
        return np.asarray(value)
    except Exception as error:
        if isinstance(error, ValueError) and not hasattr(value, "__array__"):
            _refuse_ragged(value, name)
        # PyTorch, for instance, says here what to call first.
        cause = type(error).__name__
        if str(error):
            cause += f": {str(error).splitlines()[0].rstrip('.')}"
        raise TypeError(
            f"{name} must be an array of real numbers;"
            f" got {type(value).__name__} ({cause})."
        ) from None


def _float_array(array, name, given):
    """Return integers, booleans and foreign byte orders as float64 or float32."""
    if array.dtype.kind in "biu" or array.dtype.char == "d":
        return array.astype(np.float64)
    if array.dtype.char == "f":
        return array.astype(np.float32)
    if array.dtype.char == "D" and not array.dtype.isnative:
        return check_array(array.astype(np.complex128), name, (...,), complex_too=True)
    kind = type(given).__name__
    got = f"dtype {array.dtype.name}"
    if array.dtype.kind in "SU" and array.size:
        place = (0,) * array.ndim
        got = f"text, {array[place].item()!r}" + (f" at index {place}" if place else "")
    elif array.dtype.names:
        got = f"the named columns {', '.join(array.dtype.names)}"
    elif array.dtype.kind == "O" and not array.ndim:
        got = kind
    elif array.dtype.kind == "O":
        for place in np.ndindex(array.shape):
            entry = array[place]
            if isinstance(entry, (list, tuple, np.ndarray)):
                _refuse_ragged(given, name)
            if not isinstance(entry, (bool, int, float, np.number)):
                got = f"{_shown(entry)} at index {place} of {kind}"
                break
        else:
            got = f"dtype object ({kind}), although each entry is a number: .astype(float) mends it"
    raise TypeError(
        f"{name} must hold real numbers (float64, float32, integers or booleans);"
        f" got {got}."
    )


def _refuse_ragged(value, name):
    raise ValueError(
        f"{name} must be rectangular, every row as long as the first;"
        f" got {_shown(value)}."
    ) from None


def _refuse_too_large(array, name):
    if not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite; got {array[place]} at index {place}.")
    raise ValueError(
        f"{name} must be small enough that its products stay finite;"
        f" got a value of size {np.abs(array).max():.4g} in {array.dtype}."
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


def _shown(value):
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"{reprlib.repr(value)} ({type(value).__name__})"
