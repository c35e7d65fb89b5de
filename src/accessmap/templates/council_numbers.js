/* The numbers of a plan, as am.compare, coverage, by_commune and winners_and_losers make them: minutes are float32 of
   whole milliseconds, sums are float64, and numbers are written as words.py writes them. No page in here. */
var councilNumbers = (function () {
  "use strict";
  var f = Math.fround, LOST = -1, MINUS = "\u2212", NARROW = "\u202f", NO_BREAK = "\u00a0";

  // Half to even, as numpy and Python round.
  function rint(value) {
    var below = Math.floor(value), part = value - below;
    return part < 0.5 ? below : part > 0.5 ? below + 1 : below % 2 === 0 ? below : below + 1;
  }

  // One Int32Array a place: milliseconds by resident, LOST where it is not reached.
  function unpacked(text, bytes, residents) {
    var raw = atob(text), lost = Math.pow(256, bytes) - 1, columns = [], at = 0;
    for (var start = 0; start < raw.length; start += residents * bytes) {
      var column = new Float64Array(residents);
      for (var k = 0; k < residents; k++) {
        var value = 0;
        for (var b = 0; b < bytes; b++) { value = value * 256 + raw.charCodeAt(at++); }
        column[k] = value === lost ? LOST : value;
      }
      columns.push(column);
    }
    return columns;
  }

  function Numbers(data) {
    this.data = data;
    this.ms = unpacked(data.minutes, data.bytes, data.people.length);
    this.total = data.people.reduce(function (sum, people) { return sum + people; }, 0);
    this.cutoffs = data.cutoffs.map(function (cutoff) { return f(cutoff); });
    this.breaks = data.breaks.map(f);
    this.changeBreaks = data.change_breaks.map(f);
  }

  // The nearest of some places for each resident: float32 minutes (NaN) and which of them (-1); the first of equals.
  Numbers.prototype.nearest = function (places) {
    var count = this.data.people.length, best = new Float64Array(count).fill(Infinity), which = new Int32Array(count).fill(-1);
    for (var slot = 0; slot < places.length; slot++) {
      var column = this.ms[places[slot]];
      for (var k = 0; k < count; k++) {
        if (column[k] !== LOST && column[k] < best[k]) { best[k] = column[k]; which[k] = slot; }
      }
    }
    var minutes = new Float32Array(count);
    for (k = 0; k < count; k++) { minutes[k] = which[k] < 0 ? NaN : f(best[k] / 60000); }
    return { minutes: minutes, which: which };
  };

  // A plan's numbers for the whole territory and by commune; `ids` are those of the sites, as ties are broken by them.
  Numbers.prototype.measure = function (places, ids) {
    var data = this.data, people = data.people, near = this.nearest(places), count = people.length;
    var within = this.cutoffs.map(function () { return 0; }), sum = 0, reached = 0, worst = NaN;
    var communes = data.communes.map(function () {
      return { sum: 0, reached: 0, lost: 0, within: within.map(function () { return 0; }), by: new Map() };
    });
    for (var k = 0; k < count; k++) {
      var minutes = near.minutes[k], weight = people[k], here = communes[data.commune[k]];
      if (here) { here.by.set(near.which[k], (here.by.get(near.which[k]) || 0) + weight); }
      if (near.which[k] < 0) {
        if (here) { here.lost += weight; }
        continue;
      }
      sum += minutes * weight;
      reached += weight;
      if (here) { here.sum += minutes * weight; here.reached += weight; }
      if (weight > 0 && !(minutes <= worst)) { worst = minutes; }
      for (var c = 0; c < within.length; c++) {
        if (minutes <= this.cutoffs[c]) { within[c] += weight; if (here) { here.within[c] += weight; } }
      }
    }
    communes.forEach(function (here) {
      here.mean = here.reached > 0 ? here.sum / here.reached : NaN;
      here.site = mainSite(here.by, ids);
    });
    return {
      near: near, mean: reached ? sum / reached : NaN, worst: worst, lost: this.total - reached, within: within,
      shares: within.map(function (inside) { return this.total > 0 ? inside / this.total : NaN; }, this),
      d9: this.quantile(near.minutes, 0.9), communes: communes
    };
  };

  // The site that is the nearest of most people; of equals the last by its id, and "not reached" before any.
  function mainSite(by, ids) {
    var best = -1, most = -1, name = "";
    by.forEach(function (weight, slot) {
      var id = slot < 0 ? "" : ids[slot];
      if (weight > most || (weight === most && id > name)) { best = slot; most = weight; name = id; }
    });
    return best;
  }

  // The smallest minutes that at least this share of the people reached do not exceed.
  Numbers.prototype.quantile = function (minutes, share) {
    var people = this.data.people, order = [], total = 0, mass = 0;
    for (var k = 0; k < people.length; k++) { if (people[k] > 0 && minutes[k] === minutes[k]) { order.push(k); } }
    order.sort(function (a, b) { return minutes[a] - minutes[b] || a - b; });
    order.forEach(function (at) { total += people[at]; });
    for (k = 0; k < order.length; k++) {
      mass += people[order[k]];
      if (mass >= share * total * (1 - 1e-12)) { return minutes[order[k]]; }
    }
    return order.length ? minutes[order[order.length - 1]] : NaN;
  };

  // Who gains and who loses between two of `measure`, in all and by commune.
  Numbers.prototype.changes = function (before, after) {
    var data = this.data, least = f(data.at_least);
    function none() { return { gain: 0, lose: 0, newly: 0, no_longer: 0, sum: 0, people: 0, minutes: NaN }; }
    var all = none(), communes = data.communes.map(none);
    function add(sums, weight, was, is, change, size) {
      if (was !== was) { if (is === is) { sums.newly += weight; } return; }
      if (is !== is) { sums.no_longer += weight; return; }
      if (size <= -least) { sums.gain += weight; } else if (size >= least) { sums.lose += weight; }
      if (weight > 0) { sums.sum += change * weight; sums.people += weight; }
    }
    for (var k = 0; k < data.people.length; k++) {
      var was = before.near.minutes[k], is = after.near.minutes[k], change = f(is - was);
      // Rounded to five decimals as numpy rounds float32.
      var size = f(rint(f(change * 100000)) / 100000);
      add(all, data.people[k], was, is, change, size);
      if (communes[data.commune[k]]) { add(communes[data.commune[k]], data.people[k], was, is, change, size); }
    }
    communes.concat([all]).forEach(function (sums) { if (sums.people) { sums.minutes = sums.sum / sums.people; } });
    return { all: all, communes: communes };
  };

  // The place of a value among rising bounds; one on a bound is below it.
  function classOf(value, bounds) {
    var k = 0;
    while (k < bounds.length && bounds[k] < f(value)) { k++; }
    return k;
  }

  Numbers.prototype.levelClass = function (mean) {
    return mean === mean ? classOf(mean, this.breaks) : this.breaks.length + 1;
  };

  Numbers.prototype.changeClass = function (was, is, change) {
    var size = this.changeBreaks.length;
    if (was !== was && is === is) { return 2 * size + 1; }
    if (was === was && is !== is) { return 2 * size + 2; }
    if (change !== change) { return 2 * size + 3; }
    return size + Math.sign(change) * classOf(Math.abs(change), this.changeBreaks);
  };

  // ------------------------------------------------------------------ how numbers are written

  function rounded(value, digits) {
    var scale = Math.pow(10, digits), size = Math.floor(Math.abs(value) * scale + 0.5 + 1e-9) / scale;
    return value < 0 ? -size : size;
  }

  function Writing(lang) { this.lang = lang; }

  Writing.prototype.number = function (value, digits, signed) {
    if (value !== value) { return "–"; }
    digits = digits || 0;
    var scaled = Math.abs(rounded(value, digits)), parts = scaled.toFixed(digits).split(".");
    var sign = scaled === 0 ? "" : value < 0 ? MINUS : signed ? "+" : "", french = this.lang === "fr";
    parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, french ? NARROW : ",");
    return sign + parts.join(french ? "," : ".");
  };

  Writing.prototype.percent = function (share, digits) {
    if (share !== share) { return "–"; }
    var value = share * 100, step = digits ? 0.1 : 1, sign = (this.lang === "fr" ? NO_BREAK : "") + "%";
    if (value >= 100 - step / 2 && value < 100 - 1e-9) { return ">" + NO_BREAK + this.number(100 - step, digits) + sign; }
    if (value > 1e-9 && value < step / 2) { return "<" + NO_BREAK + this.number(step, digits) + sign; }
    return this.number(value, digits) + sign;
  };

  // As the numbers beside it, written with one decimal, subtract.
  Writing.prototype.difference = function (before, after) { return rounded(after, 1) - rounded(before, 1); };

  Writing.prototype.plural = function (n) { return this.lang === "fr" ? Math.abs(n) >= 2 : n !== 1; };

  return { Numbers: Numbers, Writing: Writing, rint: rint };
})();
