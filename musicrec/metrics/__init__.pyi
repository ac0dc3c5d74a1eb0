from .inequality import gini as gini
from .inequality import lorenz as lorenz
from .ranking import ranking_metrics as ranking_metrics
