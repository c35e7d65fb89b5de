/* The map of the council table: communes painted by a plan, and where its sites stand. Everything that can be done on it
   can be done by the buttons beside it: it is a shortcut for those who see it. */
var councilMap = (function () {
  "use strict";

  var SIZES = { open: 22, "new": 32, closed: 22 }, LEVELS = { open: 4000, "new": 6000, closed: 3000 };

  function mark(data, state) {
    var open = state !== "closed", colour = data.marker.colour, size = SIZES[state];
    var drawn = accessmap.element("svg", { viewBox: "-10 -10 20 20", "aria-hidden": "true" }, [
      accessmap.element("path", { d: data.marker.d, fill: open ? colour : "#fff", stroke: open ? "#fff" : colour, "stroke-width": 1.5, "stroke-linejoin": "round" })]);
    if (state === "closed") {
      drawn.appendChild(accessmap.element("path", { d: "M-8,-8L8,8M8,-8L-8,8", stroke: "#1b1b1b", "stroke-width": 2 }));
    }
    drawn.setAttribute("width", size);
    drawn.setAttribute("height", size);
    return L.divIcon({ className: "ct-icon", html: drawn, iconSize: [size, size] });
  }

  // `tell` gives the lines of a tooltip, `touch` is told the code of the commune that is touched.
  function Map(box, data, words, tell, touch) {
    this.data = data;
    this.zones = {};
    this.marks = {};
    this.painted = {};
    this.hatched = {};
    var origin = data.origin, self = this;
    // On a touch screen one finger scrolls the page; two fingers move the map.
    var map = this.map = L.map(box, { center: [0, 0], zoom: 9, zoomSnap: 0.25, scrollWheelZoom: false, dragging: !L.Browser.mobile });
    // Possible places are many: they are drawn together, and let touches through to the communes below.
    map.createPane("ct-unsure").style.zIndex = 410;
    map.createPane("ct-dots").style.zIndex = 450;
    map.getPane("ct-dots").style.pointerEvents = "none";
    this.dots = L.svg({ pane: "ct-dots" });
    // One for all: a tooltip bound to each commune would make a stop of the keyboard of each.
    var tooltip = L.tooltip({ opacity: 1, className: "am-tooltip" });
    function path(id) { return accessmap.rings(document.getElementById("z-" + id).getAttribute("d"), origin); }
    data.zones.slice().sort(function (a, b) { return a[2] - b[2]; }).forEach(function (zone) {
      var style = zone[2] ? { color: "#6b6b6b", weight: 0.8, fillColor: "#fff", fillOpacity: 1, className: "ct-zone" }
        : { color: "#c9c5bd", weight: 0.8, fillColor: "#efede8", fillOpacity: 1, className: "ct-outside" };
      var layer = L.polygon(path(zone[0]), style).addTo(map);
      layer.on("click", function () { touch(zone[0]); });
      layer.on("mouseover", function () { layer.setStyle({ weight: 2.5, color: "#1b1b1b" }); if (zone[2]) { layer.bringToFront(); } });
      layer.on("mousemove", function (event) {
        tooltip.setContent(accessmap.lines(tell(zone[0], zone[1]), "am-tip")).setLatLng(event.latlng);
        if (!map.hasLayer(tooltip)) { map.openTooltip(tooltip); }
      });
      layer.on("mouseout", function () { layer.setStyle({ weight: style.weight, color: style.color }); map.closeTooltip(tooltip); });
      self.zones[zone[0]] = layer;
    });
    L.polygon(path("outline"), { fill: false, color: "#1b1b1b", weight: 2, interactive: false }).addTo(map);
    var names = data.names.map(function (name) { return self.named(name[0], name[1], name[2]); }), fresh = [];
    // The places that a plan opens are named first.
    this.name = function (places) {
      fresh.forEach(function (marker) { marker.removeFrom(map); });
      fresh = places.map(function (place) { return self.named(place[0].x, place[0].y, place[1]); });
      this.unclutter();
    };
    this.unclutter = function () {
      var told = fresh.map(function (marker) { return marker.getElement().textContent; });
      accessmap.unclutter(fresh.concat(names.filter(function (marker) {
        var text = marker.getElement().firstChild;
        return !(text.hidden = told.indexOf(text.textContent) >= 0);
      })));
    };
    map.attributionControl.setPrefix(false);
    L.control.scale({ imperial: false }).addTo(map);
    accessmap.northArrow(words).addTo(map);
    accessmap.zoomWords(map, words);
    var bounds = L.latLngBounds(accessmap.place(origin, 0, 0), accessmap.place(origin, data.size[0], data.size[1])), fitted = false;
    this.fit = function () {
      map.invalidateSize(false);
      if (map.getSize().x > 0 && map.getSize().y > 0) {
        if (!fitted) { map.setMinZoom(0); }
        map.fitBounds(bounds, { padding: [14, 14], animate: false });
        fitted = true;
        self.unclutter();
      }
    };
    this.fit();
    map.on("zoomend resize", this.unclutter);
    if (window.ResizeObserver) { new ResizeObserver(function () { if (!fitted) { self.fit(); } else { map.invalidateSize(false); } }).observe(box); }
  }

  Map.prototype.named = function (x, y, name) {
    var text = document.createElement("span");
    text.textContent = name;
    return L.marker(accessmap.place(this.data.origin, x, y), { interactive: false, keyboard: false,
      icon: L.divIcon({ className: "am-name", html: text, iconSize: [0, 0] }) }).addTo(this.map);
  };

  // Paint each commune by its look [label, colour, pattern]; only what changed is touched.
  Map.prototype.paint = function (looks) {
    Object.keys(looks).forEach(function (code) {
      var look = looks[code], fill = look[2] ? "url(#am-" + look[2] + ")" : look[1];
      if (this.painted[code] === fill || !this.zones[code]) { return; }
      this.painted[code] = fill;
      this.zones[code].setStyle({ fillColor: fill });
    }, this);
  };

  // Hatch these communes over their colours.
  Map.prototype.hatch = function (codes) {
    var wanted = {};
    codes.forEach(function (code) { wanted[code] = true; });
    Object.keys(this.hatched).forEach(function (code) { if (!wanted[code]) { this.hatched[code].removeFrom(this.map); } }, this);
    codes.forEach(function (code) {
      if (!this.hatched[code] && this.zones[code]) {
        this.hatched[code] = L.polygon(this.zones[code].getLatLngs(), { stroke: false, fillColor: "url(#am-unsure)", fillOpacity: 1, interactive: false, pane: "ct-unsure" });
      }
      if (this.hatched[code] && !this.map.hasLayer(this.hatched[code])) { this.hatched[code].addTo(this.map); }
    }, this);
  };

  // Show each place in its state: open, new, closed, possible; one that is taken by another is not shown.
  Map.prototype.stand = function (states) {
    states.forEach(function (state, k) {
      var known = this.marks[k], place = this.data.places[k];
      if (known && known.state === state) { return; }
      if (known) { known.marker.removeFrom(this.map); }
      var at = accessmap.place(this.data.origin, place.x, place.y);
      var marker = state === "possible"
        ? L.circleMarker(at, { radius: 3, color: "#1b1b1b", weight: 1, fillColor: "#fff", fillOpacity: 1, interactive: false, renderer: this.dots })
        : L.marker(at, { icon: mark(this.data, state), interactive: false, keyboard: false, zIndexOffset: LEVELS[state] });
      marker.addTo(this.map);
      this.marks[k] = { state: state, marker: marker };
    }, this);
  };

  return { Map: Map };
})();
