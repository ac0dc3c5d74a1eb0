from .history import History as History
from .loop import one_epoch as one_epoch
from .loop import run_epochs as run_epochs
from .loop import train as train
