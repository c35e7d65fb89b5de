"""Tables of a PostGIS database, named by an address where a path is taken, and read as files are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from accessmap.errors import SourceError
from accessmap.read.delimited import check_header
from accessmap.read.packed import most_bytes
from accessmap.read.raw import first_line, refusal
from accessmap.words.near import near_names
from accessmap.words.notes import Note

if TYPE_CHECKING:
    from sqlalchemy import Connection

SCHEME = re.compile(r"postgres(?:ql)?:/", re.IGNORECASE)
# What libpq is told; `table`, `geometry` and `query` are ours.
OPTIONS = ("service", "sslmode", "sslrootcert", "passfile")
OURS = ("table", "geometry", "query")
# What may be a password is never repeated: a colon before "@" that begins no port, or the word itself.
PORT = rf"\d+(?:/[^\s\"'?@]*)?(?:\?(?:{'|'.join((*OPTIONS, *OURS))})=|[\"']|\s*$)"
PASSWORD = re.compile(rf"postgres(?:ql)?://[^\s\"'@/?#]*:(?!{PORT})[^\n]*@|\bpassword=", re.IGNORECASE | re.MULTILINE)
CONNECT_SECONDS, STATEMENT_SECONDS = 10, 300
# The refusal of a password, in the languages of servers; SQLSTATE is not known before there is a connection.
WRONG_PASSWORD = re.compile("password authentication failed|authentification par mot de passe", re.IGNORECASE)
CLOSED = ("08", "57P", "53300")  # SQLSTATE of connections that end, or are too many
REASONS = {"42501": "database_forbidden", "57014": "database_slow", "25006": "database_writes"}
RELATIONS = """
    SELECT space.nspname, one.relname FROM pg_catalog.pg_class AS one
    JOIN pg_catalog.pg_namespace AS space ON space.oid = one.relnamespace
    WHERE one.relkind IN ('r', 'v', 'm', 'f', 'p') AND space.nspname !~ '^pg_' AND space.nspname <> 'information_schema'
    AND one.relname NOT IN ('spatial_ref_sys', 'geometry_columns', 'geography_columns') ORDER BY 1, 2
"""
HOME = """
    SELECT space.nspname FROM pg_catalog.pg_extension AS one
    JOIN pg_catalog.pg_namespace AS space ON space.oid = one.extnamespace WHERE one.extname = 'postgis'
"""
SHAPES = "SELECT oid FROM pg_catalog.pg_type WHERE typname IN ('geometry', 'geography')"


class Database(str):
    """The address of a table, or of what a query answers: it stands where the path of a file does.

    "postgresql://user@server/base?table=schema.name", with `&geometry=column` where it has several; or
    "postgresql://user@server/base?query=SELECT …", which goes on to the end as it is. Passwords come from
    ``PGPASSWORD``, ~/.pgpass or `service=`.

    Examples
    --------
    >>> Database("postgresql://sig@carto/geo?table=public.communes").name
    'public.communes'
    """

    @cached_property
    def options(self) -> Mapping[str, str]:
        """What stands after "?", each once and known."""
        if PASSWORD.search(self):
            raise refusal(Note("database_word"), "database_password")
        rest = self.partition("?")[2]
        query = re.search(r"(?:^|&)query=(.*)", rest, re.DOTALL)
        pairs = [part.partition("=") for part in rest[: query.start() if query else None].split("&") if part]
        for name, _, _ in pairs:
            if name not in (*OPTIONS, *OURS):
                near = near_names(name, (*OPTIONS, *OURS))
                raise refusal(Note("database_word"), "database_option", value=name, near=near, has=", ".join(OURS))
        found = {name: unquote(value) for name, _, value in pairs}
        found |= {"query": query[1].strip().rstrip(";").strip()} if query else {}
        if len(found) < len(pairs) + bool(query) or {"table", "query"} <= set(found):
            raise refusal(Note("database_word"), "database_both")
        return found

    @cached_property
    def server(self) -> str:
        """The address that libpq takes."""
        ours = "&".join(f"{name}={quote(value)}" for name, value in self.options.items() if name in OPTIONS)
        address = self.partition("?")[0]
        try:
            _ = urlsplit(address).port
        except ValueError as error:
            raise refusal(Note("database_word"), "database_address") from error
        return f"{address}?{ours}" if ours else address

    @property
    def name(self) -> str:
        """The table, or that it is a query."""
        return self.options.get("table") or Note("database_query" if "query" in self.options else "database_word")


def database(path: object) -> Database | None:
    """Return the address of a database that stands where a path may; None where a path is one.

    Raises
    ------
    SourceError
        Where the address was made a `Path`, which takes a slash away.
    """
    if isinstance(path, str) and SCHEME.match(path):
        return path if isinstance(path, Database) else Database(path)
    if isinstance(path, Path) and SCHEME.match(str(path)):
        raise refusal(Note("database_word"), "database_as_path")
    return None


def source(path: str | Path) -> Path | Database:
    """Return where something is read from: a file, or a table or query of a database."""
    return database(path) or Path(path)


def called(path: Path | Database) -> str:
    """Return what a message calls it: the path of a file, the name of a table."""
    return path.name if isinstance(path, Database) else str(path)


def read_database(address: Database, layer: str | None = None) -> tuple[str, pd.DataFrame]:
    """Return the name and the rows of a table, or of what a query answers; geographic where a column has geometry.

    Only SELECT is run, in a transaction that may write nothing; what would be larger than is read of a file is refused
    before it is sent.

    Parameters
    ----------
    address
        Of the table or query.
    layer
        The table, where the address names neither.

    Raises
    ------
    SourceError
        Where there is no server, the password is wrong, there is no such table, the query is refused or too slow, it
        answers too much, or the geometry cannot be told.
    """
    with _connected(address) as link:
        name, asked = _asked(link, address, layer)
        answer = link.exec_driver_sql(f"SELECT * FROM {asked} LIMIT 0")
        columns = {column[0]: column[1] for column in answer.cursor.description}
        check_header(name, list(answer.keys()))
        kinds = {row[0] for row in link.exec_driver_sql(SHAPES)}
        drawn = [column for column, kind in columns.items() if kind in kinds]
        shape = _shape(name, drawn, list(columns), address.options.get("geometry"))
        crs = _check_answer(link, name, asked, shape)
        if shape is None:
            return name, _plain(pd.read_sql_query(f"SELECT * FROM {asked}", link))
        try:
            frame = gpd.read_postgis(f"SELECT * FROM {asked}", link, geom_col=shape, crs=crs)
        except (NotImplementedError, shapely.errors.ShapelyError) as error:  # curves, and surfaces of triangles
            raise refusal(name, "database_curves", value=shape, why=Note.plain(first_line(error))) from error
        frame = frame.drop(columns=[other for other in drawn if other != shape])
        return name, _plain(frame if shape == "geometry" else frame.rename_geometry("geometry"))


def content_sha256(address: Database) -> str:
    """Return a hash of the rows that a table or a query has now, whatever their order, in hexadecimal.

    Raises
    ------
    SourceError
        As :func:`read_database`.
    """
    with _connected(address) as link:
        _, asked = _asked(link, address, None)
        rows = f"SELECT md5(asked::text) AS row FROM {asked}"
        whole = (
            f"SELECT encode(sha256(convert_to(string_agg(row, '' ORDER BY row), 'UTF8')), 'hex') FROM ({rows}) AS rows"
        )
        return str(link.exec_driver_sql(whole).scalar() or "")


@contextmanager
def _connected(address: Database) -> Iterator[Connection]:
    """Give a connection in whose transaction nothing can be written, and tell what goes wrong in it in our words."""
    where, server = address.name, address.server
    if find_spec("psycopg") is None or find_spec("sqlalchemy") is None:
        raise refusal(where, "database_extra")
    import psycopg
    from sqlalchemy import create_engine, exc
    from sqlalchemy.pool import NullPool

    # What is prepared is one statement, so that none can end the transaction and go on outside it.
    told: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, "prepare_threshold": 0, "application_name": "accessmap"}
    engine = create_engine("postgresql+psycopg://", poolclass=NullPool, creator=lambda: psycopg.connect(server, **told))
    engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True, no_parameters=True)
    try:
        with engine.connect() as link:
            link.exec_driver_sql(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'")
            link.exec_driver_sql("SET LOCAL synchronize_seqscans = off")  # rows in the same order each time
            link.exec_driver_sql("SET LOCAL max_parallel_workers_per_gather = 0")
            yield link
    except (exc.DBAPIError, psycopg.Error, pd.errors.DatabaseError) as error:
        raise _refused(where, error) from error


def _refused(where: str, error: BaseException) -> SourceError:
    """Return the error of what the server, or the way to it, says."""
    said = getattr(error, "orig", None) or error.__cause__ or error
    way, state = getattr(said, "pgconn", None), getattr(said, "sqlstate", None)
    why = Note.plain(first_line(said))
    if way is not None and way.needs_password:
        return refusal(where, "database_no_password")
    if way is not None and WRONG_PASSWORD.search(str(said)):
        return refusal(where, "database_wrong_password")
    if way is not None or str(state).startswith(CLOSED):
        return refusal(where, "database_unreachable", why=why)
    return refusal(where, REASONS.get(str(state), "database_refused"), why=why, seconds=STATEMENT_SECONDS)


def _asked(link: Connection, address: Database, layer: str | None) -> tuple[str, str]:
    """Return the name of what is asked for, and what stands for it behind FROM."""
    options = address.options
    if layer is not None and {"table", "query"} & set(options):
        raise refusal(address.name, "database_both")
    if options.get("query"):
        return address.name, f"({options['query']}\n) AS asked"
    wanted = options.get("table") or layer or ""
    tables = [(str(space), str(name)) for space, name in link.exec_driver_sql(RELATIONS)]
    full = {f"{space}.{name}": (space, name) for space, name in tables}
    found = [each for each, (_, name) in full.items() if wanted in (each, name)]
    if len(found) != 1:
        key = "database_several_tables" if found else "database_no_table" if wanted else "database_which"
        names = found or [name for space, name in tables if space == "public"] or list(full)
        near = () if found else near_names(wanted, [*full, *names])
        where = Note("database_itself") if wanted else address.name
        raise refusal(where, key, value=wanted, near=near, has=", ".join(sorted(names)[:12]))
    return found[0], ".".join(map(_quoted, full[found[0]])) + " AS asked"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _shape(name: str, drawn: list[str], columns: list[str], wanted: str | None) -> str | None:
    """Return the column that holds the geometry, None where there is none."""
    if wanted is not None and wanted not in drawn:
        near, has = near_names(wanted, drawn), ", ".join(drawn or columns)
        raise refusal(name, "database_no_geometry", value=wanted, near=near, has=has)
    if wanted is None and len(drawn) > 1:
        raise refusal(name, "database_several_geometries", value=len(drawn), names=", ".join(drawn))
    return wanted or next(iter(drawn), None)


def _check_answer(link: Connection, name: str, asked: str, shape: str | None) -> pyproj.CRS | None:
    """Return the CRS of the geometry, None where it has none; refused where it has several, or all is too large."""
    home = _quoted(link.exec_driver_sql(HOME).scalar() or "public")
    srids = f"array_agg(DISTINCT {home}.ST_SRID({_quoted(shape)}::{home}.geometry))" if shape else "NULL"
    row = link.exec_driver_sql(f"SELECT sum(pg_column_size(asked.*)), {srids} FROM {asked}").one()
    if row[0] is None:
        raise refusal(name, "database_empty")
    if row[0] > most_bytes():
        raise refusal(name, "database_too_large", value=int(row[0]), most=f"{most_bytes() / 1e6:,.0f}")
    found = sorted(srid for srid in row[1] or () if srid is not None)
    if len(found) > 1:
        raise refusal(name, "database_several_srids", value=", ".join(map(str, found)))
    if not found or found[0] == 0:
        return None
    known = link.exec_driver_sql(
        f"SELECT auth_name, auth_srid, srtext FROM {home}.spatial_ref_sys WHERE srid = {found[0]:d}"
    ).first()
    for text in () if known is None else (f"{known[0]}:{known[1]}", known[2]):
        try:
            return pyproj.CRS.from_user_input(text)
        except pyproj.exceptions.CRSError:
            continue
    raise refusal(name, "database_srid", value=found[0])


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose dates, times and the like are text, as a file has them."""
    for name in frame.columns:
        values = frame[name]
        if values.dtype == object and not all(
            isinstance(one, str | bool | list | dict) or one is None for one in values
        ):
            frame[name] = [one if isinstance(one, list | dict) or pd.isna(one) else str(one) for one in values]
    return frame
