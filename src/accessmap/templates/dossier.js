/* The dossier works without this: it adds the interactive map and tables that sort. */
(function () {
  "use strict";
  document.querySelectorAll(".d-live, .d-hint").forEach(function (part) { part.hidden = false; });
  accessmap.start();
  // A commune's sheet: typed, or chosen in the list; the address says which one is shown.
  var fields = [document.getElementById("votre"), document.getElementById("cherche")];
  var none = document.getElementById("cherche-rien");
  var links = Array.prototype.slice.call(document.querySelectorAll("#fiches-index a"));
  var tools = document.querySelector(".d-sheet-tools");
  function plain(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/œ/g, "oe").replace(/[^a-z0-9]+/g, " ").trim();
  }
  function search(field, whole) {
    var typed = plain(field.value);
    var same = links.filter(function (link) { return plain(link.textContent) === typed; });
    var near = links.filter(function (link) { return typed && plain(link.textContent).indexOf(typed) >= 0; });
    var first = near.filter(function (link) { return plain(link.textContent).indexOf(typed) === 0; });
    var found = same.length === 1 ? same[0] : whole && near.length ? first[0] || near[0] : null;
    fields.forEach(function (other) { if (other !== field) { other.value = field.value; } });
    // That none is found is told below: nobody is taken there from the head of the page in the middle of a word.
    if (typed && !near.length && (whole || field.id === "cherche")) { location.hash = "#fiches"; }
    links.forEach(function (link) { link.parentNode.hidden = !!typed && near.indexOf(link) < 0; });
    none.textContent = typed && !near.length ? none.dataset.none : "";
    // The sheet may have been asked for before: then the address does not change, and nothing would be shown.
    var asked = found && found.getAttribute("href");
    // A sheet in a file of its own is gone to when it is asked for, not in the middle of a word.
    if (asked && asked.charAt(0) !== "#") { if (whole) { location.href = asked; } return; }
    if (asked && location.hash === asked) { shown(); } else if (asked) { location.hash = asked; }
  }
  function shown() {
    var sheet = location.hash.indexOf("#fiche-") === 0 && document.getElementById(location.hash.slice(1));
    if (tools) { tools.hidden = !sheet; }
    if (sheet) { sheet.appendChild(tools); sheet.querySelector("h3").focus({ preventScroll: true }); sheet.scrollIntoView(); }
  }
  fields.forEach(function (field) {
    field.addEventListener("input", function () { search(field, false); });
    field.addEventListener("change", function () { if (!tools) { search(field, true); } });
    field.addEventListener("keydown", function (event) { if (event.key === "Enter") { search(field, true); } });
  });
  window.addEventListener("hashchange", shown);
  if (tools) {
    document.getElementById("imprimer-fiche").addEventListener("click", function () {
      document.body.classList.add("d-only-sheet");
      window.print();
    });
  }
  window.addEventListener("afterprint", function () { document.body.classList.remove("d-only-sheet"); });
  shown();

  // What is folded is printed too, in browsers whose style sheets cannot open it.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (part) { part.open = true; });
  });

  function compare(a, b, direction) {
    // What has no number is last, whichever way.
    if (a === "" || b === "") { return (a === "") - (b === ""); }
    var numbers = !isNaN(a) && !isNaN(b);
    return direction * (numbers ? a - b : a.localeCompare(b, document.documentElement.lang));
  }

  document.querySelectorAll("table.d-sortable").forEach(function (table) {
    var body = table.tBodies[0];
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", function () {
        var direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
        Array.prototype.slice.call(body.rows)
          .sort(function (a, b) { return compare(a.cells[column].dataset.sort, b.cells[column].dataset.sort, direction); })
          .forEach(function (row) { body.appendChild(row); });
      });
    });
  });
  accessmapTables.fit();
})();
