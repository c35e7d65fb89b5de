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
    var zones = [];
    var current = 0;
    var bounds = L.latLngBounds(place(data.origin, 0, 0), place(data.origin, data.size[0], data.size[1]));

    function pathOf(code, path) {
      return path || document.getElementById("z-" + code).getAttribute("d");
    }

    function tell(zone) {
      return [zone.name].concat(zone.inside ? data.views[current].told[zone.code] || [] : [data.words.outside]);
    }

    function show(zone) {
      told.replaceChildren(lines(tell(zone), "am-told-lines"));
    }

    function paint() {
      var view = data.views[current];
      zones.forEach(function (item) {
        var entry = view.paint[view.fill[item.zone.code]];
        if (!item.zone.inside || !entry) { return; }
        item.layer.setStyle({ fillColor: entry[1] ? "url(#am-" + entry[1] + ")" : entry[0] });
      });
    }

    data.zones.slice().sort(function (a, b) { return a.inside - b.inside; }).forEach(function (zone) {
      var style = zone.inside
        ? { color: "#6b6b6b", weight: 0.8, fillColor: "#ffffff", fillOpacity: 1, className: "am-zone" }
        : { color: "#c9c5bd", weight: 0.8, fillColor: "#efede8", fillOpacity: 1, className: "am-outside" };
      var layer = L.polygon(rings(pathOf(zone.code, zone.d), data.origin), style).addTo(map);
      layer.bindTooltip(function () { return lines(tell(zone), "am-tip"); }, { sticky: true, opacity: 1, className: "am-tooltip" });
      layer.on("click", function () { show(zone); });
      layer.on("mouseover", function () { layer.setStyle({ weight: 2.5, color: "#1b1b1b" }); if (zone.inside) { layer.bringToFront(); } });
      layer.on("mouseout", function () { layer.setStyle({ weight: style.weight, color: style.color }); });
      zones.push({ zone: zone, layer: layer });
    });
    L.polygon(rings(pathOf("outline", data.outline), data.origin),
      { fill: false, color: "#1b1b1b", weight: 2, interactive: false, className: "am-outline" }).addTo(map);

    var names = data.names.map(function (name) {
      var text = document.createElement("span");
      text.textContent = name[2];
      return L.marker(place(data.origin, name[0], name[1]), {
        interactive: false, keyboard: false,
        icon: L.divIcon({ className: "am-name", html: text, iconSize: [0, 0] })
      }).addTo(map);
    });

    // Of two names that would lie over each other, the larger commune's is kept.
    function unclutter() {
      var kept = [];
      names.forEach(function (marker) {
        var text = marker.getElement().firstChild;
        text.hidden = false;
        var box = text.getBoundingClientRect();
        text.hidden = kept.some(function (other) {
          return box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom;
        });
        if (!text.hidden) { kept.push(box); }
      });
    }

    var shown = data.layers.map(function () { return true; });
    var marks = [];
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
        marker.on("click keypress", function () { told.replaceChildren(lines(point[2], "am-told-lines")); });
        marks.push({ marker: marker, layer: k, views: point[3] });
      });
    });

    function stand() {
      marks.forEach(function (mark) {
        var here = shown[mark.layer] && (!mark.views || mark.views.indexOf(current) >= 0);
        if (here !== map.hasLayer(mark.marker)) { mark.marker[here ? "addTo" : "removeFrom"](map); }
      });
    }

    root.querySelectorAll(".am-views input").forEach(function (input) {
      input.addEventListener("change", function () {
        current = +input.value;
        root.querySelectorAll(".am-legend").forEach(function (legend) {
          legend.hidden = legend.dataset.view !== input.value;
        });
        paint();
        stand();
      });
    });
    root.querySelectorAll(".am-layers input").forEach(function (input) {
      input.addEventListener("change", function () {
        shown[+input.value] = input.checked;
        stand();
      });
    });
    var find = root.querySelector(".am-find input");
    find.addEventListener("change", function () {
      var wanted = fold(find.value);
      if (!wanted) { return; }
      var inside = zones.filter(function (item) { return item.zone.inside; });
      var found = inside.find(function (item) { return fold(item.zone.name) === wanted; }) ||
        inside.find(function (item) { return fold(item.zone.name).indexOf(wanted) === 0; });
      if (!found) { told.textContent = data.words.not_found; return; }
      show(found.zone);
      found.layer.openTooltip(found.layer.getBounds().getCenter());
    });

    map.attributionControl.setPrefix(false);
    L.control.scale({ imperial: false }).addTo(map);
    var fitted = false;
    function fit() {
      map.invalidateSize(false);
      if (!fitted && map.getSize().x > 0 && map.getSize().y > 0) {
        map.fitBounds(bounds, { padding: [14, 14], animate: false });
        map.setMinZoom(map.getZoom() - 1);
        fitted = true;
        unclutter();
      }
    }
    fit();
    if (window.ResizeObserver) { new ResizeObserver(fit).observe(map.getContainer()); }
    paint();
    stand();
    unclutter();
    map.on("zoomend resize", unclutter);
  }

  function zoomWords(map, root) {
    var words = JSON.parse(root.querySelector("script.am-data").textContent).words;
    [["in", words.zoom_in], ["out", words.zoom_out]].forEach(function (pair) {
      var button = map.getContainer().querySelector(".leaflet-control-zoom-" + pair[0]);
      if (button) { button.title = pair[1]; button.setAttribute("aria-label", pair[1]); }
    });
  }

  return {
    attach: function (map, key) {
      var root = document.getElementById(key + "-root");
      draw(map, root);
      zoomWords(map, root);
    },
    start: function () {
      document.querySelectorAll(".am-map").forEach(function (root) {
        var canvas = root.querySelector(".folium-map");
        // On a touch screen one finger scrolls the page; two fingers move the map.
        var map = L.map(canvas, { center: [0, 0], zoom: 9, zoomSnap: 0.25, scrollWheelZoom: false, dragging: !L.Browser.mobile });
        accessmap.attach(map, canvas.id);
      });
    }
  };
})();
