"""The plots of the chapters: each takes numbers and Axes, draws and labels them, and returns the Axes."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
