"""The one place that checks arguments: every refusal names the argument, what was
expected and what came.
"""

import math
import reprlib
from functools import partial

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
    4)"; a function that returns it is called in a refusal only.
    """
    array = check_numbers(value, name, shape, why, complex_too=complex_too)
    # As it lies in memory: vdot is five times as fast as isfinite.
    flat = array.ravel(order="K")
    if not np.vdot(flat, flat).real < LARGEST[array.dtype.char]:
        _refuse_too_large(array, name)
    return array


def check_numbers(value, name, shape, why="", *, complex_too=False):
    """Return `value` as check_array does, but leave NaN, infinity and large numbers."""
    array = value
    if type(array) is not np.ndarray:
        array = _plain_array(value, name)
    dtypes = "dfD" if complex_too else "df"
    if array.dtype.char not in dtypes or not array.dtype.isnative:
        array = _float_array(array, name, value)
    if 0 in array.shape:
        raise ValueError(f"{name} must not be empty; got shape {array.shape}.")
    if array.shape != shape and not _matches(array.shape, shape):
        wanted = _text(shape) + (why() if callable(why) else why)
        raise ValueError(f"{name} must have shape {wanted}; got {array.shape}.")
    return array


def check_run(inputs, Wx, Wh, b, initial_state, *, blocks=1, complex_too=False):
    """Return the arguments of a run, checked against each other, in one dtype.

    blocks: how many blocks of hidden_size rows the weights have, one for each gate.
    """
    Wx, Wh, b = check_weights(Wx, Wh, b, blocks=blocks, complex_too=complex_too)
    inputs = check_inputs(inputs, Wx, complex_too=complex_too)
    if initial_state is not None:
        batch = inputs.shape[:-2]
        initial_state = check_state(
            initial_state, "initial_state", batch, Wh, complex_too=complex_too
        )
    return same_dtype(inputs, Wx, Wh, b, initial_state)


def check_step(input_t, hidden_state, Wx, Wh, b):
    """Return the arguments of one step, checked against each other, in one dtype."""
    Wx, Wh, b = check_weights(Wx, Wh, b, complex_too=True)
    shape = (..., Wx.shape[1])
    why = partial(_match_of, Wx, "input_size", Wx.shape[1])
    input_t = check_array(input_t, "input_t", shape, why, complex_too=True)
    batch = input_t.shape[:-1]
    hidden_state = check_state(
        hidden_state, "hidden_state", batch, Wh, complex_too=True
    )
    return same_dtype(input_t, hidden_state, Wx, Wh, b)


def check_weights(Wx, Wh, b, *, blocks=1, complex_too=False):
    """Return the weights of one cell, checked against each other."""
    rows = "hidden_size" if blocks == 1 else f"{blocks} * hidden_size"
    shape = (rows, "input_size")
    Wx = check_array(Wx, "Wx", shape, complex_too=complex_too)
    if len(Wx) % blocks:
        raise ValueError(f"Wx must have shape {_text(shape)}; got {Wx.shape}.")
    hidden_size = len(Wx) // blocks
    shape = (len(Wx), hidden_size)
    why = partial(_match_of, Wx, "hidden_size", hidden_size)
    Wh = check_array(Wh, "Wh", shape, why, complex_too=complex_too)
    b = check_array(b, "b", (len(Wx),), why, complex_too=complex_too)
    return Wx, Wh, b


def check_inputs(inputs, Wx, *, complex_too=False):
    """Return the inputs of a run, with any batch axes, checked against Wx."""
    shape = (..., "timesteps", Wx.shape[1])
    why = partial(_match_of, Wx, "input_size", Wx.shape[1])
    return check_array(inputs, "inputs", shape, why, complex_too=complex_too)


def check_state(state, name, batch, Wh, *, complex_too=False):
    """Return one state of a cell: shared by the batch, or with its axes."""
    hidden_size = Wh.shape[1]
    why = f" to match Wh of shape {Wh.shape} (hidden_size={hidden_size})"
    state = check_array(state, name, (..., hidden_size), why, complex_too=complex_too)
    one = (*batch, hidden_size)
    if state.ndim == 1 or state.shape == one:
        return state
    wanted = f"({hidden_size},)"
    reason = "one state, not one for each timestep"
    if batch:
        wanted = f"({hidden_size},) or {one}"
        reason = "one for each sequence"
    if state.shape[1:] == one and (batch or len(state) == 1):
        theirs = "c_0" if name.endswith("[1]") else "h_0"
        reason = f"PyTorch's {theirs} has one more axis, for layers: give {theirs}[0]"
    raise ValueError(
        f"{name} must have shape {wanted}{why}: {reason}; got {state.shape}."
    )


def check_pair(pair, batch, Wh):
    """Return the two initial states of an LSTM; None is two Nones."""
    if pair is None:
        return None, None
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(
            "initial_state must be a pair (hidden_state, cell_state);"
            f" got {shown(pair)}."
        )
    hidden_state = check_state(pair[0], "initial_state[0]", batch, Wh)
    cell_state = check_state(pair[1], "initial_state[1]", batch, Wh)
    return hidden_state, cell_state


def check_states(hidden_states, shape, why=""):
    """Return the output of a tanh cell: an array whose values lie between -1 and 1."""
    hidden_states = check_array(hidden_states, "hidden_states", shape, why)
    largest = max(hidden_states.max(), -hidden_states.min())  # np.abs makes a copy
    if largest > 1:
        raise ValueError(
            "hidden_states must lie between -1 and 1, as tanh does;"
            f" got a value of size {largest:.4g}. Are these pre-activations?"
        )
    return hidden_states


def check_states_of(inputs, hidden_states, Wh):
    """Return the hidden states of a run over these inputs, checked against them."""
    shape = (*inputs.shape[:-1], len(Wh))
    why = f" to match inputs of shape {inputs.shape} and Wh of shape {Wh.shape}"
    return check_states(hidden_states, shape, why)


def check_one_run(hidden_states, Wh):
    """Return the states of one run without a batch axis, and Wh, in one dtype."""
    hidden_states = check_states(hidden_states, ("timesteps", "hidden_size"))
    hidden_size = hidden_states.shape[1]
    why = f" to match hidden_states of shape {hidden_states.shape}"
    Wh = check_array(Wh, "Wh", (hidden_size, hidden_size), why)
    return same_dtype(hidden_states, Wh)


def check_run_memory(inputs, Wh, *, states, copies=0):
    """Refuse a run that needs more than MEMORY_LIMIT bytes: so many arrays of the shape
    of its hidden states, and of its inputs, are held at once.
    """
    *batch, timesteps, input_size = inputs.shape
    check_memory(
        lambda batch, timesteps, input_size, hidden_size: (
            batch * timesteps * (states * hidden_size + copies * input_size)
        ),
        itemsize=inputs.itemsize,
        batch=math.prod(batch),
        timesteps=timesteps,
        input_size=input_size,
        hidden_size=Wh.shape[1],
    )


def check_size(value, name, minimum=1):
    """Return `value` as an int of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number (int); got {shown(value)}.")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}; got {value}.")
    return int(value)


def check_number(value, name, low, high=math.inf):
    """Return `value` as a finite float between `low` and `high`."""
    if isinstance(value, bool) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"{name} must be a real number; got {shown(value)}.")
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


def check_list(values, name):
    """Return the entries of a list, tuple, range or 1-D array, at least one."""
    if isinstance(values, np.ndarray):
        check_array(values, name, ("entries",))
        return list(values)
    if not isinstance(values, (list, tuple, range)):
        raise TypeError(
            f"{name} must be a list of numbers; got {type(values).__name__}."
        )
    if not values:
        raise ValueError(f"{name} must not be empty; got {values!r}.")
    return list(values)


def check_rng(rng):
    """Refuse what is no Generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            "rng must be a Generator such as np.random.default_rng(0);"
            f" got {shown(rng)}."
        )


def _product(**sizes):
    return math.prod(sizes.values())


def check_memory(numbers=_product, /, *, itemsize=8, **sizes):
    """Refuse sizes that need more than MEMORY_LIMIT bytes, before anything is
    allocated.

    numbers: how many numbers these sizes make, a function of them by name; their
    product by default. The refusal names the sizes that alone are too large, with the
    others at 1, or all that are not 1.
    """
    needed = itemsize * numbers(**sizes)
    if needed <= MEMORY_LIMIT:
        return
    alone = []
    for name, size in sizes.items():
        others_at_1 = dict.fromkeys(sizes, 1) | {name: size}
        if itemsize * numbers(**others_at_1) > MEMORY_LIMIT:
            alone.append(name)
    blamed = alone or sizes
    named = ", ".join(f"{name}={sizes[name]}" for name in blamed if sizes[name] > 1)
    raise MemoryError(
        f"{named} must fit into {MEMORY_LIMIT:,} bytes (1 GiB); got {needed:,} bytes."
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


def shown(value):
    """A value in one line, as a refusal says it."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    one_line = " ".join(reprlib.repr(value).split())
    return f"{one_line} ({type(value).__name__})"


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
        if str(error).strip():
            cause += f": {str(error).strip().splitlines()[0].rstrip('.')}"
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
    raise TypeError(
        f"{name} must hold real numbers (float64, float32, integers or booleans);"
        f" got {_unlike_numbers(array, name, given)}."
    )


def _unlike_numbers(array, name, given):
    """What an array holds that is not made of numbers."""
    kind = type(given).__name__
    if array.dtype.kind in "SU" and array.ndim:
        place = (0,) * array.ndim
        return f"text, {array[place].item()!r} at index {place}"
    if array.dtype.kind in "SU":
        return f"text, {array.item()!r}"
    if array.dtype.names:
        return f"named columns, {', '.join(array.dtype.names)}"
    if array.dtype.kind != "O":
        return f"dtype {array.dtype.name}"
    if not array.ndim:
        return f"a {kind}"
    for place in np.ndindex(array.shape):
        entry = array[place]
        if isinstance(entry, (list, tuple, np.ndarray)):
            _refuse_ragged(given, name)
        if not isinstance(entry, (int, float, np.number, np.bool_)):
            return f"{shown(entry)} at index {place} of a {kind}"
    return f"a {kind} of numbers in dtype object: .astype(float) makes them float64"


def _refuse_ragged(value, name):
    raise ValueError(
        f"{name} must be rectangular, every row as long as the first;"
        f" got {shown(value)}."
    ) from None


def _refuse_too_large(array, name):
    if not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite; got {array[place]} at index {place}.")
    raise ValueError(
        f"{name} must be small enough that its products stay finite;"
        f" got a value of size {np.abs(array).max():.4g} in {array.dtype}."
    )


def _match_of(Wx, name, size):
    return f" to match Wx of shape {Wx.shape} ({name}={size})"


def _matches(found, shape):
    """Whether sizes fit axes, of which a name is free and a leading ... any number."""
    if shape[:1] == (...,):
        shape = shape[1:]
        if len(found) < len(shape):
            return False
        found = found[len(found) - len(shape) :]
    if len(found) != len(shape):
        return False
    for size, axis in zip(found, shape, strict=True):
        if size != axis and not isinstance(axis, str):
            return False
    return True


def _text(shape):
    """Shape as a reader writes it: (..., timesteps, 4), (8,)."""
    axes = ", ".join("..." if axis is ... else str(axis) for axis in shape)
    return f"({axes},)" if len(shape) == 1 else f"({axes})"
