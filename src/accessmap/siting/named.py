"""What sites are called and where they are, so that a plan is read in communes and not in ids."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from accessmap.errors import SitingError, did_you_mean
from accessmap.outside import site_places
from accessmap.study import Study

__all__ = ["named_sites"]


def named_sites(sites: Sequence[str], study: Study, candidates: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """Return by site its `name` and the name of the `commune` it is in (<NA> beyond the communes loaded).

    Parameters
    ----------
    sites
        Ids.
    study
        Its communes, and its services unless there are `candidates`.
    candidates
        The services among which the sites were chosen, where they are not the study's.

    Raises
    ------
    SitingError
        If a site is in neither.

    Examples
    --------
    >>> import accessmap as am
    >>> named_sites(["mairie-02173"], am.load_sample()).to_dict("list")
    {'name': ['Mairie de Chauny'], 'commune': ['Chauny']}
    """
    known = study.services if candidates is None else candidates
    unknown = [site for site in sites if site not in known.index]
    if unknown:
        raise SitingError(
            f"siting: no service {unknown[0]!r}{did_you_mean(unknown[0], known.index)}: give candidates=."
        )
    chosen = known.loc[list(sites)]
    codes = site_places(chosen, study.communes)["commune"]
    return pd.DataFrame({"name": chosen["name"], "commune": codes.map(study.communes["name"]).astype("string")})
