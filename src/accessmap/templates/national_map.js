/* A country by commune, painted on a canvas. What is seen here is told by the tables below it too. */
var nationalMap = (function () {
  "use strict";
  var MOST = 60, MARGIN = 12, TOGETHER = 100;

  function hatch(context) {
    var tile = document.createElement("canvas"), ink;
    tile.width = tile.height = 8;
    ink = tile.getContext("2d");
    ink.fillStyle = "#e4e4e4";
    ink.fillRect(0, 0, 8, 8);
    ink.strokeStyle = "#8c8c8c";
    ink.lineWidth = 2;
    ink.beginPath();
    [-4, 0, 4].forEach(function (k) { ink.moveTo(k - 2, 10); ink.lineTo(k + 10, -2); });
    ink.stroke();
    return context.createPattern(tile, "repeat");
  }

  // `shapes` are the outlines of nationalData, `of` the département of each commune; `touch` is told which commune is
  // touched, `tell` gives the lines of what is under the pointer.
  function Map(canvas, shapes, size, of, tip, touch, tell) {
    var self = this, context = canvas.getContext("2d"), n = shapes.communes.length;
    var view = { x: 0, y: 0, scale: 1 }, width = 0, height = 0, dots = 1, fitted = 0, painted = [], looks = [], marked = [], names = [], near = 0, frame = null, later = 0;
    var boxes = new Float32Array(n * 4), missing = hatch(context);

    shapes.communes.forEach(function (rings, k) {
      var west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
      rings.forEach(function (ring) {
        ring.forEach(function (each) {
          var border = each < 0 ? -1 - each : each;
          for (var at = shapes.first[border]; at < shapes.first[border + 1]; at += 1) {
            west = Math.min(west, shapes.xs[at]); east = Math.max(east, shapes.xs[at]);
            north = Math.min(north, shapes.ys[at]); south = Math.max(south, shapes.ys[at]);
          }
        });
      });
      boxes.set([west, north, east, south], k * 4);
    });

    function box(list) {
      var found = [Infinity, Infinity, -Infinity, -Infinity];
      list.forEach(function (k) {
        found = [Math.min(found[0], boxes[k * 4]), Math.min(found[1], boxes[k * 4 + 1]), Math.max(found[2], boxes[k * 4 + 2]), Math.max(found[3], boxes[k * 4 + 3])];
      });
      return found;
    }

    function seen(k) {
      var left = boxes[k * 4], top = boxes[k * 4 + 1], right = boxes[k * 4 + 2], bottom = boxes[k * 4 + 3];
      return right >= view.x && bottom >= view.y && left <= view.x + width / view.scale && top <= view.y + height / view.scale;
    }

    // Points of borders that are seen at this scale: what lies within half a pixel of the one before is left out, of a
    // border the same for both its communes.
    function thinned() {
      var kept = new Uint8Array(shapes.first[shapes.first.length - 1]), apart = 0.6 / view.scale;
      for (var b = 0; b + 1 < shapes.first.length; b += 1) {
        var start = shapes.first[b], end = shapes.first[b + 1] - 1, x = shapes.xs[start], y = shapes.ys[start];
        kept[start] = kept[end] = 1;
        for (var at = start + 1; at < end; at += 1) {
          if (Math.abs(shapes.xs[at] - x) + Math.abs(shapes.ys[at] - y) > apart) { kept[at] = 1; x = shapes.xs[at]; y = shapes.ys[at]; }
        }
      }
      return kept;
    }

    function along(path, kept, each, begin) {
      var border = each < 0 ? -1 - each : each, start = shapes.first[border], end = shapes.first[border + 1], step = each < 0 ? -1 : 1;
      for (var at = each < 0 ? end - 1 : start; at >= start && at < end; at += step) {
        if (!kept[at]) { continue; }
        var x = (shapes.xs[at] - view.x) * view.scale, y = (shapes.ys[at] - view.y) * view.scale;
        if (begin) { path.moveTo(x, y); begin = false; } else { path.lineTo(x, y); }
      }
    }

    function outline(path, kept, k) {
      shapes.communes[k].forEach(function (ring) {
        ring.forEach(function (each, place) { along(path, kept, each, place === 0); });
        path.closePath();
      });
    }

    function lined(kept, wanted, colour, thick) {
      var path = new Path2D(), many = 0;
      context.strokeStyle = colour;
      context.lineWidth = thick;
      shapes.sides.forEach(function (side, b) {
        if (wanted(side[0], side[1]) && (seen(side[0]) || (side[1] >= 0 && seen(side[1])))) { along(path, kept, b, true); many += 1; }
        if (many === TOGETHER) { context.stroke(path); path = new Path2D(); many = 0; }
      });
      context.stroke(path);
    }

    function draw() {
      var kept = thinned(), paths = looks.map(function () { return new Path2D(); }), held = looks.map(function () { return 0; }), chosen = {};
      context.setTransform(dots, 0, 0, dots, 0, 0);
      context.lineJoin = "round";
      context.fillStyle = "#efede8";
      context.fillRect(0, 0, width, height);
      // A path of many thousand communes takes a browser many times as long as many of a few.
      function fill(look) {
        if (!held[look]) { return; }
        context.fillStyle = looks[look][2] ? missing : looks[look][1];
        context.fill(paths[look], "evenodd");
        // No seam between two communes of one colour.
        context.strokeStyle = looks[look][2] ? "#c9c9c9" : looks[look][1];
        context.lineWidth = 0.7;
        context.stroke(paths[look]);
        paths[look] = new Path2D();
        held[look] = 0;
      }
      for (var k = 0; k < n; k += 1) {
        var look = painted[k];
        if (!paths[look] || !seen(k)) { continue; }
        outline(paths[look], kept, k);
        held[look] += 1;
        if (held[look] === TOGETHER) { fill(look); }
      }
      looks.forEach(function (_, look) { fill(look); });
      if (view.scale > fitted * 5) { lined(kept, function () { return true; }, "rgba(27,27,27,.28)", 0.6); }
      lined(kept, function (a, b) { return b < 0 || of[a] !== of[b]; }, "rgba(27,27,27,.75)", view.scale > fitted * 5 ? 1.4 : 0.7);
      marked.forEach(function (k) { chosen[k] = 1; });
      if (marked.length) {
        [["#fff", 5], ["#1b1b1b", 2.6]].forEach(function (look) { lined(kept, function (a, b) { return !!chosen[a] !== !!chosen[b]; }, look[0], look[1]); });
      }
      called();
      frame = { x: view.x, y: view.y, scale: view.scale };
    }

    // Names of the largest communes that are seen, each where no other stands.
    function called() {
      var taken = [], most = Math.round(width / 75);
      context.textAlign = "center";
      context.font = "600 12px system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
      for (var k = 0; k < names.length && taken.length < most; k += 1) {
        var at = names[k].at, x = ((boxes[at * 4] + boxes[at * 4 + 2]) / 2 - view.x) * view.scale, y = ((boxes[at * 4 + 1] + boxes[at * 4 + 3]) / 2 - view.y) * view.scale;
        if (!(x > 0 && y > 0 && x < width && y < height)) { continue; }
        var half = context.measureText(names[k].name).width / 2 + 4, mine = [x - half, y - 9, x + half, y + 9];
        if (mine[0] < 0 || mine[2] > width || taken.some(function (other) { return mine[0] < other[2] && mine[2] > other[0] && mine[1] < other[3] && mine[3] > other[1]; })) { continue; }
        taken.push(mine);
        context.strokeStyle = "rgba(255,255,255,.9)";
        context.lineWidth = 3.5;
        context.strokeText(names[k].name, x, y + 4);
        context.fillStyle = "#1b1b1b";
        context.fillText(names[k].name, x, y + 4);
      }
    }

    // While it moves, the last picture is moved; it is drawn anew when it rests.
    var copy = document.createElement("canvas");
    function moved() {
      if (frame) {
        if (!later) { copy.width = canvas.width; copy.height = canvas.height; copy.getContext("2d").drawImage(canvas, 0, 0); self.copied = frame; }
        var from = self.copied, ratio = view.scale / from.scale;
        context.setTransform(dots, 0, 0, dots, 0, 0);
        context.fillStyle = "#efede8";
        context.fillRect(0, 0, width, height);
        context.drawImage(copy, (from.x - view.x) * view.scale, (from.y - view.y) * view.scale, width * ratio, height * ratio);
      }
      clearTimeout(later);
      later = setTimeout(function () { later = 0; draw(); }, 90);
    }

    function zoom(factor, x, y) {
      var scale = Math.min(Math.max(view.scale * factor, fitted * 0.8), fitted * MOST);
      x = x === undefined ? width / 2 : x;
      y = y === undefined ? height / 2 : y;
      view.x += x / view.scale - x / scale;
      view.y += y / view.scale - y / scale;
      view.scale = scale;
      moved();
    }

    function pan(x, y) { view.x += x / view.scale; view.y += y / view.scale; moved(); }

    // Show bounds in the middle, as large as they fit, or in so much of the room with what is around.
    function fit(bounds, share, most) {
      var scale = Math.min(share * (width - 2 * MARGIN) / (bounds[2] - bounds[0]), share * (height - 2 * MARGIN) / (bounds[3] - bounds[1]), most);
      view = { scale: scale, x: (bounds[0] + bounds[2]) / 2 - width / 2 / scale, y: (bounds[1] + bounds[3]) / 2 - height / 2 / scale };
    }

    this.size = function () {
      var whole = !fitted || view.scale === fitted, middle = [view.x + width / 2 / view.scale, view.y + height / 2 / view.scale];
      width = canvas.clientWidth;
      height = canvas.clientHeight;
      dots = Math.min(window.devicePixelRatio || 1, 2);
      if (!width || !height) { return; }
      canvas.width = Math.round(width * dots);
      canvas.height = Math.round(height * dots);
      fitted = Math.min((width - 2 * MARGIN) / size.width, (height - 2 * MARGIN) / size.height);
      if (whole) { fit([0, 0, size.width, size.height], 1, fitted); } else { view.x = middle[0] - width / 2 / view.scale; view.y = middle[1] - height / 2 / view.scale; }
      draw();
    };
    this.home = function () { fit([0, 0, size.width, size.height], 1, fitted); draw(); };
    this.zoom = zoom;
    // Which look each commune has; looks are [label, colour, pattern].
    this.paint = function (of, all) { painted = of; looks = all; if (width) { draw(); } };
    // Outline communes, and go there where asked.
    this.mark = function (list, go) {
      marked = list;
      if (go && list.length && width) { fit(box(list), 0.75, fitted * 16); }
      if (width) { draw(); }
    };
    this.name = function (list) { names = list; };
    // The commune at a place of the canvas, -1 where there is none.
    this.at = function (x, y) {
      var px = view.x + x / view.scale, py = view.y + y / view.scale;
      for (var k = 0; k < n; k += 1) {
        if (px >= boxes[k * 4] && py >= boxes[k * 4 + 1] && px <= boxes[k * 4 + 2] && py <= boxes[k * 4 + 3] && inside(k, px, py)) { return k; }
      }
      return -1;
    };
    this.middle = function () { return self.at(width / 2, height / 2); };
    function inside(k, px, py) {
      var within = false;
      shapes.communes[k].forEach(function (ring) {
        ring.forEach(function (each) {
          var border = each < 0 ? -1 - each : each;
          for (var at = shapes.first[border] + 1; at < shapes.first[border + 1]; at += 1) {
            var x0 = shapes.xs[at - 1], y0 = shapes.ys[at - 1], x1 = shapes.xs[at], y1 = shapes.ys[at];
            if ((y0 > py) !== (y1 > py) && px < (x1 - x0) * (py - y0) / (y1 - y0) + x0) { within = !within; }
          }
        });
      });
      return within;
    }

    var held = {}, start = null, spread = 0;
    function place(event) { var around = canvas.getBoundingClientRect(); return [event.clientX - around.left, event.clientY - around.top]; }
    function between() {
      var all = Object.keys(held).map(function (id) { return held[id]; });
      return { x: (all[0][0] + all[1][0]) / 2, y: (all[0][1] + all[1][1]) / 2, apart: Math.hypot(all[0][0] - all[1][0], all[0][1] - all[1][1]) };
    }
    canvas.addEventListener("pointerdown", function (event) {
      held[event.pointerId] = place(event);
      if (Object.keys(held).length === 1) { start = place(event); } else { start = null; spread = between().apart; }
      if (event.pointerType === "mouse") { canvas.setPointerCapture(event.pointerId); }
    });
    canvas.addEventListener("pointermove", function (event) {
      var here = place(event), was = held[event.pointerId];
      if (was) {
        var many = Object.keys(held).length, before = many > 1 ? between() : null;
        held[event.pointerId] = here;
        if (many > 1) {
          var now = between();
          pan(before.x - now.x, before.y - now.y);
          if (spread) { zoom(now.apart / before.apart, now.x, now.y); }
        } else if (event.pointerType === "mouse" && (!start || Math.hypot(here[0] - start[0], here[1] - start[1]) > 4)) {
          start = null;
          pan(was[0] - here[0], was[1] - here[1]);
        }
        tip.hidden = true;
      } else if (event.pointerType === "mouse") {
        near = self.at(here[0], here[1]);
        tip.hidden = near < 0;
        if (near >= 0) {
          tip.textContent = "";
          tell(near).forEach(function (text, k) { var line = document.createElement(k ? "span" : "strong"); line.textContent = text; tip.appendChild(line); });
          tip.style.left = Math.min(here[0] + 14, width - tip.offsetWidth - 4) + "px";
          tip.style.top = (here[1] + 18 + tip.offsetHeight > height ? here[1] - tip.offsetHeight - 10 : here[1] + 18) + "px";
        }
      }
    });
    ["pointerup", "pointercancel"].forEach(function (name) {
      canvas.addEventListener(name, function (event) {
        if (name === "pointerup" && start) { var at = self.at(start[0], start[1]); if (at >= 0) { touch(at); } }
        delete held[event.pointerId];
        start = null;
      });
    });
    canvas.addEventListener("pointerleave", function (event) { tip.hidden = true; if (event.pointerType !== "mouse") { delete held[event.pointerId]; } });
    canvas.addEventListener("wheel", function (event) {
      if (!event.ctrlKey && document.activeElement !== canvas) { return; }  // the page scrolls, until the map is in hand
      event.preventDefault();
      var here = place(event);
      zoom(Math.pow(1.0015, -event.deltaY), here[0], here[1]);
    }, { passive: false });
    canvas.addEventListener("dblclick", function (event) { var here = place(event); zoom(2, here[0], here[1]); });
    canvas.addEventListener("keydown", function (event) {
      var step = 60, keys = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
      if (keys[event.key]) { pan(keys[event.key][0], keys[event.key][1]); } else if (event.key === "+" || event.key === "=") { zoom(1.5); } else if (event.key === "-") { zoom(1 / 1.5); } else if (event.key === "0" || event.key === "Home") { self.home(); } else if (event.key === "Enter" || event.key === " ") {
        var at = self.middle();
        if (at >= 0) { touch(at); }
      } else { return; }
      event.preventDefault();
    });
    if (window.ResizeObserver) { new ResizeObserver(function () { if (canvas.clientWidth !== width || canvas.clientHeight !== height) { self.size(); } }).observe(canvas); }
  }

  return { Map: Map };
})();
