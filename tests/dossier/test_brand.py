"""A council's title, logo and colour: embedded, safe, and dark enough to be read."""

import base64
import re
import struct
import zlib

import openpyxl
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

import accessmap as am
from accessmap.dossier.brand import CONTRAST, GROUND, LOGO_BYTES, Brand, luminance
from accessmap.errors import OptionError, SourceError

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9"'
PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    for kind, data in (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\x20\x40\x60")),
        (b"IEND", b""),
    )
)


def svg(inside="", attributes=""):
    return f"{HEAD} {attributes}>{inside}</svg>".encode()


def logo(tmp_path, content, name="logo"):
    path = tmp_path / name
    path.write_bytes(content)
    return Brand.of(logo=path).logo


def written(address):
    return base64.b64decode(address.partition("base64,")[2])


@settings(deadline=None)
@given(st.integers(0, 0xFFFFFF))
def test_any_colour_is_read_on_every_ground_and_a_dark_one_stays(number):
    asked = f"#{number:06x}"
    made = Brand.of(colour=asked)
    for ground in ("#ffffff", "#fff8e1", GROUND):
        assert (luminance(ground) + 0.05) / (luminance(made.colour) + 0.05) >= CONTRAST
    enough = (luminance(GROUND) + 0.05) / (luminance(asked) + 0.05) >= CONTRAST
    assert (made.colour == asked) == enough == (not made.notes)


def test_contrast_is_that_of_wcag():
    # Known pairs: #767676 is the lightest grey of 4.5:1 on white, black on white is 21.
    assert (1.05 / (luminance("#767676") + 0.05), 1.05 / 0.05) == pytest.approx((4.54, 21), abs=0.01)


@pytest.mark.parametrize("colour", ["005B8F", "#05B", "#005B8G", "blue", "#005B8F;}", 5, ""])
def test_what_is_no_colour_is_refused_with_how_to_write_it(colour):
    with pytest.raises(OptionError, match="write it as '#005B8F'"):
        Brand.of(colour=colour)


def test_logos_are_embedded_by_what_they_hold_and_not_by_their_name(tmp_path):
    assert written(logo(tmp_path, PNG, "logo.jpg")) == PNG
    assert logo(tmp_path, PNG, "logo.jpg").startswith("data:image/png;base64,")
    assert logo(tmp_path, b"\xff\xd8\xff\xe0 photo \xff\xd9").startswith("data:image/jpeg;base64,")
    assert logo(tmp_path, svg("<path d='M0 0h9'/>")).startswith("data:image/svg+xml;base64,")


def test_of_a_drawing_only_the_drawing_is_kept(tmp_path):
    content = (
        b'<?xml version="1.0"?><?xml-stylesheet href="http://x/a.css"?><!DOCTYPE svg PUBLIC "a" "http://x/b"><!-- c -->'
        + svg(
            "<metadata>m</metadata><i:grid id='g'/><defs><linearGradient id='a'/></defs><style>.k{fill:url(#a)}</style>"
            "<use xlink:href='#k'/><circle id='k' class='k' r='3' fill='url( \"#a\" )' i:label='l'/>",
            'xmlns:i="http://ink" i:version="1"',
        )
    )
    kept = written(logo(tmp_path, content)).decode()
    assert re.findall(r"http://[^\"]+", kept) == ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"]
    assert "circle" in kept
    assert 'href="#k"' in kept
    assert not [each for each in ("metadata", "grid", "label", "DOCTYPE", "stylesheet", "<!--") if each in kept]


@pytest.mark.parametrize(
    "content",
    [
        svg("<script>alert(1)</script>"),
        svg("<g><g><script/></g></g>"),
        svg("<foreignObject><p>a</p></foreignObject>"),
        svg("<image href='http://x/a.png'/>"),
        svg("<a href='#a'><path d=''/></a>"),
        svg("<animate attributeName='href' to='javascript:alert(1)'/>"),
        svg("<path d='' onclick='alert(1)'/>"),
        svg("", "onload='alert(1)'"),
        svg("", "OnLoad='alert(1)'"),
        svg("<use href='http://x/a.svg#b'/>"),
        svg("<use xlink:href=' data:image/svg+xml;base64,AA'/>"),
        svg("<path fill='url(http://x/a)'/>"),
        svg("<path style=\"fill: URL( '//x/a' )\"/>"),
        svg("<path style='fill:u\\72l(//x)'/>"),
        svg("<style>@import '//x/a.css';</style>"),
        svg("<style>a{background:url(//x)}</style>"),
        b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + svg("<text>&b;</text>"),
        b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + svg("<text>&a;</text>"),
    ],
)
def test_a_drawing_that_acts_or_fetches_is_refused(tmp_path, content):
    with pytest.raises(SourceError, match="a logo is a drawing and no more"):
        logo(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"GIF89a", "neither a PNG nor a JPEG nor an SVG"),
        (b"<html><svg/></html>", "neither a PNG"),
        (b"", "neither a PNG"),
        (svg("<path d=''/>").decode().encode("utf-16"), "neither a PNG"),
        (PNG[:-5], "cut short or damaged"),
        (b"\xff\xd8\xff\xe0 photo", "cut short or damaged"),
        (svg("<path")[:-3], "cut short or damaged"),
        (svg("<g>" * 20_000 + "</g>" * 20_000), "cut short or damaged"),
        (HEAD.replace("viewBox", "class").encode() + b"/>", "neither a viewBox nor width"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * LOGO_BYTES, "more than the 300 of a logo"),
    ],
)
def test_a_logo_that_cannot_be_one_is_refused_in_one_sentence(tmp_path, content, told):
    with pytest.raises(SourceError, match=told) as error:
        logo(tmp_path, content)
    assert len(error.value.problems) == 1
    assert error.value.told("fr").startswith("logo ")


def test_the_pages_bear_title_logo_and_colour_and_load_nothing(toy_study, tmp_path):
    (tmp_path / "logo.png").write_bytes(PNG)
    plain = am.Dossier.of(toy_study, category="france_services", chapters=[])
    own = {"title": "Titre <b>", "subtitle": "Le 12 décembre", "logo": tmp_path / "logo.png", "colour": "#005B8F"}
    dossier = plain.branded(**own)
    assert dossier.title == "Titre <b>"
    for text in (dossier.to_html(), dossier.sheets_to_html()):
        page = BeautifulSoup(text, "html.parser")
        head = page.select_one(".d-head")
        assert head.select_one("[role=img]")["aria-label"] == "Logo de la collectivité"
        assert "Le 12 décembre" in head.get_text()
        assert page.find_all(["img", "link"]) == []
        style = page.style.string
        assert style.count(dossier.brand.logo) == 1  # once a file, however many sheets
        assert ":root { --accent: #005b8f; }" in style
        assert style.rindex("--accent: #005b8f") > style.index("--accent: #1f4e79")
    assert BeautifulSoup(dossier.to_html(), "html.parser").h1.get_text() == "Titre <b>"
    bare = plain.to_html()
    assert 'class="d-logo"' not in bare
    assert bare.count("--accent:") == 1
    picture = dossier.maps["compare"].get_root().render()
    table = am.council_table(toy_study, "france_services", counts=[1]).branded(**own).to_html()
    for text in (picture, table):  # the map and the table that a council tries plans on, too
        page = BeautifulSoup(text, "html.parser")
        assert page.h1.get_text() == "Titre <b>"
        style = " ".join(each.get_text() for each in page.find_all("style"))
        assert style.count(dossier.brand.logo) == 1
        assert "color: #005b8f" in style
    assert "Le 12 décembre" in table
    book = openpyxl.load_workbook(dossier.save_workbook(tmp_path / "t.xlsx"))
    first, columns = book.worksheets[:2]
    assert [first["A1"].value, first["A2"].value] == ["Titre <b>", "Le 12 décembre"]
    assert columns["A1"].fill.fgColor.rgb == "FF005B8F"
    assert len(first._images) == 1
    assert (dossier.brand.picture()[1:], Brand().picture()) == ((1, 1), None)
