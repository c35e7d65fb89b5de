/* The dossier works without this: it adds the interactive map and tables that sort. */
(function () {
  "use strict";
  document.querySelectorAll(".d-live, .d-hint").forEach(function (part) { part.hidden = false; });
  accessmap.start();
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
})();
