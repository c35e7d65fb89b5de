"""What can be done at all, going there or online: both ways together."""

import pandas as pd

from accessmap.alignment import people_of
from accessmap.decay import DecayFunction, weights_of
from accessmap.digital.rates import check_share, rate_of
from accessmap.errors import TableError

__all__ = ["effective_access"]


def effective_access(
    minutes: pd.Series,
    rate: pd.Series,
    *,
    offline_share: float,
    decay: DecayFunction,
    by: pd.Series | None = None,
    able: float | pd.Series = 1.0,
) -> pd.DataFrame:
    """Return by resident the share of procedures (0-1) that can be done, going there or online, and its parts.

    E = s p + (1 − s) (1 − (1 − p) (1 − o)) = p + (1 − s) (1 − p) o, with s the share of procedures that must be done
    on the spot, p physical access (the decay of the minutes) and o online access (connected × able).

    Parameters
    ----------
    minutes, rate, by
        As for `typology`.
    offline_share
        s, 0-1: procedures that cannot be done online.
    decay
        Weight (0-1) of minutes: ``accessmap.decay.binary(20)``, ``gaussian(10)``…
    able
        Share (0-1) of people who manage online once connected: one number, or by resident.

    Returns
    -------
    DataFrame
        By resident: `physical` (p), `online` (o, NaN where the rate is unknown), `gained_online` (E − p) and
        `effective` (E); NaN where E hangs on a rate that is not known.

    Raises
    ------
    TableError
        Where residents differ, or a value is not what it should be.
    ValueError
        Where a share is not between 0 and 1, or the decay gives weights that are not.

    Notes
    -----
    p <= E <= 1 − (1 − p)(1 − o); E rises with p and o, and falls as s rises; E is p where s is 1. That being near and
    being online are independent, and that one way is as good as the other, are assumptions: docs/method_digital.md.

    Examples
    --------
    >>> from accessmap import decay
    >>> minutes = pd.Series([10.0, 40.0], index=["r1", "r2"])
    >>> by = pd.Series("02159", index=minutes.index)
    >>> found = effective_access(
    ...     minutes, pd.Series({"02159": 0.8}), offline_share=0.25, decay=decay.binary(20), by=by, able=0.5
    ... )
    >>> found["effective"].round(3).tolist()
    [1.0, 0.3]
    """
    check_share("offline_share", offline_share)
    index = minutes.index
    physical = pd.Series(weights_of(minutes.to_frame(), decay)[:, 0], index=index)
    if (physical > 1).any():
        raise ValueError(f"decay {decay} gives weights over 1.")
    online = rate_of(rate, by, index) * _able(able, index)
    room = (1 - offline_share) * (1 - physical)
    gained = (room * online).where(room > 0, 0.0)  # with no room for it, an unknown rate changes nothing
    effective = (physical + gained).clip(upper=1.0)
    return pd.DataFrame({"physical": physical, "online": online, "gained_online": gained, "effective": effective})


def _able(able: float | pd.Series, index: pd.Index) -> float | pd.Series:
    if not isinstance(able, pd.Series):
        check_share("able", able)
        return able
    shares = pd.Series(people_of(able, index, "able"), index=index)
    if (shares > 1).any():
        raise TableError("able", [f"Over 1 for {shares.index[shares > 1][0]!r}: give a share between 0 and 1."])
    return shares
