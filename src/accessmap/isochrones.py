"""Areas by travel time: catchments (who goes where)."""

import geopandas as gpd
import pandas as pd

from accessmap.errors import TableError
from accessmap.measures import nearest
from accessmap.tables import check_communes

__all__ = ["catchments"]


def catchments(communes: gpd.GeoDataFrame, residents: pd.DataFrame, times: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the area and the people of each service's catchment: the communes whose people have it nearest.

    A commune goes whole to the service that most of its people have nearest; `population` counts people one by one,
    wherever their commune went, so that the populations of all catchments and the people who reach nothing
    (index "") make the total.

    Parameters
    ----------
    communes
        Zones, by code.
    residents
        Their `commune` and `population`.
    times
        Minutes, residents × services.

    Returns
    -------
    geopandas.GeoDataFrame
        By service_id, in the order of `times`: population, communes (how many go there), mean minutes of the people,
        geometry (empty where no commune goes there whole).

    Raises
    ------
    TableError
        Where a resident of `times` is not in `residents`.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> times = study.minutes(study.sites("france_services"))
    >>> areas = catchments(study.communes, study.residents, times)
    >>> bool(round(areas["population"].sum()) == round(study.residents["population"].sum()))
    True
    """
    check_communes(communes)
    unknown = times.index.difference(residents.index)
    if len(unknown):
        raise TableError("times", [f"{len(unknown)} rows are no resident, such as {unknown[0]!r}: use one table."])
    people = residents.loc[times.index, ["commune", "population"]]
    found = nearest(times)
    people = people.assign(
        service=found["service_id"].astype("object").fillna("").to_numpy(), minutes=found["minutes"].to_numpy()
    )
    by_service = people.assign(total=people["population"] * people["minutes"]).groupby("service")
    counted = by_service[["population", "total"]].sum()
    shares = people.groupby(["commune", "service"], as_index=False)["population"].sum()
    # Most people first; ties go to the service that stands first in `times`, as in `nearest`.
    order = {service: number for number, service in enumerate([*times.columns, ""])}
    shares = shares.assign(order=shares["service"].map(order)).sort_values(
        ["population", "order"], ascending=[False, True], kind="stable"
    )
    goes_to = shares.drop_duplicates("commune").set_index("commune")["service"]
    area = communes[["geometry"]].join(goes_to.rename("service"), how="inner")
    dissolved = area.dissolve("service", aggfunc={}) if len(area) else area.set_index("service")
    services = [service for service in order if service in counted.index or service in dissolved.index or service]
    table = pd.DataFrame(
        {
            "population": counted["population"].reindex(services, fill_value=0),
            "communes": goes_to.value_counts().reindex(services, fill_value=0),
            "minutes": (counted["total"] / counted["population"]).reindex(services),
        }
    )
    geometry = dissolved.geometry.reindex(services)
    return gpd.GeoDataFrame(table.rename_axis("service_id"), geometry=geometry.to_numpy(), crs=communes.crs)
