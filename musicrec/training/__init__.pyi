from .history import History as History
from .loop import train as train
