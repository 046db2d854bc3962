"""The one thing that pyproject.toml cannot say: of docs the wheel carries the pages
of a learner's copy and none of the programs beside them.
"""

from setuptools import setup
from setuptools.command.build_py import build_py


class PagesOnly(build_py):
    def find_package_modules(self, package, package_dir):
        if package == "rnn_lessons.docs":
            return []
        return super().find_package_modules(package, package_dir)


setup(cmdclass={"build_py": PagesOnly})
