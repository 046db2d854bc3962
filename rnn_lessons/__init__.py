"""What the lessons show: a file an idea, with its pictures, panel and exercises."""

from fnmatch import fnmatch
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

for needed in ("matplotlib", "ipywidgets"):
    if find_spec(needed) is None:
        raise ModuleNotFoundError(
            f"rnn_lessons needs {needed}, which the extra [notebooks] brings:"
            ' pip install "rnn-with-numpy[notebooks]"'
        )


def modules():
    """The modules of this package; nothing keeps a list of them."""
    names = [module.name for module in iter_modules(__path__)]
    return [import_module(f"{__name__}.{name}") for name in names if name[0] != "_"]


def find(pattern):
    """Name -> function of each one in this package that fits, such as "plot_*"."""
    return {
        name: value
        for module in modules()
        for name, value in vars(module).items()
        if fnmatch(name, pattern) and value.__module__ == module.__name__
    }
