/* The plan that is tried: which sites are closed, moved and opened; undone and done again, kept, linked and written. */
var councilPlans = (function () {
  "use strict";

  function Plans(data) {
    this.data = data;
    this.plan = { closed: [], moved: {}, opened: [] };
    this.past = [];
    this.future = [];
  }

  function copy(plan) { return JSON.parse(JSON.stringify(plan)); }

  // The open sites in the order of the table that am.compare makes: those of today, then those that open.
  Plans.prototype.sites = function (plan) {
    plan = plan || this.plan;
    var found = [];
    this.data.places.forEach(function (place, k) {
      if (place.today && plan.closed.indexOf(k) < 0) { found.push({ at: k in plan.moved ? plan.moved[k] : k, site: k }); }
    });
    plan.opened.forEach(function (k) { found.push({ at: k, site: k }); });
    return found;
  };

  Plans.prototype.siteAt = function (place) {
    if (this.seen !== this.plan) {
      this.seen = this.plan;
      this.standing = new Map(this.sites().map(function (site) { return [site.at, site]; }));
    }
    return this.standing.get(place);
  };

  Plans.prototype.isEmpty = function (plan) {
    plan = plan || this.plan;
    return !plan.closed.length && !plan.opened.length && !Object.keys(plan.moved).length;
  };

  // Sites in the territory, and whether those outside are as today: the best is proven beside them.
  Plans.prototype.counted = function (plan) {
    var places = this.data.places, outside = 0, here = 0, moved = false;
    this.sites(plan).forEach(function (site) {
      var place = places[site.site];
      if (place.today && !place.inside) { outside++; moved = moved || site.at !== site.site; } else { here++; }
    });
    var fixed = places.filter(function (place) { return place.today && !place.inside; }).length;
    return { here: here, outside: outside, asToday: outside === fixed && !moved };
  };

  Plans.prototype.set = function (plan) {
    if (JSON.stringify(plan) === JSON.stringify(this.plan)) { return false; }
    this.past.push(this.plan);
    this.future = [];
    this.plan = plan;
    return true;
  };

  Plans.prototype.undo = function () {
    if (!this.past.length) { return false; }
    this.future.push(this.plan);
    this.plan = this.past.pop();
    return true;
  };

  Plans.prototype.redo = function () {
    if (!this.future.length) { return false; }
    this.past.push(this.plan);
    this.plan = this.future.pop();
    return true;
  };

  function without(list, value) { return list.filter(function (each) { return each !== value; }); }

  // Close what stands there, or open what may; a site of today that was closed or moved away comes back.
  Plans.prototype.toggle = function (place) {
    var plan = copy(this.plan), site = this.siteAt(place), today = this.data.places[place].today;
    if (site && !this.data.places[site.site].today) { plan.opened = without(plan.opened, place); }
    else if (site) { delete plan.moved[site.site]; plan.closed.push(site.site); }
    else if (today) { plan.closed = without(plan.closed, place); delete plan.moved[place]; }
    else { plan.opened.push(place); }
    plan.closed.sort(function (a, b) { return a - b; });
    return this.set(plan);
  };

  // Move what stands at one place to another that is free. Onto the place of a site of today that was closed, or moved
  // away, it takes that one back, which then stands where this one did, or does not stand: the same places are open.
  Plans.prototype.move = function (from, to) {
    var plan = copy(this.plan), site = this.siteAt(from), places = this.data.places;
    if (!site || this.siteAt(to)) { return false; }
    var end = to;
    if (places[to].today && site.site !== to) {
      end = to in plan.moved ? plan.moved[to] : -1;
      plan.closed = without(plan.closed, to);
      delete plan.moved[to];
    }
    if (!places[site.site].today) {
      if (end < 0) { plan.opened = without(plan.opened, from); } else { plan.opened[plan.opened.indexOf(from)] = end; }
    } else if (end < 0) { delete plan.moved[site.site]; plan.closed.push(site.site); }
    else if (site.site === end) { delete plan.moved[end]; }
    else { plan.moved[site.site] = end; }
    plan.closed.sort(function (a, b) { return a - b; });
    return this.set(plan);
  };

  // The plan in which just these places are open in the territory, and those outside as today.
  Plans.prototype.of = function (open) {
    var plan = { closed: [], moved: {}, opened: [] };
    this.data.places.forEach(function (place, k) {
      var wanted = open.indexOf(k) >= 0;
      if (place.today && place.inside && !wanted) { plan.closed.push(k); }
      if (!place.today && wanted) { plan.opened.push(k); }
    });
    return plan;
  };

  // ------------------------------------------------------------------ a plan as an address, and as a file

  Plans.prototype.link = function (name) {
    var plan = this.plan, id = function (k) { return encodeURIComponent(this.data.places[k].id); }.bind(this), parts = [];
    if (name) { parts.push("n:" + encodeURIComponent(name)); }
    if (plan.closed.length) { parts.push("c:" + plan.closed.map(id).join(",")); }
    var moved = Object.keys(plan.moved).map(function (k) { return id(k) + ":" + id(plan.moved[k]); });
    if (moved.length) { parts.push("m:" + moved.join(",")); }
    if (plan.opened.length) { parts.push("o:" + plan.opened.map(id).join(",")); }
    return "#plan=" + parts.join(";");
  };

  // The plan of an address, its name, and what it names that this file has not.
  Plans.prototype.linked = function (hash) {
    var numbers = {}, plan = { closed: [], moved: {}, opened: [] }, unknown = [], name = "", taken = {};
    this.data.places.forEach(function (place, k) { numbers[place.id] = k; });
    var places = this.data.places;
    function text(raw) { try { return decodeURIComponent(raw); } catch (error) { return raw; } }
    function place(raw, today) {
      var k = numbers[text(raw)];
      if (k === undefined || places[k].today !== today || taken[k]) { unknown.push(text(raw)); return -1; }
      taken[k] = true;
      return k;
    }
    hash.slice("#plan=".length).split(";").filter(Boolean).forEach(function (part) {
      var kind = part.slice(0, 2), rest = part.slice(2);
      if (kind === "n:") { name = text(rest); return; }
      rest.split(",").forEach(function (raw) {
        if (kind === "m:") {
          var ends = raw.split(":"), from = place(ends[0], true), to = place(ends[1] || "", false);
          if (from >= 0 && to >= 0) { plan.moved[from] = to; }
          return;
        }
        var k = kind === "c:" || kind === "o:" ? place(raw, kind === "c:") : (unknown.push(text(raw)), -1);
        if (k >= 0) { (kind === "c:" ? plan.closed : plan.opened).push(k); }
      });
    });
    plan.closed.sort(function (a, b) { return a - b; });
    return { plan: plan, name: name, unknown: unknown };
  };

  // A basic string of TOML.
  function quoted(text) {
    return '"' + Array.from(text).map(function (letter) {
      var code = letter.codePointAt(0);
      if (letter === '"' || letter === "\\") { return "\\" + letter; }
      return code < 32 || code === 127 || (code >= 0xd800 && code <= 0xdfff) ? "\\u" + ("000" + code.toString(16)).slice(-4) : letter;
    }).join("") + '"';
  }

  // The scenario as a file that accessmap reads: what closes, what moves, then what opens, in order.
  Plans.prototype.toml = function (name) {
    var places = this.data.places, plan = this.plan, steps = [];
    function where(step) {
      return "commune" in step ? { commune: step.commune } : { lon: step.lon, lat: step.lat };
    }
    plan.closed.forEach(function (k) { steps.push({ action: "close", id: places[k].id }); });
    Object.keys(plan.moved).forEach(function (k) {
      steps.push(Object.assign({ action: "move", id: places[k].id }, where(places[plan.moved[k]].step)));
    });
    plan.opened.forEach(function (k) { steps.push(Object.assign({ action: "open" }, places[k].step)); });
    var written = steps.map(function (step) {
      return "\n[[scenario.step]]\n" + Object.keys(step).map(function (key) {
        var value = step[key], number = typeof value === "number";
        return key + " = " + (!number ? quoted(value) : Number.isInteger(value) ? value.toFixed(1) : String(value));
      }).join("\n") + "\n";
    });
    return "[[scenario]]\nname = " + quoted(name) + "\n" + written.join("");
  };

  return { Plans: Plans };
})();
