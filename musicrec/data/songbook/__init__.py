"""The Songbook: real compositions, and simulated listeners who hear them.

`build` makes a world (`scores` are read, `flaws` put in the catalogue), `cache` and `store` keep it,
`dataset` and `truth` are what a reader gets. Explained in chapter 01_listening_data.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
