"""What `national_data.js` does to a page of a country, in Python: its numbers and outlines given back."""

import base64
import json
import zlib

import numpy as np
from bs4 import BeautifulSoup


def varints(content):
    value = shift = 0
    for byte in content:
        value |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            yield value
            value = shift = 0


def decoded(drawn, *, numbers=False):
    """Points of each border; and of each commune its rings, as points, or as the numbers of their borders."""
    read, borders, at = varints(drawn.borders), [], np.zeros(2, int)
    for size in read:
        points = []
        for _ in range(size):
            at = at + [(each >> 1) ^ -(each & 1) for each in (next(read), next(read))]
            points.append(at)
        borders.append(np.array(points))
    read, communes, last = varints(drawn.rings), [], 0
    for count in read:
        rings = []
        for _ in range(count):
            ring = []
            for _ in range(next(read)):
                code = next(read)
                border = last - 1 - (code - 1) // 2 if code else last
                last += not code
                way = borders[border][::-1] if code and (code - 1) % 2 else borders[border]
                assert not ring or numbers or (ring[-1] == way[0]).all()
                ring += [border] if numbers else list(way)
            rings.append(ring)
        communes.append(rings)
    return borders, communes


class Page:
    """The data of a page of a country."""

    def __init__(self, text):
        soup = BeautifulSoup(text, "html.parser")
        self.attention = " ".join(each.get_text() for each in soup.select(".ct-warning"))
        self.data = json.loads(soup.select_one("script.nt-data").string)
        whole = zlib.decompress(base64.b64decode(soup.select_one("script.nt-blob").string))
        self.parts, at = {}, 0
        for name, size in self.data["parts"]:
            self.parts[name] = whole[at : at + size]
            at += size
        assert at == len(whole)

    def numbers(self, name):
        low, high = np.split(np.frombuffer(self.parts[name], "u1").astype(int), 2)
        return low + 256 * high

    def lines(self, name):
        return self.parts[name].decode().split("\n")

    def figure(self, level, name):
        """By kind, the values of a figure as they are carried; NaN where missing."""
        if level == "communes" and name != "minutes":
            codes = [0, 1, *range(100, 10_000, 100), 9_999, 10_000, *[np.nan] * 153]
            values = np.array(codes, float)[np.frombuffer(self.parts[f"{level}_{name}"], "u1")]
        else:
            values = self.numbers(f"{level}_{name}").astype(float)
            values[values == 65_535] = np.nan
        kinds = [kind["key"] for kind in self.data["kinds"]]
        return dict(zip(kinds, np.split(values, len(kinds)), strict=True))
