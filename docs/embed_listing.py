"""python docs/embed_listing.py: write the listing's 144 numbers, as lesson 02 draws
them, into live.html.
"""

import json
import re
from pathlib import Path

import numpy as np

from rnn_core import init_parameters

PAGE = Path(__file__).with_name("live.html")


def listing_line():
    """The marked line: inputs, Wx, Wh and b of the classic listing, every digit of
    them.
    """
    rng = np.random.default_rng(1)
    arrays = {
        "inputs": rng.random((10, 4)),
        **init_parameters(4, 8, scheme="uniform", rng=rng)._asdict(),
    }
    numbers = json.dumps(
        {name: array.tolist() for name, array in arrays.items()}, separators=(",", ":")
    )
    return f"const LISTING = {numbers}; // embedded"


def embed(text):
    """The page with the marked line as it must be."""
    text, replaced = re.subn(
        r"^const LISTING = .*; // embedded$", listing_line(), text, flags=re.MULTILINE
    )
    if replaced != 1:
        raise ValueError(
            f"live.html must have one line 'const LISTING = ...; // embedded'; got {replaced}."
        )
    return text


if __name__ == "__main__":
    PAGE.write_text(embed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
