"""How it is shown: tables, figures, plots, and the library's own source.

Everything here works in a plain Python program too: it returns objects and prints nothing.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
