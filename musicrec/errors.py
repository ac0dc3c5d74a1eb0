"""What can go wrong, said so that a person can act on it.

Every mistake that a caller can make raises a subclass of `MusicrecError`.
The message of each says three things: what was found, what was expected, and what to do.
"""


class MusicrecError(Exception):
    """Base of all errors that the library raises on purpose."""


class UnknownName(MusicrecError, KeyError):
    """A dataset, user, item, split, feature kind or edition that does not exist."""

    __str__ = Exception.__str__  # KeyError would show the message's repr


class InvalidData(MusicrecError, ValueError):
    """A table or matrix that does not hold what it must: wrong columns, NaN, duplicates, no rows."""


class InvalidArgument(MusicrecError, ValueError):
    """A parameter outside its range, or two parameters that contradict each other."""


class DataUnavailable(MusicrecError, OSError):
    """A dataset that cannot be had: no network, no file, a cache that cannot be written."""


class CorruptData(MusicrecError, OSError):
    """A file that is there but is not what its checksum or schema promises."""


class TrainingFailed(MusicrecError, RuntimeError):
    """A training run that cannot go on: its loss, a weight or its metric is not finite."""
