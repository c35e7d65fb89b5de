/* A country told: what is chosen, what is shown of it. Names only ever become text. */
(function () {
  "use strict";
  var NO_BREAK = "\u00a0", MISSING = 65535, FOUND = 12, SHOWN = window.matchMedia("(max-width: 720px)").matches ? 15 : 50;
  var root = document.querySelector(".nt"), data = JSON.parse(root.querySelector("script.nt-data").textContent);
  var say = new councilNumbers.Writing(data.lang), find = function (selector) { return root.querySelector(selector); };
  var figures = ["minutes"].concat(data.cutoffs.map(function (cutoff) { return "within_" + cutoff; }), ["unreached"]);
  var LEVELS = ["epci", "deps"], BIT = { communes: "c", epci: "e", deps: "d" };

  function el(tag, options, children) {
    var node = document.createElement(tag);
    Object.keys(options || {}).forEach(function (name) { if (name === "text") { node.textContent = options.text; } else { node.setAttribute(name, options[name]); } });
    (children || []).forEach(function (child) { node.appendChild(child); });
    return node;
  }
  function svg(tag, options, children) {
    var node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.keys(options).forEach(function (name) { if (name === "text") { node.textContent = options.text; } else { node.setAttribute(name, options[name]); } });
    (children || []).forEach(function (child) { node.appendChild(child); });
    return node;
  }
  function empty(node) { while (node.firstChild) { node.removeChild(node.firstChild); } return node; }
  function text(key, values, n) {
    var raw = data.words["country_page_" + key] || data.words[key], parts = raw.split("|");
    if (n !== undefined) { raw = parts.length > 1 && say.plural(n) ? parts[1] : parts[0]; values = Object.assign({ n: say.number(n) }, values); }
    return values ? raw.replace(/\{(\w+)\}/g, function (brace, name) { return name in values ? values[name] : brace; }) : raw;
  }
  function fold(name) { return name.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/œ/g, "oe").replace(/[^a-z0-9]+/g, " ").trim(); }

  nationalData.parts(root.querySelector("script.nt-blob").textContent.trim(), data.parts).then(start, function () { find(".nt-wait").textContent = text("unread"); });

  function start(parts) {
    var names = nationalData.lines(parts.names), codes = nationalData.lines(parts.codes), n = codes.length;
    var of = { epci: nationalData.numbers(parts.of_epci), deps: nationalData.numbers(parts.of_deps) };
    var low = nationalData.numbers(parts.people), high = nationalData.numbers(parts.people_high), held = {};
    var rows = { communes: n, epci: data.epci.length, deps: data.deps.length, whole: 1 };
    var state = { kind: 0, figure: "minutes", level: "whole", row: 0 }, all = {};

    // ------------------------------------------------------------------ what is known

    function people(level, row) { return level === "communes" ? low[row] + 65536 * high[row] : level === "whole" ? total : data[level][row][2]; }
    var total = 0;
    for (var k = 0; k < n; k += 1) { total += low[k] + 65536 * high[k]; }

    // A figure as it is carried: tenths of minutes, or ten thousandths of the people; -1 where it is missing.
    function carried(level, row, kind, figure) {
      var name = level + "_" + figure;
      held[name] = held[name] || (level === "communes" && figure !== "minutes" ? nationalData.percents : nationalData.numbers)(parts[name]);
      var value = held[name][kind * rows[level] + row];
      return value === MISSING ? -1 : value;
    }
    function shown(value, figure) {
      if (figure === "minutes") { return value < 0 ? text("unreached") : say.number(value / 10, 1) + NO_BREAK + "min"; }
      return value < 0 ? "–" : say.percent(value / 10000);
    }
    function told(level, row, kind, figure) { return shown(carried(level, row, kind, figure), figure); }
    function better(figure) { return figure.indexOf("within_") === 0; }
    function name(level, row) { return level === "communes" ? names[row] : level === "whole" ? data.title : data[level][row][1]; }
    function code(level, row) { return level === "communes" ? codes[row] : level === "whole" ? "" : data[level][row][0]; }
    function members(level, row) {
      var found = [];
      if (level === "communes") { return [row]; }
      for (var k = 0; k < n; k += 1) { if (level === "whole" || of[level][k] === row) { found.push(k); } }
      return found;
    }
    function department(epci) {  // where most of its people live
      if (department.known) { return department.known[epci]; }
      var sums = data.epci.map(function () { return {}; });
      for (var k = 0; k < n; k += 1) { if (of.epci[k] !== MISSING) { var own = sums[of.epci[k]], at = of.deps[k]; own[at] = (own[at] || 0) + people("communes", k) + 1; } }
      department.known = sums.map(function (own) { return +Object.keys(own).sort(function (a, b) { return own[b] - own[a]; })[0]; });
      return department.known[epci];
    }
    function peers(row) { var own = data.epci[row][3]; return own === null ? [] : data.epci.map(function (_, k) { return k; }).filter(function (k) { return data.epci[k][3] === own; }); }
    // The rank of a territory among others, 1 is best, those that are alike share one; null where nothing is known of it.
    function rank(level, row, list, kind, figure) {
      var own = carried(level, row, kind, figure), sign = better(figure) ? -1 : 1, before = 0, known = 0;
      list.forEach(function (other) {
        var value = carried(level, other, kind, figure);
        if (value >= 0) { known += 1; before += sign * value < sign * own ? 1 : 0; }
      });
      return own < 0 ? null : [before + 1, known];
    }
    function quantile(level, list, kind, figure, share) {
      var values = list.map(function (row) { return carried(level, row, kind, figure); }).filter(function (value) { return value >= 0; }).sort(function (a, b) { return a - b; });
      return values.length ? values[Math.min(values.length - 1, Math.ceil(share * values.length) - 1 < 0 ? 0 : Math.ceil(share * values.length) - 1)] : -1;
    }
    function every(level) { all[level] = all[level] || Array.from({ length: rows[level] }, function (_, k) { return k; }); return all[level]; }
    function named(figure) { return figure === "minutes" || figure === "unreached" ? text("figure_" + figure) : text("figure_within", { cutoff: figure.slice(7) }); }
    function heading(figure) { return figure === "minutes" || figure === "unreached" ? text("column_" + figure) : text("column_within", { cutoff: figure.slice(7) }); }
    function capital(words) { return words.charAt(0).toUpperCase() + words.slice(1); }

    // ------------------------------------------------------------------ the choices

    var kindBox = find("#nt-kind"), figureBox = find("#nt-figure");
    data.kinds.map(function (kind, k) { return [capital(kind.one), k]; }).sort(function (a, b) { return a[0].localeCompare(b[0], data.lang); }).forEach(function (each) {
      kindBox.appendChild(el("option", { value: String(each[1]), text: each[0] }));
    });
    figures.forEach(function (figure) { figureBox.appendChild(el("option", { value: figure, text: named(figure) })); });
    kindBox.addEventListener("change", function () { state.kind = +kindBox.value; show(); });
    figureBox.addEventListener("change", function () { state.figure = figureBox.value; show(); });

    var folded = {};
    function known(level) {
      folded[level] = folded[level] || every(level).map(function (row) { return " " + fold(name(level, row)); });
      return folded[level];
    }
    function search(asked) {
      var wanted = fold(asked), found = [];
      if (!wanted) { return []; }
      ["deps", "epci", "communes"].forEach(function (level) {
        known(level).forEach(function (words, row) {
          var own = code(level, row).toLowerCase(), at = words.indexOf(" " + wanted);
          var bare = words.replace(/^ (le|la|les|l|cc|ca|cu) /, " ");
          var worth = own === wanted.replace(/ /g, "") ? 0 : words.slice(1) === wanted ? 1 : bare.slice(1) === wanted ? 2 : bare.indexOf(" " + wanted) === 0 || at === 0 ? 3 : at > 0 ? 4 : wanted.length > 1 && own.indexOf(wanted) === 0 ? 5 : -1;
          if (worth >= 0) { found.push([worth, level, row]); }
        });
      });
      return found.sort(function (a, b) { return a[0] - b[0] || people(b[1], b[2]) - people(a[1], a[2]); });
    }
    var box = find("#nt-search"), list = find("#nt-found"), status = find(".nt-status"), active = -1, offered = [];
    function close() { list.hidden = true; active = -1; box.setAttribute("aria-expanded", "false"); box.removeAttribute("aria-activedescendant"); }
    function offer() {
      var found = search(box.value);
      offered = found.slice(0, FOUND);
      empty(list);
      offered.forEach(function (each, k) {
        var where = each[1] === "communes" ? data.deps[of.deps[each[2]]][1] : each[1] === "epci" ? data.deps[department(each[2])][1] : "";
        var option = el("li", { role: "option", id: "nt-option-" + k, "aria-selected": "false" }, [el("strong", { text: name(each[1], each[2]) }), el("span", { text: [text("level_" + each[1]), code(each[1], each[2]), where].filter(Boolean).join(" · ") })]);
        option.addEventListener("mousedown", function (event) { event.preventDefault(); take(k); });
        list.appendChild(option);
      });
      list.hidden = !offered.length;
      box.setAttribute("aria-expanded", String(!!offered.length));
      status.textContent = fold(box.value) ? found.length ? text("search_found", {}, found.length) : text("search_none", { name: box.value }) : "";
      point(-1);
    }
    function point(to) {
      active = to;
      Array.prototype.forEach.call(list.children, function (option, k) { option.setAttribute("aria-selected", String(k === to)); if (k === to) { option.scrollIntoView({ block: "nearest" }); } });
      if (to >= 0) { box.setAttribute("aria-activedescendant", "nt-option-" + to); } else { box.removeAttribute("aria-activedescendant"); }
    }
    function take(k) {
      var each = offered[k];
      if (!each) { return; }
      box.value = name(each[1], each[2]);
      close();
      status.textContent = "";
      choose(each[1], each[2], true);
    }
    box.addEventListener("input", offer);
    box.addEventListener("blur", close);
    box.addEventListener("focus", function () { box.select(); });
    box.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (list.hidden) { offer(); }
        if (offered.length) { point((active + (event.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1) + offered.length) % offered.length); }
      } else if (event.key === "Enter") { if (list.hidden) { offer(); } take(Math.max(active, 0)); } else if (event.key === "Escape") { close(); } else { return; }
      event.preventDefault();
    });

    function choose(level, row, go) {
      state.level = level;
      state.row = row;
      pages = {};
      map.mark(level === "whole" ? [] : members(level, row), go);
      if (level === "whole" && go) { map.home(); }
      show();
    }
    function link(level, row) {
      var button = el("button", { type: "button", "class": "nt-link", text: name(level, row) });
      button.addEventListener("click", function () { choose(level, row, true); find(".nt-answer h2").focus(); });
      return button;
    }

    // ------------------------------------------------------------------ the map

    var shapes = nationalData.outlines(parts.borders, parts.rings);
    var map = new nationalMap.Map(find("canvas"), shapes, data.outlines, of.deps, find(".nt-tip"), function (k) { choose("communes", k, false); }, function (k) {
      return [names[k], capital(heading(state.figure)) + NO_BREAK + ": " + told("communes", k, state.kind, state.figure)];
    });
    map.name(every("communes").slice().sort(function (a, b) { return people("communes", b) - people("communes", a); }).slice(0, 4000).map(function (k) { return { at: k, name: names[k] }; }));
    find(".nt-in").addEventListener("click", function () { map.zoom(1.7); });
    find(".nt-out").addEventListener("click", function () { map.zoom(1 / 1.7); });
    find(".nt-home").addEventListener("click", function () { choose("whole", 0, true); });

    function scale() {
      var kind = data.kinds[state.kind];
      if (state.figure === "minutes") { return { breaks: kind.breaks, look: data.looks[kind.look], unit: 10 }; }
      return Object.assign({ unit: 10000 }, better(state.figure) ? data.shares : data.few);
    }
    function paint() {
      var by = scale(), bounds = by.breaks.map(function (bound) { return Math.round(bound * by.unit); }), painted = new Uint8Array(n);
      var communes = by.look.map(function () { return 0; }), held = by.look.map(function () { return 0; });
      for (var k = 0; k < n; k += 1) {
        var value = carried("communes", k, state.kind, state.figure), look = by.look.length - 1;
        if (value >= 0) { look = 0; while (look < bounds.length && value > bounds[look]) { look += 1; } }
        painted[k] = look;
        communes[look] += 1;
        held[look] += people("communes", k);
      }
      map.paint(painted, by.look);
      var legend = empty(find(".nt-legend"));
      by.look.forEach(function (look, k) {
        if (!communes[k]) { return; }
        var swatch = svg("svg", { "class": "am-swatch", viewBox: "0 0 34 20", "aria-hidden": "true" }, [svg("rect", { width: "34", height: "20", fill: look[2] ? "url(#am-" + look[2] + ")" : look[1], stroke: "#767676" })]);
        legend.appendChild(el("li", {}, [swatch, el("span", {}, [el("span", { text: look[0] }), el("span", { "class": "am-count", text: text("legend", { communes: text("communes", {}, communes[k]), people: text("people", {}, held[k]) }) })])]));
      });
    }

    // ------------------------------------------------------------------ what is told of one territory

    function table(caption, titles, lines, sticky) {
      var head = el("tr", {}, titles.map(function (title, k) { return el("th", { scope: "col", text: title, "class": k && sticky.indexOf(k) < 0 ? "d-number" : "" }); }));
      var body = el("tbody", {}, lines.map(function (line) {
        var row = el("tr", line.chosen ? { "class": "nt-chosen" } : {}, line.cells.map(function (cell, k) {
          var node = el(k ? "td" : "th", k ? { "class": sticky.indexOf(k) < 0 ? "d-number" : "" } : { scope: "row" });
          if (typeof cell === "string") { node.textContent = cell; } else { node.appendChild(cell); }
          return node;
        }));
        return row;
      }));
      return el("table", {}, [el("caption", { text: caption }), el("thead", {}, [head]), body]);
    }

    function beside() {
      var lines = [], level = state.level, row = state.row;
      function add(label, value, chosen) { lines.push({ chosen: chosen, cells: [label].concat(figures.map(value)) }); }
      function own(at, which, chosen) { add(chosen ? name(at, which) : link(at, which), function (figure) { return told(at, which, state.kind, figure); }, chosen); }
      if (level !== "whole") { own(level, row, true); }
      if (level === "communes") { LEVELS.forEach(function (up) { if (of[up][row] !== MISSING) { own(up, of[up][row], false); } }); }
      if (level === "epci") {
        var like = peers(row);
        if (like.length) { add(text("peers_median", {}, like.length), function (figure) { return shown(quantile("epci", like, state.kind, figure, 0.5), figure); }); }
        own("deps", department(row), false);
      }
      own("whole", 0, level === "whole");
      return table(text("beside", { kind: data.kinds[state.kind].one }), [text("territory")].concat(figures.map(heading)), lines, []);
    }

    // Where an EPCI stands among those of its class: a line from the lowest to the highest.
    function strip(like) {
      var values = like.map(function (k) { return carried("epci", k, state.kind, state.figure); }).filter(function (value) { return value >= 0; });
      var own = carried("epci", state.row, state.kind, state.figure), low = Math.min.apply(null, values), high = Math.max.apply(null, values);
      if (own < 0 || values.length < 3 || low === high) { return null; }
      var at = function (value) { return 10 + 380 * (value - low) / (high - low); };
      var median = quantile("epci", like, state.kind, state.figure, 0.5), first = quantile("epci", like, state.kind, state.figure, 0.1), last = quantile("epci", like, state.kind, state.figure, 0.9);
      var said = text("strip", { n: say.number(values.length), first: shown(first, state.figure), median: shown(median, state.figure), last: shown(last, state.figure), low: shown(low, state.figure), high: shown(high, state.figure), own: shown(own, state.figure) });
      var drawn = svg("svg", { viewBox: "0 0 400 50", role: "img", "aria-label": said, "class": "nt-strip" }, [
        svg("rect", { x: at(first), y: 14, width: Math.max(at(last) - at(first), 1), height: 22, fill: "#e3e9ef" })
      ].concat(values.map(function (value) { return svg("path", { d: "M" + at(value).toFixed(1) + ",17v16", stroke: "#1f4e79", "stroke-opacity": ".35", "stroke-width": 1.2 }); }), [
        svg("path", { d: "M" + at(median).toFixed(1) + ",11v28", stroke: "#1b1b1b", "stroke-width": 2, "stroke-dasharray": "3 2" }),
        svg("path", { d: "M" + at(own).toFixed(1) + ",40l-7,9h14z", fill: "#8c2d04" }), svg("path", { d: "M" + at(own).toFixed(1) + ",8v32", stroke: "#8c2d04", "stroke-width": 3 })]));
      return el("figure", { "class": "nt-figure" }, [drawn, el("figcaption", { text: said })]);
    }

    function answer() {
      var level = state.level, row = state.row, kind = data.kinds[state.kind], panel = empty(find(".nt-answer-body")), facts = [], said = [];
      find(".nt-answer h2").textContent = name(level, row);
      if (level === "communes") { facts = [text("level_communes"), codes[row]]; } else if (level === "epci") { facts = [text("level_epci"), code(level, row)]; } else if (level === "deps") { facts = [text("level_deps"), code(level, row)]; }
      if (level !== "communes") { facts.push(text("communes", {}, members(level, row).length)); }
      facts.push(text("people", {}, people(level, row)));
      if (level === "epci" || level === "deps") { if (data[level][row][4] !== null) { facts.push(text("density", { n: say.number(data[level][row][4]) })); } }
      panel.appendChild(el("p", { "class": "nt-facts", text: facts.join(" · ") }));
      panel.appendChild(el("p", { "class": "nt-big" }, [el("strong", { text: told(level, row, state.kind, state.figure) }), el("span", { text: text("big", { kind: capital(kind.one), figure: named(state.figure).charAt(0).toLowerCase() + named(state.figure).slice(1) }) })]));
      if (level === "epci" || level === "deps") {
        var overall = rank(level, row, every(level), state.kind, state.figure);
        if (overall) { said.push(text("rank_" + level, { rank: say.number(overall[0]), n: say.number(overall[1]) })); }
        var like = level === "epci" ? peers(row) : [], among = like.length > 1 ? rank("epci", row, like, state.kind, state.figure) : null;
        if (among) { said.push(text("rank_peers", { rank: say.number(among[0]), n: say.number(among[1]), "class": data.classes[data.epci[row][3]][1] })); }
        said.push(text(better(state.figure) ? "rank_share" : state.figure === "minutes" ? "rank_minutes" : "rank_unreached"));
      } else if (level === "communes" && of.epci[row] !== MISSING) {
        var within = rank("communes", row, members("epci", of.epci[row]), state.kind, state.figure);
        if (within && within[1] > 1) { said.push(text("rank_communes", { rank: say.number(within[0]), n: say.number(within[1]) })); }
      } else if (level === "whole") { said.push(text("choose")); }
      if (said.length) { panel.appendChild(el("p", { "class": "nt-said", text: said.join(" ") })); }
      if (level === "epci" && like.length > 2) { var drawn = strip(like); if (drawn) { panel.appendChild(drawn); } }
      panel.appendChild(el("div", { "class": "d-scroll", "aria-label": text("beside", { kind: kind.one }) }, [beside()]));
      var epci = level === "epci" ? row : level === "communes" && of.epci[row] !== MISSING ? of.epci[row] : -1;
      if (level === "epci" && like.length > 1) {
        var button = el("button", { type: "button", "class": "nt-button", text: text("see_peers") });
        button.addEventListener("click", function () { levelBox.value = "epci"; classBox.value = String(data.epci[row][3]); depBox.value = ""; ranks(); find(".nt-ranks h2").focus(); });
        panel.appendChild(button);
      }
      if (epci >= 0) { panel.appendChild(dossier(epci)); }
    }

    function quoted(path) { return /\s/.test(path) ? '"' + path + '"' : path; }
    function dossier(row) {
      var each = data.epci[row];
      if (each[5]) { return el("p", { "class": "nt-dossier" }, [el("a", { href: encodeURI(each[5]), text: text("dossier", { name: each[1] }) })]); }
      var file = data.dossiers + "/" + each[0] + "/study.toml";
      return el("div", { "class": "nt-dossier" }, [el("p", { text: text("no_dossier", { name: each[1] }) }),
        el("pre", { tabindex: "0", role: "region", "aria-label": text("commands"), text: "accessmap new --from " + quoted(data.folder) + " --epci " + each[0] + " --out " + quoted(file) + "\naccessmap run " + quoted(file) })]);
    }

    // ------------------------------------------------------------------ the tables

    var levelBox = find("#nt-level"), classBox = find("#nt-class"), depBox = find("#nt-dep"), orderBox = find("#nt-order"), pages = {};
    LEVELS.forEach(function (level) { if (rows[level]) { levelBox.appendChild(el("option", { value: level, text: text("many_" + level) })); } });
    data.classes.forEach(function (each, k) { classBox.appendChild(el("option", { value: String(k), text: capital(each[1]) })); });
    data.deps.forEach(function (each, k) { depBox.appendChild(el("option", { value: String(k), text: each[0] + " " + each[1] })); });
    [levelBox, classBox, depBox, orderBox].forEach(function (each) { each.addEventListener("change", function () { pages.ranks = 0; ranks(); }); });

    function listed(key, place, lines, make) {
      var most = pages[key] || SHOWN, part = lines.slice(0, most), holder = empty(find(place));
      var scroll = el("div", { "class": "d-scroll", "aria-label": text("scroll_" + key) }, [make(part)]);
      holder.appendChild(scroll);
      if (lines.length > most) {
        var more = el("button", { type: "button", "class": "nt-button nt-more", text: text("show_all", {}, lines.length) });
        more.addEventListener("click", function () { pages[key] = Infinity; listed(key, place, lines, make); accessmapTables.fit(); var first = holder.querySelectorAll("tbody tr")[most]; if (first && first.querySelector("button")) { first.querySelector("button").focus(); } });
        holder.appendChild(more);
      }
    }

    function ranks() {
      var level = levelBox.value, epci = level === "epci", chosen = every(level), sign = better(state.figure) ? -1 : 1;
      classBox.disabled = depBox.disabled = !epci;
      if (epci && classBox.value) { chosen = chosen.filter(function (row) { return data.epci[row][3] === +classBox.value; }); }
      if (epci && depBox.value) { chosen = chosen.filter(function (row) { return department(row) === +depBox.value; }); }
      var worth = chosen.map(function (row) { return [sign * carried(level, row, state.kind, state.figure), row, carried(level, row, state.kind, state.figure) < 0]; });
      worth.sort(function (a, b) { return a[2] - b[2] || a[0] - b[0] || people(level, b[1]) - people(level, a[1]); });
      var last = null, place = 0;
      var lines = worth.map(function (each, k) {
        if (each[0] !== last) { place = k + 1; last = each[0]; }
        return { row: each[1], rank: each[2] ? "–" : say.number(place), missing: each[2] };
      });
      var known = lines.filter(function (line) { return !line.missing; }).length;
      if (orderBox.value === "last") { lines = lines.slice(0, known).reverse().concat(lines.slice(known)); }
      find(".nt-ranks-said").textContent = text("ranks_said", { kind: capital(data.kinds[state.kind].one), figure: named(state.figure).charAt(0).toLowerCase() + named(state.figure).slice(1), n: say.number(known) }) + (known < lines.length ? " " + text("ranks_missing", {}, lines.length - known) : "");
      listed("ranks", ".nt-ranks-table", lines, function (part) {
        var titles = [text("territory"), text("rank"), capital(heading(state.figure)), text("inhabitants")].concat(epci ? [text("level_deps"), text("class")] : [text("per_km2")]);
        return table(text("many_" + level), titles, part.map(function (line) {
          var each = data[level][line.row];
          return { chosen: state.level === level && state.row === line.row, cells: [link(level, line.row), line.rank, told(level, line.row, state.kind, state.figure), say.number(each[2])]
            .concat(epci ? [data.deps[department(line.row)][1], each[3] === null ? "–" : data.classes[each[3]][1].replace(/ \(.*/, "")] : [each[4] === null ? "–" : say.number(each[4])]) };
        }), epci ? [4, 5] : []);
      });
      accessmapTables.fit();
    }

    // The communes and the services of what is chosen; of a commune, those of its EPCI.
    function home() {
      if (state.level !== "communes") { return [state.level, state.row]; }
      return of.epci[state.row] !== MISSING ? ["epci", of.epci[state.row]] : ["deps", of.deps[state.row]];
    }
    function communes() {
      var at = home(), section = find(".nt-communes");
      section.hidden = at[0] === "whole";
      if (section.hidden) { return; }
      section.querySelector("h2").textContent = text("communes_of", { name: name(at[0], at[1]) });
      var sign = better(state.figure) ? 1 : -1;
      var inside = members(at[0], at[1]).sort(function (a, b) {
        var first = carried("communes", a, state.kind, state.figure), second = carried("communes", b, state.kind, state.figure);
        return (first < 0) - (second < 0) || sign * (first - second) || names[a].localeCompare(names[b], data.lang);
      });
      listed("communes", ".nt-communes-table", inside, function (part) {
        return table(text("beside", { kind: data.kinds[state.kind].one }), [text("level_communes"), text("inhabitants")].concat(figures.map(heading)), part.map(function (k) {
          return { chosen: state.level === "communes" && state.row === k, cells: [link("communes", k), say.number(people("communes", k))].concat(figures.map(function (figure) { return told("communes", k, state.kind, figure); })) };
        }), []);
      });
    }
    function services() {
      var level = state.level, row = state.row, like = level === "epci" ? peers(row) : [];
      find(".nt-services h2").textContent = text("services_of", { name: name(level, row) });
      var titles = [text("kind_of")].concat(figures.map(heading), like.length > 1 ? [text("peers_minutes"), text("peers_rank")] : []);
      var order = Array.prototype.map.call(kindBox.options, function (option) { return +option.value; });
      var scroll = empty(find(".nt-services-table"));
      scroll.appendChild(el("div", { "class": "d-scroll", "aria-label": text("scroll_services") }, [table(text("services_caption"), titles, order.map(function (kind) {
        var button = el("button", { type: "button", "class": "nt-link", text: capital(data.kinds[kind].one) }), more = [];
        button.addEventListener("click", function () { kindBox.value = String(kind); state.kind = kind; show(); find(".nt-left h2").focus(); });
        if (like.length > 1) { var among = rank("epci", row, like, kind, "minutes"); more = [shown(quantile("epci", like, kind, "minutes", 0.5), "minutes"), among ? text("of", { rank: say.number(among[0]), n: say.number(among[1]) }) : "–"]; }
        return { chosen: kind === state.kind, cells: [button].concat(figures.map(function (figure) { return told(level, row, kind, figure); }), more) };
      }), [])]));
    }

    function show() {
      var kind = data.kinds[state.kind];
      find(".nt-left h2").textContent = text("map", { kind: capital(kind.one), figure: named(state.figure).charAt(0).toLowerCase() + named(state.figure).slice(1) });
      find(".nt-sites").textContent = text(kind.when ? "sites_of" : "sites", { kind: kind.many, date: kind.when }, kind.sites);
      var doubt = find(".nt-doubt");
      doubt.hidden = kind.without * 2 <= data.deps.length;
      if (!doubt.hidden) { doubt.textContent = text("doubt", { kind: capital(kind.one), n: say.number(kind.without), all: say.number(data.deps.length) }); }
      paint();
      answer();
      communes();
      services();
      ranks();
      kept();
    }

    // ------------------------------------------------------------------ the address

    function kept() {
      var place = state.level === "whole" ? "" : "&t=" + BIT[state.level] + code(state.level, state.row);
      history.replaceState(null, "", "#k=" + encodeURIComponent(data.kinds[state.kind].key) + "&f=" + state.figure + place);
    }
    function read() {
      var asked = new URLSearchParams(location.hash.slice(1)), at = asked.get("t") || "", kind = data.kinds.findIndex(function (each) { return each.key === asked.get("k"); });
      if (kind >= 0) { state.kind = kind; }
      if (figures.indexOf(asked.get("f")) >= 0) { state.figure = asked.get("f"); }
      var level = Object.keys(BIT).find(function (each) { return BIT[each] === at[0]; }), row = level ? every(level).findIndex(function (k) { return code(level, k) === at.slice(1); }) : -1;
      return row >= 0 ? [level, row] : ["whole", 0];
    }

    find(".nt-wait").hidden = true;
    find(".nt-app").hidden = false;
    map.size();
    function go() {
      var at = read();
      kindBox.value = String(state.kind);
      figureBox.value = state.figure;
      choose(at[0], at[1], true);
    }
    state.kind = Math.max(data.kinds.findIndex(function (kind) { return kind.key === "pharmacy"; }), 0);
    go();
    window.addEventListener("hashchange", go);
    root.classList.add("nt-started");
  }
})();
