from .comparisons import calibration as calibration
from .comparisons import intervals as intervals
from .cuts import splits as splits
from .distributions import lorenz_curve as lorenz_curve
from .distributions import rank_frequency as rank_frequency
from .scaling import growth as growth
from .times import hour_by_weekday as hour_by_weekday
