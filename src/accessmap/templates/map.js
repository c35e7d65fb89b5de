/* accessmap: draws the communes, services and names that the page carries as data. Names only ever become text nodes. */
var accessmap = (function () {
  "use strict";
  var SVG = "http://www.w3.org/2000/svg";

  function element(tag, attributes, children) {
    var node = document.createElementNS(SVG, tag);
    Object.keys(attributes).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    (children || []).forEach(function (child) { node.appendChild(child); });
    return node;
  }

  function lines(texts, className) {
    var box = document.createElement("div");
    box.className = className;
    texts.forEach(function (text, k) {
      var line = document.createElement(k ? "span" : "strong");
      line.textContent = text;
      box.appendChild(line);
    });
    return box;
  }

  function place(origin, x, y) {
    return L.Projection.SphericalMercator.unproject(L.point(origin[0] + x, origin[1] - y));
  }

  function rings(path, origin) {
    return path.split("M").slice(1).map(function (part) {
      var x = 0, y = 0;
      return part.replace("z", "").split("l").map(function (step) {
        var pair = step.split(",");
        x += +pair[0];
        y += +pair[1];
        return place(origin, x, y);
      });
    });
  }

  function fold(name) {
    return name.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();
  }

  function many(layer) { return layer.points.length > 60; }

  // Beyond this many sites of one kind, those that would touch are one bubble with their number, until one is close.
  var MOST = 300, APART = 56, CLOSE = 14;

  function bubble(layer, group, words) {
    var size = Math.round(24 + 5 * Math.log10(group.length) * 2);
    var text = document.createElement("span");
    text.textContent = String(group.length);
    var marker = L.marker(L.latLngBounds(group.map(function (mark) { return mark.marker.getLatLng(); })).getCenter(), {
      icon: L.divIcon({ className: "am-bubble", html: text, iconSize: [size, size] }), keyboard: false, zIndexOffset: 4000
    });
    marker.on("add", function () {
      var icon = marker.getElement();
      icon.classList.add("am-cluster");
      icon.style.backgroundColor = layer.colour;
      icon.setAttribute("role", "img");
      icon.setAttribute("aria-label", layer.name + ", " + words.cluster.replace("{n}", group.length));
    });
    marker.bindTooltip(lines([layer.name, words.cluster.replace("{n}", group.length)], "am-tip"), { opacity: 1, className: "am-tooltip" });
    return marker;
  }

  function northArrow(words) {
    var control = L.control({ position: "topright" });
    control.onAdd = function () {
      var box = L.DomUtil.create("div", "am-north");
      var letter = element("text", { x: 11, y: 33, "text-anchor": "middle", "font-size": 12, "font-weight": 700, fill: "#1b1b1b" });
      letter.textContent = words.north_letter;
      box.appendChild(element("svg", { viewBox: "0 0 22 34", role: "img", "aria-label": words.north },
        [element("path", { d: "M11,1l7,20l-7,-5l-7,5z", fill: "#1b1b1b" }), letter]));
      return box;
    };
    return control;
  }

  // Which cell is under a point: the nearest centre, if the point is inside the square around it.
  function finder(data) {
    var ax = data.edge[0], ay = data.edge[1], side = Math.hypot(ax, ay), shelves = new Map();
    function key(x, y) { return Math.floor(x / side) + "," + Math.floor(y / side); }
    data.cells.forEach(function (cell) {
      var shelf = key(cell[0], cell[1]);
      if (!shelves.has(shelf)) { shelves.set(shelf, []); }
      shelves.get(shelf).push(cell);
    });
    return function (latlng) {
      var at = L.Projection.SphericalMercator.project(latlng);
      var x = at.x - data.origin[0], y = data.origin[1] - at.y, best = null;
      for (var i = -1; i <= 1; i++) {
        for (var j = -1; j <= 1; j++) {
          (shelves.get(key(x + i * side, y + j * side)) || []).forEach(function (cell) {
            var dx = x - cell[0], dy = y - cell[1];
            var u = (dx * ax + dy * ay) / (side * side), v = (dy * ax - dx * ay) / (side * side);
            if (Math.abs(u) <= 0.5 && Math.abs(v) <= 0.5) { best = cell; }
          });
        }
      }
      return best;
    };
  }

  function icon(layer, fresh) {
    var drawn = element("svg", { viewBox: "-10 -10 20 20", "aria-hidden": "true" }, [
      element("path", { d: layer.d, fill: layer.colour, stroke: "#fff", "stroke-width": "1.5", "stroke-linejoin": "round" })
    ]);
    var size = fresh ? 30 : many(layer) ? 11 : 20;
    drawn.setAttribute("width", size);
    drawn.setAttribute("height", size);
    return L.divIcon({ className: "am-icon", html: drawn, iconSize: [size, size] });
  }

  function draw(map, root) {
    var data = JSON.parse(root.querySelector("script.am-data").textContent);
    var told = root.querySelector(".am-told");
    var zones = [], pieces = [], borders = [];
    var current = 0;
    // Over a background map the land is seen through; land without a value is not painted at all.
    var covered = data.pieces.some(function (piece) { return !data.views[piece[0]].paint[piece[1]][2]; });
    var thin = data.tiles ? 0.65 : 1, bare = data.tiles ? 0 : 1;
    var bounds = L.latLngBounds(place(data.origin, 0, 0), place(data.origin, data.size[0], data.size[1]));

    function pathOf(code, path) {
      return path || document.getElementById(data.ids + "-" + code).getAttribute("d");
    }

    function tell(zone) {
      return [zone.name].concat(zone.inside ? data.views[current].told[zone.code] || [] : [data.words.outside]);
    }

    // What was asked for is told again in each map that is chosen; a commune says something else there.
    var asked = null;
    function show(zone) {
      asked = zone;
      told.replaceChildren(lines(tell(zone), "am-told-lines"));
    }
    function say(texts) {
      asked = null;
      told.replaceChildren(lines(texts, "am-told-lines"));
    }

    // Those who do not see the map hear which one is shown, with which sites; its legend, which counts, describes it.
    function describe() {
      var canvas = map.getContainer(), sites = data.layers.filter(function (layer, k) { return shown[k]; });
      var state = (data.views.length > 1 ? [data.views[current].name] : []).concat(!data.layers.length ? []
        : data.words.map_sites.replace("{names}", sites.map(function (layer) { return layer.name; }).join(", ") || data.words.map_sites_none));
      canvas.setAttribute("aria-label", [data.words.map_label].concat(state).join(". "));
      canvas.setAttribute("aria-describedby", canvas.id + "-legend-" + current);
    }

    // One for all: a tooltip bound to each commune would make a stop of the keyboard of each.
    var tip = L.tooltip({ opacity: 1, className: "am-tooltip" });
    function tipAt(latlng, texts) {
      tip.setContent(lines(texts, "am-tip")).setLatLng(latlng);
      if (!map.hasLayer(tip)) { map.openTooltip(tip); }
    }

    function tips(layer, texts) {
      layer.on("mousemove", function (event) { tipAt(event.latlng, texts()); });
      layer.on("mouseout", function () { map.closeTooltip(tip); });
    }

    function tellPiece(layer, texts) {
      tips(layer, function () { return texts; });
      layer.on("click", function () { say(texts); });
    }

    function looked(entry) {
      return entry[2]
        ? { fill: false, color: entry[0], weight: entry[2], dashArray: entry[1] === "dash" ? "4 3" : null }
        : { stroke: false, fillColor: entry[1] ? "url(#am-" + entry[1] + ")" : entry[0], fillOpacity: thin };
    }

    function paint() {
      var view = data.views[current];
      zones.forEach(function (item) {
        var entry = view.paint[view.fill[item.zone.code]];
        if (!item.zone.inside) { return; }
        item.layer.setStyle({
          fillColor: !entry ? "#ffffff" : entry[1] ? "url(#am-" + entry[1] + ")" : entry[0], fillOpacity: entry ? thin : bare
        });
        var unsure = (view.unsure || []).indexOf(item.zone.code) >= 0;
        if (unsure && !item.over) {
          item.over = L.polygon(item.layer.getLatLngs(), { stroke: false, fillColor: "url(#am-unsure)", fillOpacity: 1, interactive: false, pane: "am-over", className: "am-unsure" });
        }
        if (item.over && unsure !== map.hasLayer(item.over)) { item.over[unsure ? "addTo" : "removeFrom"](map); }
      });
      pieces.forEach(function (piece) {
        var here = piece.view === current;
        if (here !== map.hasLayer(piece.layer)) { piece.layer[here ? "addTo" : "removeFrom"](map); }
      });
      borders.forEach(function (border) { border.bringToFront(); });
    }

    map.createPane("am-over").style.zIndex = 410;
    if (!data.zones.length) { map.getContainer().classList.add("am-bare"); }
    if (data.tiles) { L.tileLayer(data.tiles.url, { maxZoom: data.tiles.most, attribution: data.tiles.credit }).addTo(map); }
    data.zones.slice().sort(function (a, b) { return a.inside - b.inside; }).forEach(function (zone) {
      var style = zone.inside
        ? { color: "#6b6b6b", weight: 0.8, fillColor: "#ffffff", fillOpacity: bare, className: "am-zone" }
        : { color: "#c9c5bd", weight: 0.8, fillColor: "#efede8", fillOpacity: bare, className: "am-outside" };
      var layer = L.polygon(rings(pathOf(zone.code, zone.d), data.origin), style).addTo(map);
      var edge = layer;
      if (covered) {
        edge = L.polygon(layer.getLatLngs(), { fill: false, color: style.color, weight: 0.8, opacity: 0.5, interactive: false, pane: "am-over" }).addTo(map);
        borders.push(edge);
      }
      if (!data.cells.length) {
        tips(layer, function () { return tell(zone); });
        layer.on("click", function () { show(zone); });
      }
      layer.on("mouseover", function () { edge.setStyle({ weight: 2.5, color: "#1b1b1b" }); if (zone.inside) { edge.bringToFront(); } });
      layer.on("mouseout", function () { edge.setStyle({ weight: style.weight, color: style.color }); });
      zones.push({ zone: zone, layer: layer });
    });
    data.pieces.forEach(function (piece, k) {
      var entry = data.views[piece[0]].paint[piece[1]];
      var shape = rings(pathOf("p-" + k, piece[2]), data.origin);
      var options = Object.assign({ interactive: false, pane: "am-over", className: "am-piece" }, looked(entry));
      options.interactive = piece[3].length > 0;
      var layer = entry[2] ? L.polyline(shape, options) : L.polygon(shape, options);
      if (piece[3].length) { tellPiece(layer, piece[3]); }
      pieces.push({ view: piece[0], layer: layer });
    });
    if (data.zones.length) {
      var outline = L.polygon(rings(pathOf("outline", data.outline), data.origin),
        { fill: false, color: "#1b1b1b", weight: 2, interactive: false, className: "am-outline", pane: covered ? "am-over" : "overlayPane" }).addTo(map);
      if (covered) { borders.push(outline); }
    }
    if (data.cells.length) {
      var cellAt = finder(data), codes = {};
      data.zones.forEach(function (zone) { codes[zone.code] = zone.name; });
      var words = function (cell) { return (codes[cell[2]] ? [codes[cell[2]]] : []).concat(cell[3]); };
      map.on("mousemove", function (event) {
        var cell = cellAt(event.latlng);
        if (!cell) { map.closeTooltip(tip); return; }
        tipAt(event.latlng, words(cell));
      });
      map.on("mouseout", function () { map.closeTooltip(tip); });
      map.on("click", function (event) {
        var cell = cellAt(event.latlng);
        if (cell) { say(words(cell)); }
      });
    }

    var names = data.names.map(function (name) {
      var text = document.createElement("span");
      text.textContent = name[2];
      return L.marker(place(data.origin, name[0], name[1]), {
        interactive: false, keyboard: false,
        icon: L.divIcon({ className: "am-name", html: text, iconSize: [0, 0] })
      }).addTo(map);
    });

    var shown = data.layers.map(function () { return true; });
    var marks = [];
    var fitted = false;
    data.layers.forEach(function (layer, k) {
      layer.points.forEach(function (point) {
        var marker = L.marker(place(data.origin, point[0], point[1]), {
          icon: icon(layer, point[4]), riseOnHover: true, riseOffset: 100000, zIndexOffset: 5000 * (k + 1),
          // Hundreds of stops would bury the rest of the page for those who use the keyboard.
          keyboard: !many(layer)
        });
        marker.bindTooltip(lines(point[2], "am-tip"), { opacity: 1, className: "am-tooltip" });
        marker.on("add", function () {
          var icon = marker.getElement();
          icon.setAttribute("aria-label", point[2].join(", "));
          // Leaflet makes a button of what the keyboard reaches; what it does not is a picture with a name.
          if (!icon.hasAttribute("role")) { icon.setAttribute("role", "img"); }
        });
        marker.on("click keypress", function () { say(point[2]); });
        marks.push({ marker: marker, layer: k, views: point[3] });
      });
    });

    var bubbles = [];
    function stand() {
      var alone = marks.filter(function (mark) { return shown[mark.layer] && (!mark.views || mark.views.indexOf(current) >= 0); });
      bubbles.forEach(function (marker) { marker.removeFrom(map); });
      bubbles = [];
      if (fitted && map.getZoom() < CLOSE) { alone = alone.filter(gathered(alone)); }
      var standing = new Set(alone);
      marks.forEach(function (mark) {
        var here = standing.has(mark);
        if (here !== map.hasLayer(mark.marker)) { mark.marker[here ? "addTo" : "removeFrom"](map); }
      });
    }

    // Put up a bubble for sites of one kind in one square of the screen, and tell which sites stand alone.
    function gathered(here) {
      var groups = new Map();
      here.forEach(function (mark) {
        if (data.layers[mark.layer].points.length <= MOST) { return; }
        var at = map.project(mark.marker.getLatLng(), map.getZoom());
        var key = mark.layer + " " + Math.floor(at.x / APART) + " " + Math.floor(at.y / APART);
        if (!groups.has(key)) { groups.set(key, []); }
        groups.get(key).push(mark);
      });
      var inside = new Set();
      groups.forEach(function (group) {
        if (group.length < 2) { return; }
        group.forEach(function (mark) { inside.add(mark); });
        var marker = bubble(data.layers[group[0].layer], group, data.words);
        marker.on("click", function () { map.setView(marker.getLatLng(), Math.min(map.getZoom() + 2, CLOSE)); });
        bubbles.push(marker.addTo(map));
      });
      return function (mark) { return !inside.has(mark); };
    }

    // On paper the picture of the view that is looked at stands for the live map.
    function choose() {
      root.querySelectorAll(".am-still").forEach(function (still) { still.hidden = +still.dataset.view !== current; });
    }
    root.querySelectorAll(".am-views input").forEach(function (input) {
      input.addEventListener("change", function () {
        current = +input.value;
        choose();
        root.querySelectorAll(".am-legend").forEach(function (legend) {
          legend.hidden = legend.dataset.view !== input.value;
        });
        paint();
        stand();
        describe();
        map.closeTooltip(tip);
        if (asked) { show(asked); } else { told.replaceChildren(); }
      });
    });
    root.querySelectorAll(".am-layers input").forEach(function (input) {
      input.addEventListener("change", function () {
        shown[+input.value] = input.checked;
        stand();
        describe();
      });
    });
    var find = root.querySelector(".am-find input");
    if (find) { find.addEventListener("change", function () {
      var wanted = fold(find.value);
      if (!wanted) { return; }
      var inside = zones.filter(function (item) { return item.zone.inside; });
      var found = inside.find(function (item) { return fold(item.zone.name) === wanted; }) ||
        inside.find(function (item) { return fold(item.zone.name).indexOf(wanted) === 0; });
      if (!found) { asked = null; told.textContent = data.words.not_found; return; }
      show(found.zone);
      if (!data.cells.length) { tipAt(found.layer.getBounds().getCenter(), tell(found.zone)); }
      else { map.fitBounds(found.layer.getBounds(), { maxZoom: 13 }); }
    }); }

    map.attributionControl.setPrefix(false);
    L.control.scale({ imperial: false }).addTo(map);
    northArrow(data.words).addTo(map);
    root.classList.add("am-live");
    choose();
    describe();
    function fit() {
      map.invalidateSize(false);
      if (!fitted && map.getSize().x > 0 && map.getSize().y > 0) {
        map.fitBounds(bounds, { padding: [14, 14], animate: false });
        map.setMinZoom(map.getZoom() - 1);
        fitted = true;
        stand();
        unclutter(names);
      }
    }
    fit();
    if (window.ResizeObserver) { new ResizeObserver(fit).observe(map.getContainer()); }
    paint();
    stand();
    unclutter(names);
    map.on("zoomend", stand);
    map.on("moveend resize", function () { unclutter(names); });
  }

  // Of two names that would lie over each other, the larger commune's, which comes first, is kept. A name that would be
  // cut at the side of the map is moved inwards; that of a place beyond the side is left out.
  function unclutter(names) {
    var kept = [], texts = names.map(function (marker) { return marker.getElement().firstChild; });
    if (!names.length) { return; }
    texts.forEach(function (text) { text.hidden = false; text.style.left = ""; });
    // All are measured before any is hidden: the page is laid out once.
    var frame = texts[0].closest(".leaflet-container").getBoundingClientRect();
    texts.map(function (text) { return text.getBoundingClientRect(); }).forEach(function (whole, k) {
      var by = Math.max(0, frame.left + 4 - whole.left) - Math.max(0, whole.right + 4 - frame.right);
      var box = { left: whole.left + by, right: whole.right + by, top: whole.top, bottom: whole.bottom };
      if (by) { texts[k].style.left = by + "px"; }
      texts[k].hidden = Math.abs(by) > whole.width / 2 || kept.some(function (other) {
        return box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom;
      });
      if (!texts[k].hidden) { kept.push(box); }
    });
  }

  function zoomWords(map, words) {
    [["in", words.zoom_in], ["out", words.zoom_out]].forEach(function (pair) {
      var button = map.getContainer().querySelector(".leaflet-control-zoom-" + pair[0]);
      if (button) { button.title = pair[1]; button.setAttribute("aria-label", pair[1]); }
    });
  }

  return {
    element: element,
    lines: lines,
    place: place,
    rings: rings,
    fold: fold,
    northArrow: northArrow,
    unclutter: unclutter,
    zoomWords: zoomWords,
    attach: function (map, key) {
      var root = document.getElementById(key + "-root");
      draw(map, root);
      zoomWords(map, JSON.parse(root.querySelector("script.am-data").textContent).words);
    },
    start: function () {
      document.querySelectorAll(".am-map").forEach(function (root) {
        var canvas = root.querySelector(".folium-map");
        // On a touch screen one finger scrolls the page; two fingers move the map.
        var moves = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
        var map = L.map(canvas, {
          center: [0, 0], zoom: 9, zoomSnap: 0.25, scrollWheelZoom: false, dragging: !L.Browser.mobile,
          zoomAnimation: moves, fadeAnimation: moves, markerZoomAnimation: moves, inertia: moves
        });
        accessmap.attach(map, canvas.id);
      });
    }
  };
})();
