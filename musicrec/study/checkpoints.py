"""Where the long trainings of a chapter keep their state, so that a run that was killed goes on."""

import hashlib
import os
from pathlib import Path

from musicrec.cache import absolute


def checkpoint(model: object, data: str = "") -> Path | None:
    """A file for the training of one model in the run under way, for `fit(checkpoint=)`.

    Models of other settings, or that learn from other data, get other files. The workflow names the folder,
    in ``$MUSICREC_CHECKPOINTS``: it is one for each chapter and state of the library's code, and is removed
    when the chapter has run to its end. A notebook that is run by hand has none, and trains anew each time.

    Parameters
    ----------
    model
        Before it is fitted; its settings are what its ``repr`` shows.
    data
        A word for what it learns from, where a chapter trains with the same settings on other data.

    Returns
    -------
    Path or None
        None where no folder is named.

    Notes
    -----
    Explained in chapter 05_rnn_lstm.
    """
    folder = os.environ.get("MUSICREC_CHECKPOINTS")
    if not folder:
        return None
    settings = hashlib.sha256(f"{model!r} {data}".encode()).hexdigest()[:16]
    return absolute(folder) / f"{type(model).__name__}-{settings}.pt"
