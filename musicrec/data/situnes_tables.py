"""The tables of SiTunes as its files hold them: their columns, in order, and what may stand in each.

Source: the readme of the dataset. A rating is on a five-point Likert scale, an emotion from -1 to 1.
"""

from __future__ import annotations

import pandera.pandas as pa

TRACKS, NAMED = "music_metadata/music_info.csv", "music_metadata/music_info_withname.csv"
RATINGS = {stage: f"Stage{stage}/interactions.csv" for stage in (1, 2, 3)}
PLATFORM = [
    "popularity",
    "loudness",
    "danceability",
    "energy",
    "key",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "valence",
    "tempo",
]
SOUND = [
    "F0final_sma_amean",
    "F0final_sma_stddev",
    "audspec_lengthL1norm_sma_stddev",
    "pcm_RMSenergy_sma_stddev",
    "pcm_fftMag_psySharpness_sma_amean",
    "pcm_fftMag_psySharpness_sma_stddev",
    "pcm_zcr_sma_amean",
    "pcm_zcr_sma_stddev",
]
DESCRIPTORS = [*PLATFORM, "duration", *SOUND]

_NUMBER = pa.Column("int64", pa.Check.ge(1))
_RATING = pa.Column("int64", pa.Check.in_range(1, 5))
_EMOTION = pa.Column("float64", pa.Check.in_range(-1, 1))
_SECONDS = pa.Column("float64", pa.Check.ge(0), nullable=True)
_WORD = pa.Column(str, pa.Check.str_length(min_value=1))
_FACT = pa.Column("float64", nullable=True)

_RATED = {"user_id": _NUMBER, "item_id": _NUMBER, "timestamp": _NUMBER, "rating": _RATING}
_RECORD = {"inter_id": pa.Column("int64", pa.Check.ge(1), unique=True), **_RATED}
_FELT = {
    "emo_pre_valence": _EMOTION,
    "emo_pre_arousal": _EMOTION,
    "emo_post_valence": _EMOTION,
    "emo_post_arousal": _EMOTION,
    "duration": _SECONDS,
    "rec_type": pa.Column(str, nullable=True),
}
_FACTS = {
    **dict.fromkeys([*PLATFORM, "general_genre_id", "duration", *SOUND], _FACT),
    "general_genre": _WORD,
}
SCHEMAS = {
    name: pa.DataFrameSchema(columns, coerce=True)
    for name, columns in {
        RATINGS[1]: {
            "user_id": _NUMBER,
            "item_id": _NUMBER,
            "No.": _NUMBER,
            "timestamp": _NUMBER,
            "rating": _RATING,
            "duration": _SECONDS,
            "emo_valence": _EMOTION,
            "emo_arousal": _EMOTION,
        },
        RATINGS[2]: {**_RECORD, **_FELT},
        RATINGS[3]: {**_RECORD, "preference": pa.Column("float64", pa.Check.in_range(0, 100)), **_FELT},
        TRACKS: {
            "": pa.Column(str),
            "item_id": pa.Column("int64", pa.Check.ge(-1), unique=True),
            **_FACTS,
        },
        NAMED: {"i_id_c": pa.Column("float64", unique=True), **_FACTS, "music": _WORD, "singer": _WORD},
    }.items()
}
