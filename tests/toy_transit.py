"""A bus between the villages of `toy_study`: there every day but Sunday, and back on weekdays alone."""

import geopandas as gpd
from toy_feeds import packed

import accessmap as am

HOURS = "Mo-Sa 08:30-12:00"
STOP_TIMES = """\
trip_id,arrival_time,departure_time,stop_id,stop_sequence
there,09:00:00,09:00:00,02002,1
there,09:05:00,09:05:00,02001,2
back,11:00:00,11:00:00,02001,1
back,11:05:00,11:05:00,02002,2
"""


def bus(study, times: str = STOP_TIMES) -> bytes:
    """Return the feed: the bus leaves "b" at 9:00 and is at "a" at 9:05; it leaves "a" at 11:00."""
    degrees = study.mairies.set_index("commune").geometry.to_crs(4326)
    stops = [f"{code},{code},{point.y!r},{point.x!r}" for code, point in degrees.items()]
    days = "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    return packed(
        {
            "agency.txt": "agency_name,agency_url,agency_timezone\nBus,https://example.org,Europe/Paris\n",
            "stops.txt": "\n".join(["stop_id,stop_name,stop_lat,stop_lon", *stops]),
            "routes.txt": "route_id,route_short_name,route_type\n1,1,3\n",
            "trips.txt": "route_id,service_id,trip_id\n1,all,there\n1,week,back\n",
            "stop_times.txt": times,
            "calendar.txt": days + "all,1,1,1,1,1,1,0,20250106,20250330\nweek,1,1,1,1,1,0,0,20250106,20250330\n",
        }
    )


def on_foot(study) -> am.RoadNetwork:
    """Return the roads of the study for who takes 70 minutes from a village to the next: no one walks there."""
    edges = study.network.edges[["u", "v"]].assign(minutes=70.0)
    return am.RoadNetwork.from_edges(study.network.nodes, edges)


def with_bus(study, folder) -> am.Study:
    """Return the study with the bus as its third mode, after the car and one's feet."""
    path = folder / "bus.zip"
    path.write_bytes(bus(study))
    walk = on_foot(study)
    journeys = am.Timetable.from_gtfs(path, licence="ODbL").journeys(walk)
    services: gpd.GeoDataFrame = study.services.assign(hours=HOURS)
    networks = {"car": study.network, "walk": walk, "transit": journeys}
    return am.Study(
        study.communes, study.residents, services, networks=networks, title="Trois villages", thresholds=[2, 70]
    )
