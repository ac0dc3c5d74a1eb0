"""What music sounds like: the pieces of the Songbook, who plays them, and what can be heard of them."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
