"""Simulated listeners: what they like, what they are shown, what they choose, when they come.

`taste` says how much a listener likes a piece, `exposure` what the platform shows, `behaviour` what the
listener does with it, `sessions` when all this happens, and `world` puts them together. `calibration`
compares the outcome with measured listening. Explained in chapter 01_listening_data.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
