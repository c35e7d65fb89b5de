"""Ways in which a file is damaged, or made to deceive: bytes and a random generator in, other bytes out."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

Damage = Callable[[bytes, random.Random], bytes]

NASTY = (
    *(
        "",
        " ",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "1e308",
        "1e400",
        "-1",
        "0",
        "-0",
        "1,234",
        "1 234",
        "1.234,5",
        "1,2,3",
        "1_0",
    ),
    *("9" * 400, "0x1F", "1e-320", "true", "FALSE", "vrai", "oui", "NULL", "None", "<NA>", "-", "?", "#REF!", "=1+1"),
    *("+cmd|' /C calc'!A0", "@SUM(1)", "12 km", "1h30", "٣", "½", "2A004", "02173 ", "é" * 50, "a" * 70_000, "\t", '"'),
    *(
        "a;b",
        "a,b",
        "'",
        "\u202e\u200b",
        "\ufeff",
        "{}",
        "[]",
        '{"a": 1}',
        "https://example.org/x",
        "/vsicurl/x",
        "../x",
    ),
    *("2026-02-30", "99:99-12:00", "POINT(1 2)", "POLYGON EMPTY", "3.2,49.6", "1e18", "4294967296", "-9999", "99999"),
)
NASTY_JSON: tuple[Any, ...] = (
    *(None, True, 0, -1, 1e308, 10**30, float("nan"), float("inf"), "", "nan", [], {}, [[]], [{}], {"a": []}),
    *("a" * 70_000, [1, "a", None], -1e-320, "1,234", "02173", 2.5),
)
NASTY_TOML = (
    *("nan", "inf", "-1", "0", "1e400", "9223372036854775808", '""', '"a"', "[]", "{}", "[[]]", "[{}]", "true", "1.5"),
    *("2026-02-30", "2026-01-01", "0x1F", '"\\u0000"', "'''\na\n'''", '"' + "a" * 70_000 + '"', '["a", 1]', "-0.0"),
)


def _at(content: bytes, rng: random.Random) -> int:
    return rng.randrange(len(content) + 1)


def _flip(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwrite(content: bytes, rng: random.Random) -> bytes:
    at = _at(content, rng)
    junk = rng.choice((b"\0" * 8, b"\xff" * 8, rng.randbytes(16), b" " * 8, b"9" * 8))
    return content[:at] + junk + content[at + len(junk) :]


def _insert(content: bytes, rng: random.Random) -> bytes:
    at = _at(content, rng)
    junk = rng.choice(
        (b"\0", b"\xef\xbb\xbf", b"\r", b"\n", b"\x1a", b"\xff", b'"', b"\xc3", rng.randbytes(5), b"<", b"}")
    )
    return content[:at] + junk + content[at:]


def _delete(content: bytes, rng: random.Random) -> bytes:
    at = _at(content, rng)
    return content[:at] + content[at + rng.choice((1, 2, 7, 100)) :]


def _repeat(content: bytes, rng: random.Random) -> bytes:
    start, end = sorted((_at(content, rng), _at(content, rng)))
    return content[:end] + content[start:end] + content[end:]


def _swap(content: bytes, rng: random.Random) -> bytes:
    a, b, c = sorted(_at(content, rng) for _ in range(3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


BYTES: dict[str, Damage] = {
    "flip": _flip,
    "overwrite": _overwrite,
    "insert": _insert,
    "delete": _delete,
    "repeat": _repeat,
    "swap": _swap,
    "cut": lambda content, rng: content[: _at(content, rng)],
    "behead": lambda content, rng: content[_at(content, rng) :],
    "append": lambda content, rng: content + rng.choice((b"\0", b"\n\n\n", content, rng.randbytes(50), b"\x1a")),
}


def _recoded(encoding: str) -> Damage:
    return lambda content, rng: content.decode("utf-8", "replace").encode(encoding, "replace")


TEXT: dict[str, Damage] = {
    "mark": lambda content, rng: b"\xef\xbb\xbf" + content,
    "crlf": lambda content, rng: content.replace(b"\n", b"\r\n"),
    "cr": lambda content, rng: content.replace(b"\n", b"\r"),
    "some cr": lambda content, rng: content.replace(b"\n", b"\r", rng.randrange(1, 4)),
    "utf-16": _recoded("utf-16"),
    "utf-16 unmarked": _recoded("utf-16-le"),
    "utf-32": _recoded("utf-32"),
    "cp1252": _recoded("cp1252"),
    "mac": _recoded("mac_roman"),
    "twice encoded": lambda content, rng: content.decode("cp1252", "replace").encode(),
    "upper": lambda content, rng: content.decode("utf-8", "replace").upper().encode(),
}


Rows = list[list[str]]


def _row(rows: Rows, rng: random.Random) -> int:
    return rng.randrange(min(1, len(rows) - 1), len(rows))


def _column(rows: Rows, rng: random.Random) -> int:
    return rng.randrange(min(map(len, rows)))


def _nasty(rows: Rows, rng: random.Random) -> None:
    rows[_row(rows, rng)][_column(rows, rng)] = rng.choice(NASTY)


def _nasty_column(rows: Rows, rng: random.Random) -> None:
    at, value = _column(rows, rng), rng.choice(NASTY)
    for each in rows[1:]:
        each[at] = value


def _other_cell(rows: Rows, rng: random.Random) -> None:
    rows[_row(rows, rng)][_column(rows, rng)] = rows[_row(rows, rng)][_column(rows, rng)]


def _edited(rows: Rows, rng: random.Random) -> None:
    at, of = _row(rows, rng), _column(rows, rng)
    cell = rows[at][of]
    place = rng.randrange(len(cell) + 1)
    rows[at][of] = cell[:place] + rng.choice((*"0159,.-eE O'; \u00a0", "00")) + cell[place + rng.randrange(2) :]


def _add_row(rows: Rows, rng: random.Random) -> None:
    rows.insert(rng.randrange(len(rows) + 1), list(rng.choice(rows)))


def _drop_row(rows: Rows, rng: random.Random) -> None:
    del rows[rng.randrange(len(rows))]


def _swap_rows(rows: Rows, rng: random.Random) -> None:
    a, b = _row(rows, rng), _row(rows, rng)
    rows[a], rows[b] = rows[b], rows[a]


def _swap_columns(rows: Rows, rng: random.Random) -> None:
    a, b = _column(rows, rng), _column(rows, rng)
    for each in rows[rng.randrange(2) :]:  # with the header, or under it
        each[a], each[b] = each[b], each[a]


def _swap_cells(rows: Rows, rng: random.Random) -> None:
    at, a, b = _row(rows, rng), _column(rows, rng), _column(rows, rng)
    rows[at][a], rows[at][b] = rows[at][b], rows[at][a]


def _drop_column(rows: Rows, rng: random.Random) -> None:
    at = _column(rows, rng)
    for each in rows:
        del each[at]


def _double_column(rows: Rows, rng: random.Random) -> None:
    at = _column(rows, rng)
    for each in rows:
        each.append(each[at])


def _drop_cell(rows: Rows, rng: random.Random) -> None:
    del rows[rng.randrange(len(rows))][_column(rows, rng)]


def _add_cell(rows: Rows, rng: random.Random) -> None:
    rows[rng.randrange(len(rows))].insert(_column(rows, rng), rng.choice(("", "1", "x")))


def _rename(rows: Rows, rng: random.Random) -> None:
    rows[0][_column(rows, rng)] = rng.choice((*NASTY, *rows[0]))


def _title(rows: Rows, rng: random.Random) -> None:
    rows.insert(0, rng.choice((["Liste 2026"], ["a", "b"], [""], ["sep=;"], rows[-1])))


def _header_again(rows: Rows, rng: random.Random) -> None:
    rows.insert(rng.randrange(1, len(rows) + 1), list(rows[0]))


def _header_gone(rows: Rows, rng: random.Random) -> None:
    del rows[0]


def _quote(rows: Rows, rng: random.Random) -> None:
    at, of = rng.randrange(len(rows)), _column(rows, rng)
    rows[at][of] = rng.choice(('"' + rows[at][of], rows[at][of] + '"', f'"{rows[at][of]}"', f'"{rows[at][of]}" x'))


def _blank(rows: Rows, rng: random.Random) -> None:
    rows.insert(rng.randrange(len(rows) + 1), rng.choice(([""], [" "], [""] * len(rows[0]))))


CELLS = (
    *(_nasty, _nasty, _nasty, _nasty_column, _other_cell, _edited, _edited, _edited, _add_row, _drop_row, _swap_rows),
    *(_swap_columns, _swap_cells, _drop_column, _double_column, _drop_cell, _add_cell, _rename, _title, _header_again),
    *(_header_gone, _quote, _blank),
)


def cells(separator: str) -> dict[str, Damage]:
    """Return each way to damage the rows, columns and cells of a CSV of one separator, without quotation marks."""

    def changed(change: Callable[[Rows, random.Random], None]) -> Damage:
        def damage(content: bytes, rng: random.Random) -> bytes:
            rows = [line.split(separator) for line in content.decode().rstrip("\n").split("\n")]
            change(rows, rng)
            return ("\n".join(separator.join(row) for row in rows) + "\n").encode()

        return damage

    def other_separator(content: bytes, rng: random.Random) -> bytes:
        return content.replace(separator.encode(), rng.choice((b",", b";", b"\t", b"|", b":")))

    found = {f"{number} {way.__name__.strip('_')}": changed(way) for number, way in enumerate(CELLS)}
    return {**found, "other separator": other_separator}


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inside:
        found += _places(value, (*path, key))
    return found


def _of_tree(change: Callable[[Any, Any, random.Random], None]) -> Damage:
    def damage(content: bytes, rng: random.Random) -> bytes:
        tree = copy.deepcopy(json.loads(content))
        path = rng.choice(_places(tree))
        holder = tree
        for part in path[:-1]:
            holder = holder[part]
        change(holder, path[-1], rng)
        return json.dumps(tree, ensure_ascii=False).encode()

    return damage


def _replaced(holder: Any, key: Any, rng: random.Random) -> None:
    holder[key] = rng.choice(NASTY_JSON)


def _as_text(holder: Any, key: Any, rng: random.Random) -> None:
    holder[key] = str(holder[key])


def _wrapped(holder: Any, key: Any, rng: random.Random) -> None:
    holder[key] = rng.choice(([holder[key]], {"a": holder[key]}, [holder[key]] * 3))


def _dropped(holder: Any, key: Any, rng: random.Random) -> None:
    del holder[key]


def _renamed(holder: Any, key: Any, rng: random.Random) -> None:
    value = holder.pop(key)
    if isinstance(holder, dict):
        holder[str(key) + rng.choice(("x", " ", "é", "_2"))] = value
    else:
        holder.append(value)


def _again(holder: Any, key: Any, rng: random.Random) -> None:
    if isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder["again"] = holder[key]


def _key_twice(content: bytes, rng: random.Random) -> bytes:
    """A key of one table said twice, with another value: what reads it may take either."""
    tree = json.loads(content)
    paths = [path for path in _places(tree) if isinstance(path[-1], str)]
    if not paths:  # no table in it
        return content
    path = rng.choice(paths)
    holder = tree
    for part in path[:-1]:
        holder = holder[part]
    value = json.dumps(rng.choice((5, "x", None, [], holder[path[-1]])))
    holder["\u0001"] = 0
    text = json.dumps(tree, ensure_ascii=False)
    return text.replace('"\\u0001": 0', f"{json.dumps(path[-1], ensure_ascii=False)}: {value}").encode()


def _deep(content: bytes, rng: random.Random) -> bytes:
    text = content.decode()
    at = text.find(":", rng.randrange(len(text))) + 1
    return (text[:at] + "[" * 3000 + "]" * 3000 + "," + text[at:]).encode()


JSON: dict[str, Damage] = {
    **{f"{n} replaced": _of_tree(_replaced) for n in range(3)},
    "as text": _of_tree(_as_text),
    "wrapped": _of_tree(_wrapped),
    "dropped": _of_tree(_dropped),
    "renamed": _of_tree(_renamed),
    "again": _of_tree(_again),
    "key twice": _key_twice,
    "deep": _deep,
}


def _lines(change: Callable[[list[str], int, random.Random], None]) -> Damage:
    def damage(content: bytes, rng: random.Random) -> bytes:
        lines = content.decode().split("\n")
        given = [number for number, line in enumerate(lines) if line.strip()]
        change(lines, rng.choice(given), rng)
        return "\n".join(lines).encode()

    return damage


def _value(lines: list[str], at: int, rng: random.Random) -> None:
    key, equals, _ = lines[at].partition("=")
    lines[at] = key + equals + " " + rng.choice(NASTY_TOML)


def _key(lines: list[str], at: int, rng: random.Random) -> None:
    lines[at] = rng.choice(("x", "a.b.", '"é" = 1\n', "")) + lines[at].strip()


def _drop_line(lines: list[str], at: int, rng: random.Random) -> None:
    del lines[at]


def _line_twice(lines: list[str], at: int, rng: random.Random) -> None:
    lines.insert(rng.randrange(len(lines)), lines[at])


TOML: dict[str, Damage] = {
    **{f"{n} value": _lines(_value) for n in range(4)},
    "key": _lines(_key),
    "line dropped": _lines(_drop_line),
    "line twice": _lines(_line_twice),
}


def _attribute(content: bytes, rng: random.Random) -> bytes:
    """Another value in an attribute, or in the text, of XML."""
    parts = content.decode().split('"')
    if len(parts) < 3:
        return content
    at = rng.randrange(1, len(parts) - 1, 2)
    parts[at] = rng.choice(NASTY).replace('"', "&quot;").replace("<", "&lt;")
    return '"'.join(parts).encode()


def _element(content: bytes, rng: random.Random) -> bytes:
    parts = content.decode().split("<")
    at = rng.randrange(1, len(parts))
    change = rng.choice(("drop", "twice", "entity", "name"))
    if change == "drop":
        del parts[at]
    elif change == "twice":
        parts.insert(at, parts[at])
    elif change == "entity":
        parts[at] += "&a;"
    else:
        parts[at] = "x" + parts[at]
    return "<".join(parts).encode()


XML: dict[str, Damage] = {**{f"{n} attribute": _attribute for n in range(3)}, "element": _element, "elements": _element}
