"""The command `musicrec`: getting and checking the data, indexing recordings, and tuning the models.

Exit codes: 0 done; 1 it could not be done, and the message says why and what to do (for ``data verify``: a
file is not what it must be); 2 the command was written wrongly; 130 it was stopped by the keyboard.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
