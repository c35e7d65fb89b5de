/* The council table: what is touched, what is shown. Names only ever become text. */
var council = (function () {
  "use strict";
  var NO_BREAK = "\u00a0", MOST_KEPT = 3, MOST_NAMED = 3;

  function el(tag, options, children) {
    var node = document.createElement(tag);
    Object.keys(options || {}).forEach(function (name) {
      if (name === "text") { node.textContent = options.text; } else { node.setAttribute(name, options[name]); }
    });
    (children || []).forEach(function (child) { node.appendChild(child); });
    return node;
  }

  function write(node, text) { if (node.textContent !== text) { node.textContent = text; } }

  function start(root) {
    var data = JSON.parse(root.querySelector("script.ct-data").textContent);
    var numbers = new councilNumbers.Numbers(data), plans = new councilPlans.Plans(data), say = new councilNumbers.Writing(data.lang);
    var find = function (selector) { return root.querySelector(selector); };
    var places = data.places, codes = {}, moving = -1, shownCommune = 0, view = "level", mode = "toggle", kept = [];
    data.communes.forEach(function (commune, k) { codes[commune[0]] = k; });

    // ------------------------------------------------------------------ words

    function text(key, values, n) {
      var raw = data.words[key], parts = raw.split("|");
      if (n !== undefined) {
        raw = parts.length > 1 && say.plural(n) ? parts[1] : parts[0];
        values = Object.assign({ n: say.number(n) }, values);
      }
      if (!values) { return raw; }
      return raw.replace(/\{(\w+)\}/g, function (brace, name) { return values && name in values ? values[name] : brace; });
    }
    function minutes(value) { return value !== value ? text("unreached") : say.number(value, 1) + NO_BREAK + "min"; }
    function minutes0(value) { return say.number(value, value === Math.round(value) ? 0 : 1) + NO_BREAK + "min"; }
    function people(value) {
      var n = councilNumbers.rint(value);
      return n ? text("people", {}, n) : text("council_no_one");
    }
    function change(value) { return value !== value ? "–" : say.number(value, 1, true) + NO_BREAK + "min"; }
    function signedPeople(value) { return (value > 0 ? "+" : value < 0 ? "\u2212" : "") + people(Math.abs(value)); }
    function cutoff(value) { return text("council_cutoff", { value: say.number(value, value === Math.round(value) ? 0 : 1) }, value); }
    function sites(n) { return text("council_sites", {}, n); }
    function label(k) {
      var place = places[k];
      return place.today || place.step.name ? place.name : place["in"] || place.name;
    }
    function named(list) { return list.map(label).join(", "); }
    function beside(was, is) {
      var by = say.difference(was, is);
      return by !== by || Math.abs(by) < 0.05 ? text("council_was", { value: minutes(was) }) : text("council_was_change", { value: minutes(was), change: change(by) });
    }

    // ------------------------------------------------------------------ numbers, once a plan

    function measured(plan) {
      var open = plans.sites(plan);
      var found = numbers.measure(open.map(function (site) { return site.at; }), open.map(function (site) { return places[site.site].id; }));
      found.open = open;
      return found;
    }
    var today = measured({ closed: [], moved: {}, opened: [] }), now = today, gone = numbers.changes(today, today), best = {};
    function bestOf(kind, count) {
      var key = kind + count, known = data[kind][count];
      if (known && !best[key]) {
        best[key] = { plan: plans.of(known.sites), known: known };
        best[key].found = known.gap === null ? null : measured(best[key].plan);
      }
      return best[key];
    }
    function counts() { return Object.keys(data.best).map(Number).sort(function (a, b) { return a - b; }).join(", "); }

    // ------------------------------------------------------------------ what stands on the page from the start

    var app = find(".ct-app"), told = find(".ct-told");
    app.hidden = false;
    var map = new councilMap.Map(find(".ct-map"), data, data.words, tip, touch);

    var rows = places.map(function (place, k) {
      var button = el("button", { type: "button" });
      var state = el("span", { "class": "ct-state" });
      var where = place.today && !place.inside ? text("council_outside") : label(k) !== place["in"] ? place["in"] : "";
      var row = el("li", {}, [el("span", { "class": "ct-place", text: label(k) }), el("span", { "class": "ct-where", text: where }), state, button]);
      button.addEventListener("click", function () { act(k); });
      return { row: row, button: button, state: state, option: el("option", { value: k, text: label(k) }), text: accessmap.fold(label(k) + " " + place["in"]) };
    });
    // Sites of today first, then places by name; those outside the territory last.
    places.map(function (place, k) { return k; }).sort(function (a, b) {
      function rank(k) { return places[k].today ? places[k].inside ? 0 : 2 : 1; }
      return rank(a) - rank(b) || (places[a].today ? a - b : label(a).localeCompare(label(b), data.lang));
    }).forEach(function (k) { find(".ct-places").appendChild(rows[k].row); });

    var chooser = find("#ct-commune");
    data.communes.forEach(function (commune, k) { chooser.appendChild(el("option", { value: k, text: commune[1] })); });
    var head = ["commune", "people", "before", "after", "change", "site", "gain", "lose"];
    var lines = data.communes.map(function (commune, k) {
      var button = el("button", { type: "button", text: commune[1] });
      button.addEventListener("click", function () { look(k); chooser.focus(); });
      var cells = head.slice(1).map(function (name) { return el("td", name === "site" ? {} : { "class": "ct-number" }); });
      cells[0].textContent = say.number(councilNumbers.rint(commune[2]));
      return { row: el("tr", {}, [el("th", { scope: "row" }, [button])].concat(cells)), cells: cells };
    });
    var body = el("tbody", {}, lines.map(function (line) { return line.row; }));
    find(".ct-table").append(el("caption", { text: text("council_table_caption") }), el("thead", {}, [el("tr", {}, head.map(function (name) {
      return el("th", Object.assign({ scope: "col", text: text("council_column_" + name) }, name === "site" || name === "commune" ? {} : { "class": "ct-number" }));
    }))]), body);

    var cards = {};
    function card(key, title, most) {
      var value = el("strong"), note = el("span"), range = el("span", { "class": "ct-range" });
      cards[key] = { box: el("div", {}, [el("dt", { text: title }), el("dd", {}, [value, note].concat(data.sure ? [range] : []))]), value: value, note: note, range: range };
      if (most) { cards[key].box.className = "ct-most-said"; }
      find(".ct-cards").appendChild(cards[key].box);
    }
    card("mean", text("council_card_mean"), true);
    data.cutoffs.forEach(function (value, k) { card("within" + k, text("council_card_within", { cutoff: cutoff(value) }), k === 0); });
    ["gain", "lose"].forEach(function (key) { card(key, text("council_card_" + key), true); });
    ["sites", "worst", "d9", "newly", "no_longer", "lost"].forEach(function (key) { card(key, text("council_card_" + key)); });

    // ------------------------------------------------------------------ what follows every plan

    function show() {
      now = measured(plans.plan);
      gone = numbers.changes(today, now);
      showAnswer();
      showPrice();
      showPlaces();
      showMap();
      showCommunes();
      showSheet();
      find(".ct-undo").disabled = !plans.past.length;
      find(".ct-redo").disabled = !plans.future.length;
      find(".ct-reset").disabled = plans.isEmpty();
      find(".ct-address").hidden = true;
      map.name(now.open.filter(function (site) { return !places[site.at].today; }).map(function (site) { return [places[site.at], label(site.at)]; }));
    }

    function set(key, value, note) {
      write(cards[key].value, value);
      write(cards[key].note, note || "");
    }

    // What was drawn beforehand for the places that are open; nothing where this plan was not among them.
    function sureOf() { return data.sure && data.sure[openHere(now.open).join(",")]; }
    function showSure() {
      if (!data.sure) { return; }
      var sure = sureOf(), percent = (data.lang === "fr" ? NO_BREAK : "") + "%";
      // A range whose ends are written alike says nothing.
      function range(key, name, times, digits, unit) {
        var ends = (sure && sure[name] || [0, 0]).map(function (end) { return say.number(end * times, digits); });
        write(cards[key].range, ends[0] === ends[1] ? "" : text("council_sure_range", { low: ends[0], high: ends[1] }) + unit);
      }
      range("mean", "mean", 1, 1, NO_BREAK + "min");
      data.cutoffs.forEach(function (value, k) { range("within" + k, "within " + value, 100, 0, percent); });
      ["gain", "lose"].forEach(function (key) { range(key, key, 1, 0, ""); });
      write(find(".ct-sure"), !sure ? text("council_sure_none") : [text("council_sure_read"), sure.often ? text("council_sure_chance", { often: sure.often }, sure.among) : ""].filter(Boolean).join(" "));
    }

    function planTold() {
      var plan = plans.plan, said = [];
      if (plan.opened.length) { said.push(text("council_opens", { names: named(plan.opened) })); }
      if (plan.closed.length) { said.push(text("council_closes", { names: named(plan.closed) })); }
      var moved = Object.keys(plan.moved).map(function (k) { return text("council_moved_to", { name: label(k), place: label(plan.moved[k]) }); });
      if (moved.length) { said.push(text("council_moves", { names: moved.join(", ") })); }
      return said.join(" ");
    }

    function showAnswer() {
      var counted = plans.counted(), here = sites(counted.here), before = minutes(today.mean), after = minutes(now.mean);
      var key = plans.isEmpty() ? "today_only" : !now.open.length ? "sentence_none" : before === after ? "sentence_same" : "sentence";
      write(find(".ct-sentence"), text("council_" + key, { plan: planTold(), sites: here, mean: after, before: before, after: after }));
      set("sites", say.number(counted.here), text("council_sites_outside", {}, counted.outside));
      set("mean", after, beside(today.mean, now.mean));
      data.cutoffs.forEach(function (value, k) {
        var more = now.within[k] - today.within[k], was = say.percent(today.shares[k], 1);
        set("within" + k, say.percent(now.shares[k], 1), councilNumbers.rint(more) === 0 ? text("council_was", { value: was }) : text("council_was_change", { value: was, change: signedPeople(more) }));
      });
      set("worst", minutes(now.worst), beside(today.worst, now.worst));
      set("d9", minutes(now.d9), beside(today.d9, now.d9));
      // Large numbers may part from their noun.
      var large = function (value) { return people(value).replace(NO_BREAK, " "); };
      ["gain", "lose", "newly", "no_longer"].forEach(function (key) { set(key, large(gone.all[key])); });
      set("lost", large(now.lost), text("council_was", { value: people(today.lost) }));
      cards.newly.box.hidden = !gone.all.newly;
      cards.no_longer.box.hidden = !gone.all.no_longer;
      cards.lost.box.hidden = !now.lost && !today.lost;
      var share = say.percent(now.shares[0], 1);
      write(find(".ct-strip"), text("council_strip", { sites: text("council_sites_short", {}, counted.here), mean: minutes(now.mean), share: share, cutoff: minutes0(data.cutoffs[0]) }));
      showSure();
      write(find(".ct-most"), [named_("most", -1), named_("least", 1)].filter(Boolean).join(" "));
    }

    // A change beside its two numbers: as they subtract, unless it is of other people than theirs.
    function meanChange(k) {
      var was = today.communes[k].mean, is = now.communes[k].mean, by = gone.communes[k].minutes;
      return Math.abs(is - was - by) < 0.05 ? say.difference(was, is) : by;
    }

    // The communes whose mean trip changes most, by a minute at least.
    function named_(key, sign) {
      var far = gone.communes.map(function (sums, k) { return { k: k, by: sums.minutes * sign }; })
        .filter(function (each) { return each.by >= data.at_least; })
        .sort(function (a, b) { return b.by - a.by; }).slice(0, MOST_NAMED);
      var names = far.map(function (each) { return text("council_named_change", { name: data.communes[each.k][1], change: change(meanChange(each.k)) }); });
      return names.length ? text("council_" + key, { names: names.join(", ") }) : "";
    }

    function showPrice() {
      var counted = plans.counted(), n = counted.here, said = [], buttons = [];
      function against(kind, close, more, equal, button) {
        var found = bestOf(kind, n);
        if (!found || !found.found) { return; }
        var known = found.known, by = say.difference(found.found.mean, now.mean), lost = now.lost - found.found.lost;
        var values = { sites: sites(n), mean: minutes(found.found.mean), names: named(known.sites), price: minutes(by), step: minutes(0.1) };
        var same = JSON.stringify(openHere(now.open)) === JSON.stringify(openHere(found.found.open));
        said.push(text(same || now.mean === found.found.mean && !lost ? equal : by < 0.05 ? close : more, values));
        if (known.status !== "optimal") { said.push(text("council_price_found", { gap: minutes(known.gap) })); }
        if (councilNumbers.rint(lost) > 0) { said.push(text("council_price_lost", { people: people(lost) })); }
        if (councilNumbers.rint(lost) < 0) { said.push(text("council_price_fewer_lost", { people: people(-lost) })); }
        if (!same) { buttons.push([button, found.plan]); }
      }
      if (!counted.asToday) { said.push(text("council_price_outside")); }
      else if (!data.best[n]) { if (now.open.length) { said.push(text("council_price_unknown", { sites: sites(n), counts: counts() })); } }
      else if (data.best[n].gap === null) { said.push(text("council_price_" + data.best[n].status, { sites: sites(n) })); }
      else {
        against("best", "council_price_close", "council_price_best", "council_price_is_best", "council_show_best");
        if (keepsToday()) { against("best_kept", "council_price_close_kept", "council_price_kept", "council_price_is_kept", "council_show_kept"); }
      }
      var box = find(".ct-price");
      box.replaceChildren.apply(box, [el("p", { "class": "ct-price-t", text: text("council_price") })].concat(
        said.map(function (line) { return el("p", { text: line }); }),
        buttons.map(function (button) {
          var node = el("button", { type: "button", text: text(button[0]) });
          node.addEventListener("click", function () { if (plans.set(button[1])) { done(text("council_did_load", { name: text(button[0]) })); } });
          return node;
        })));
    }

    function openHere(open) { return open.map(function (site) { return site.at; }).sort(function (a, b) { return a - b; }); }

    function keepsToday() {
      var open = now.open.map(function (site) { return site.at; });
      return places.every(function (place, k) { return !place.today || open.indexOf(k) >= 0; });
    }

    function stateOf(k) {
      var site = plans.siteAt(k), place = places[k];
      if (site) { return site.site === k && place.today ? "open" : "new"; }
      return place.today ? "closed" : "possible";
    }

    // A place's option stands among those of the open or of the free places, in the order of the places.
    function enlist(select, k) {
      var option = rows[k].option, after = Array.prototype.find.call(select.options, function (other) { return +other.value > k; });
      option.selected = false;
      select.insertBefore(option, after || null);
    }

    function showPlaces() {
      var from = find("#ct-from"), to = find("#ct-to");
      rows.forEach(function (row, k) {
        var site = plans.siteAt(k), place = places[k], moved = place.today && k in plans.plan.moved;
        var key = [site ? site.site : "", moved ? plans.plan.moved[k] : ""].join();
        if (row.key === key) { return; }
        row.key = key;
        write(row.state, site ? site.site !== k ? text("council_state_here", { name: label(site.site) }) : text(place.today ? "council_state_today" : "council_state_new")
          : moved ? text("council_state_moved", { place: label(plans.plan.moved[k]) }) : text(place.today ? "council_state_closed" : "council_state_free"));
        write(row.button, text(site ? "council_close" : "council_open"));
        row.button.setAttribute("aria-label", text(site ? "council_close_at" : "council_open_at", { name: label(k) }));
        row.row.className = site ? "ct-is-open" : "";
        enlist(site ? from : to, k);
      });
      find(".ct-do-move").disabled = !from.options.length || !to.options.length;
      sift();
    }

    function sift() {
      var wanted = accessmap.fold(find("#ct-search").value), only = find(".ct-only").checked;
      rows.forEach(function (row, k) {
        row.row.hidden = (wanted && row.text.indexOf(wanted) < 0) || (only && !plans.siteAt(k));
      });
    }

    function used() { return view === "level" ? data.classes : data.changes; }
    function classOf(k) {
      if (view === "level") { return numbers.levelClass(now.communes[k].mean); }
      return numbers.changeClass(today.communes[k].mean, now.communes[k].mean, gone.communes[k].minutes);
    }

    // Those who do not see the map hear its state: what it shows, and its legend with what each class holds.
    function showMap() {
      var looks = {}, holds = used().map(function () { return [0, 0]; });
      data.communes.forEach(function (commune, k) {
        var at = classOf(k);
        looks[commune[0]] = used()[at];
        holds[at][0] += 1;
        holds[at][1] += commune[2];
      });
      map.paint(looks);
      var sure = view === "level" && sureOf(), unsure = sure ? sure.unsure : [];
      map.hatch(unsure.map(function (k) { return data.communes[k][0]; }));
      if (data.sure && view === "level") {
        var held = unsure.reduce(function (sum, k) { return sum + data.communes[k][2]; }, 0), number = text("communes", {}, unsure.length);
        write(unsureCount, !sure ? text("council_sure_not") : held ? text("legend_count", { communes: number, people: people(held) }) : number);
      }
      map.stand(places.map(function (place, k) { return stateOf(k); }));
      holds.forEach(function (held, at) {
        var communes = text("communes", {}, held[0]);
        write(counted_[at], held[0] ? text("legend_count", { communes: communes, people: people(held[1]) }) : communes);
      });
      find(".ct-map").setAttribute("aria-label", text("council_map", { view: text("council_view_" + view), plan: find(".ct-sentence").textContent }));
    }

    var counted_ = [], unsureCount = el("span", { "class": "am-count" });
    function showLegend() {
      var looks = used().concat(data.sure && view === "level" ? [[text("class_unsure"), "", "unsure"]] : []);
      counted_ = looks.map(function () { return el("span", { "class": "am-count" }); });
      if (looks.length > used().length) { counted_[used().length] = unsureCount; }
      find(".ct-legend").replaceChildren.apply(find(".ct-legend"), looks.map(function (look, at) {
        var swatch = accessmap.element("svg", { viewBox: "0 0 34 20", "class": "am-swatch", "aria-hidden": "true" }, [
          accessmap.element("rect", { x: 0.5, y: 0.5, width: 33, height: 19, fill: look[2] ? "url(#am-" + look[2] + ")" : look[1], stroke: "#6b6b6b" })]);
        return el("li", {}, [swatch, el("span", { "class": "am-entry", text: look[0] + " " }, [counted_[at]])]);
      }));
    }

    function siteName(found, k) {
      var site = found.communes[k].site;
      return site < 0 ? text("unreached") : label(found.open[site].site);
    }

    function empty(k) { return !data.communes[k][2]; }

    function showCommunes() {
      lines.forEach(function (line, k) {
        var was = today.communes[k], is = now.communes[k], sums = gone.communes[k], nobody = empty(k);
        var by = say.difference(was.mean, is.mean);
        write(line.cells[1], nobody ? "–" : minutes(was.mean));
        write(line.cells[2], nobody ? "–" : minutes(is.mean));
        write(line.cells[3], nobody || by !== by || Math.abs(by) < 0.05 ? "" : change(by));
        write(line.cells[4], nobody ? text("council_nobody") : siteName(now, k));
        write(line.cells[5], sums.gain ? say.number(councilNumbers.rint(sums.gain)) : "");
        write(line.cells[6], sums.lose ? say.number(councilNumbers.rint(sums.lose)) : "");
      });
      sort();
    }

    function sort() {
      var order = lines.map(function (line, k) { return k; });
      if (find(".ct-sorted").checked) {
        var size = function (k) { var by = Math.abs(gone.communes[k].minutes); return by === by ? by : -1; };
        order.sort(function (a, b) { return size(b) - size(a) || a - b; });
      }
      if (order.some(function (k, at) { return body.rows[at] !== lines[k].row; })) {
        body.append.apply(body, order.map(function (k) { return lines[k].row; }));
      }
    }

    function look(k) {
      shownCommune = k;
      chooser.value = String(k);
      showSheet();
    }

    var sheet = { caption: el("caption"), name: el("strong"), people: el("span"), cells: [], notes: el("ul", { "class": "ct-notes" }), tools: el("p", { "class": "ct-sheet-tools" }), buttons: [], of: -1 };
    find(".ct-sheet-body").append(el("p", { "class": "ct-sheet-name" }, [sheet.name, sheet.people]),
      el("table", {}, [sheet.caption, el("thead", {}, [el("tr", {}, ["row_what", "column_before", "column_after"].map(function (key) { return el("th", { scope: "col", text: text("council_" + key) }); }))]),
        el("tbody", {}, [text("council_sheet_mean")].concat(data.cutoffs.map(function (value) { return text("council_card_within", { cutoff: cutoff(value) }); }), text("council_column_site")).map(function (name) {
          var cells = [el("td"), el("td")];
          sheet.cells.push(cells);
          return el("tr", {}, [el("th", { scope: "row", text: name })].concat(cells));
        }))]), sheet.notes, sheet.tools);

    function showSheet() {
      var k = shownCommune, commune = data.communes[k], was = today.communes[k], is = now.communes[k], sums = gone.communes[k];
      if (sheet.of !== k) {
        sheet.of = k;
        sheet.buttons = places.map(function (place, at) { return at; }).filter(function (at) { return places[at].commune === commune[0]; }).map(function (at) {
          var button = el("button", { type: "button" });
          button.addEventListener("click", function () { act(at); });
          return { at: at, node: button };
        });
        sheet.tools.replaceChildren.apply(sheet.tools, sheet.buttons.map(function (button) { return button.node; }));
      }
      sheet.buttons.forEach(function (button) { write(button.node, text(plans.siteAt(button.at) ? "council_close_at" : "council_open_at", { name: label(button.at) })); });
      write(sheet.name, commune[1]);
      write(sheet.caption, text("council_sheet_caption", { name: commune[1] }));
      write(sheet.people, empty(k) ? text("council_nobody") : people(commune[2]));
      var share = function (found, c) { return say.percent(commune[2] ? found.within[c] / commune[2] : NaN, 1); };
      [[was, today], [is, now]].forEach(function (pair, column) {
        var told = [empty(k) ? "–" : minutes(pair[0].mean)].concat(data.cutoffs.map(function (value, c) { return share(pair[0], c); }), siteName(pair[1], k));
        told.forEach(function (line, row) { write(sheet.cells[row][column], line); });
      });
      var notes = ["gain", "lose", "newly", "no_longer"].filter(function (key) { return sums[key]; })
        .map(function (key) { return text("council_card_" + key) + (data.lang === "fr" ? NO_BREAK : "") + ": " + people(sums[key]); });
      if (is.lost) { notes.push(text("council_unreached_here", { people: people(is.lost) })); }
      sheet.notes.replaceChildren.apply(sheet.notes, notes.map(function (line) { return el("li", { text: line }); }));
    }

    // ------------------------------------------------------------------ what is touched

    function summary() {
      var by = say.difference(today.mean, now.mean);
      return text("council_summary", { sites: sites(plans.counted().here), mean: minutes(now.mean), change: change(by),
        share: say.percent(now.shares[0], 1), cutoff: cutoff(data.cutoffs[0]) });
    }

    function done(what) {
      show();
      tell(what + " " + summary());
    }

    function tell(what) { told.textContent = what; }

    function act(k) {
      var open = plans.siteAt(k);
      if (plans.toggle(k)) { done(text(open ? "council_did_close" : "council_did_open", { name: label(open ? open.site : k) })); }
    }

    function move(from, to) {
      var site = plans.siteAt(from);
      if (plans.move(from, to)) { done(text("council_did_move", { name: label(site.site), place: label(to) })); }
    }

    function touch(code) {
      var name = (data.zones.find(function (zone) { return zone[0] === code; }) || [])[1], k = codes[code];
      var here = places.map(function (place, at) { return at; }).filter(function (at) { return places[at].commune === code; });
      var open = here.filter(function (at) { return plans.siteAt(at); }), free = here.filter(function (at) { return !plans.siteAt(at); });
      if (k !== undefined) { look(k); }
      if (mode === "look") { return; }
      if (mode === "move" && moving < 0) {
        if (!open.length) { tell(text("council_move_no_site", { name: name })); return; }
        moving = open[0];
        find("#ct-from").value = String(moving);
        tell(text("council_move_first", { name: label(plans.siteAt(moving).site) }));
      } else if (mode === "move") {
        if (!free.length) { tell(text("council_move_not_here", { name: name })); return; }
        move(moving, free[0]);
        moving = -1;
      } else if (open.length === 1) { act(open[0]); }
      else if (!open.length && free.length === 1) { act(free[0]); }
      else { tell(text(here.length ? "council_several_places" : "council_no_place", { name: name })); }
    }

    function tip(code, name) {
      var k = codes[code];
      if (k === undefined) { return [name, text("council_outside")]; }
      if (empty(k)) { return [name, text("council_nobody")]; }
      var said = [name, people(data.communes[k][2]), minutes(now.communes[k].mean)];
      if (!plans.isEmpty()) { said.push(beside(today.communes[k].mean, now.communes[k].mean)); }
      said.push(siteName(now, k));
      return said;
    }

    root.querySelectorAll("[name=ct-mode]").forEach(function (input) {
      input.addEventListener("change", function () { mode = input.value; moving = -1; });
    });
    root.querySelectorAll("[name=ct-view]").forEach(function (input) {
      input.addEventListener("change", function () { view = input.value; showLegend(); showMap(); });
    });
    find(".ct-undo").addEventListener("click", function () { if (plans.undo()) { done(text("council_did_undo")); } });
    find(".ct-redo").addEventListener("click", function () { if (plans.redo()) { done(text("council_did_redo")); } });
    find(".ct-reset").addEventListener("click", function () {
      if (plans.set({ closed: [], moved: {}, opened: [] })) { done(text("council_did_reset")); }
    });
    find("#ct-search").addEventListener("input", sift);
    find(".ct-only").addEventListener("change", sift);
    find(".ct-sorted").addEventListener("change", sort);
    find(".ct-do-move").addEventListener("click", function () { move(+find("#ct-from").value, +find("#ct-to").value); });
    chooser.addEventListener("change", function () { look(+chooser.value); });

    // ------------------------------------------------------------------ projector

    var projector = find(".ct-projector");
    function project(on) {
      root.classList.toggle("ct-projected", on);
      document.documentElement.classList.toggle("ct-under", on);
      projector.setAttribute("aria-pressed", String(on));
      map.fit();
    }
    projector.addEventListener("click", function () { project(projector.getAttribute("aria-pressed") !== "true"); });
    root.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && root.classList.contains("ct-projected")) { project(false); projector.focus(); }
    });

    // ------------------------------------------------------------------ kept, saved, linked

    var nameField = find("#ct-name");
    nameField.value = text("council_name_default");
    function planName() { return nameField.value.trim() || text("council_name_default"); }

    function keep(name, plan) {
      var found = measured(plan);
      kept.push({ name: name, plan: plan, found: found, changes: numbers.changes(today, found), counted: plans.counted(plan) });
    }

    find(".ct-keep").addEventListener("click", function () {
      if (kept.length >= MOST_KEPT) { tell(text("council_three_kept")); return; }
      var name = planName(), used = kept.map(function (each) { return each.name; });
      for (var number = 2, unique = name; used.indexOf(unique) >= 0; number++) { unique = name + " " + number; }
      keep(unique, plans.plan);
      showKept();
      tell(text("council_did_keep", { name: unique }));
    });

    function showKept() {
      var box = find(".ct-compare");
      if (!kept.length) { box.replaceChildren(el("p", { text: text("council_none_kept") })); return; }
      var all = [{ name: text("baseline"), found: today, changes: numbers.changes(today, today), counted: plans.counted({ closed: [], moved: {}, opened: [] }) }].concat(kept);
      var made = [["sites", function (each) { return say.number(each.counted.here); }], ["mean", function (each) { return minutes(each.found.mean); }]]
        .concat(data.cutoffs.map(function (value, k) { return ["", function (each) { return say.percent(each.found.shares[k], 1); }, text("council_card_within", { cutoff: cutoff(value) })]; }))
        .concat([["worst", function (each) { return minutes(each.found.worst); }], ["d9", function (each) { return minutes(each.found.d9); }]],
          ["gain", "lose", "newly", "no_longer"].filter(function (key) {
            return key === "gain" || key === "lose" || all.some(function (each) { return each.changes.all[key]; });
          }).map(function (key) { return [key, function (each, at) { return at ? people(each.changes.all[key]) : "–"; }]; }));
      var tools = el("tr", {}, [el("th", { scope: "row", text: "" }), el("td")].concat(kept.map(function (each) {
        function tool(key, run) {
          var button = el("button", { type: "button", text: text(key), "aria-label": text("council_named_action", { action: text(key), name: each.name }) });
          button.addEventListener("click", run);
          return button;
        }
        return el("td", {}, [
          tool("council_take_up", function () { nameField.value = each.name; if (plans.set(each.plan)) { done(text("council_did_load", { name: each.name })); } }),
          tool("council_remove", function () {
            kept = kept.filter(function (other) { return other !== each; });
            showKept();
            tell(text("council_did_remove", { name: each.name }));
            find(".ct-keep").focus();
          })]);
      })));
      tools.firstChild.replaceWith(el("td"));
      var table = el("table", {}, [el("caption", { text: text("council_compare_caption") }),
        el("thead", {}, [el("tr", {}, [el("th", { scope: "col", text: text("council_row_what") })].concat(all.map(function (each) { return el("th", { scope: "col", "class": "ct-number", text: each.name }); })))]),
        el("tbody", {}, made.map(function (row) {
          return el("tr", {}, [el("th", { scope: "row", text: row[2] || text("council_card_" + row[0]) })].concat(all.map(function (each, at) { return el("td", { "class": "ct-number", text: row[1](each, at) }); })));
        }).concat([tools]))]);
      box.replaceChildren(el("div", { "class": "ct-scroll", role: "region", tabindex: "0", "aria-label": text("council_compare_caption") }, [table]));
      accessmapTables.fit();
    }

    find(".ct-save").addEventListener("click", function () {
      if (plans.isEmpty()) { tell(text("council_nothing_to_save")); return; }
      var name = planName(), file = (accessmap.fold(name).replace(/ /g, "-") || "plan") + ".toml";
      var link = el("a", { download: file, href: URL.createObjectURL(new Blob([plans.toml(name)], { type: "application/toml" })) });
      document.body.appendChild(link);
      link.click();
      link.remove();
      tell(text("council_did_save", { file: file }));
    });

    find(".ct-link").addEventListener("click", function () {
      var hash = plans.link(planName()), field = find("#ct-url");
      // Within a notebook's frame there is no address of its own.
      try { history.replaceState(null, "", hash); } catch (error) { /* the field has it */ }
      field.value = location.href.split("#")[0] + hash;
      find(".ct-address").hidden = false;
      field.focus();
      field.select();
      tell(text("council_did_link"));
      if (navigator.clipboard && window.isSecureContext) {
        navigator.clipboard.writeText(field.value).then(function () { tell(text("council_did_copy")); }, function () {});
      }
    });

    function follow() {
      if (location.hash.indexOf("#plan=") !== 0) { return; }
      var linked = plans.linked(location.hash), warning = find(".ct-linked");
      warning.hidden = !linked.unknown.length;
      warning.textContent = linked.unknown.length ? text("council_link_unknown", { names: linked.unknown.join(", ") }) : "";
      if (linked.name) { nameField.value = linked.name; }
      if (plans.set(linked.plan)) { done(text("council_did_load", { name: planName() })); }
      root.scrollIntoView();
    }
    window.addEventListener("hashchange", follow);

    write(find(".ct-how-best"), text("council_how_best", { counts: counts() }));
    showLegend();
    data.plans.forEach(function (given) { keep(given.name, given.plan); });
    showKept();
    show();
    follow();
    root.council = { plans: plans, act: act, move: move, measure: function () { return { now: now, changes: gone, today: today }; } };
    root.classList.add("ct-started");
    accessmapTables.fit();
  }

  // In a long page it is made when one comes near, or follows a link to a plan.
  document.querySelectorAll(".ct").forEach(function (root) {
    if (!window.IntersectionObserver || location.hash.indexOf("#plan=") === 0) { start(root); return; }
    var observer = new IntersectionObserver(function (seen) {
      if (seen.some(function (each) { return each.isIntersecting; })) { observer.disconnect(); root.style.minHeight = ""; start(root); }
    }, { rootMargin: "600px" });
    root.style.minHeight = "900px";
    observer.observe(root);
    window.addEventListener("hashchange", function () {
      if (!root.council && location.hash.indexOf("#plan=") === 0) { observer.disconnect(); root.style.minHeight = ""; start(root); }
    });
  });
  return { start: start };
})();
