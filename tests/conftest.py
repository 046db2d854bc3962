"""Hypothesis, the same everywhere: no clock, no database, examples that do not depend
on the day.
"""

import os

from hypothesis import settings

collect_ignore = [
    "reference/make_references.py"
]  # needs Keras, which nothing else here does

settings.register_profile(
    "default", max_examples=100, derandomize=True, database=None, deadline=None
)
settings.register_profile("ci", settings.get_profile("default"), max_examples=1000)
settings.register_profile("mutation", settings.get_profile("default"), max_examples=10)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
