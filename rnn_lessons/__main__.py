"""python -m rnn_lessons: the same as rnn-lessons."""

import sys

from rnn_lessons.workspace import main

if __name__ == "__main__":
    sys.exit(main())
