/* A table too wide for a phone is a stack of cards, a row each, so that nothing is cut; elsewhere it scrolls, and is a stop of
   the keyboard where it does, and nowhere else. */
var accessmapTables = (function () {
  "use strict";
  var PHONE = window.matchMedia("(max-width: 720px)");

  // Each cell of a card carries the title of its column.
  function label(table) {
    var titles = Array.prototype.map.call(table.tHead.rows[0].cells, function (cell) { return cell.textContent; });
    Array.prototype.forEach.call(table.tBodies, function (body) {
      Array.prototype.forEach.call(body.rows, function (row) {
        Array.prototype.forEach.call(row.cells, function (cell, k) { if (k && !cell.dataset.label) { cell.dataset.label = titles[k] || ""; } });
      });
    });
  }

  function fit() {
    var parts = Array.prototype.slice.call(document.querySelectorAll(".d-scroll, .ct-scroll")).filter(function (part) {
      return part.clientWidth && part.querySelector("table tbody");
    });
    parts.forEach(function (part) { part.classList.remove("d-stack"); });
    // All are measured before any changes: the page is laid out twice, and not once a table.
    var wide = parts.map(function (part) { return part.scrollWidth > part.clientWidth + 1; });
    parts.forEach(function (part, k) {
      if (wide[k] && PHONE.matches) { label(part.querySelector("table")); part.classList.add("d-stack"); }
    });
    parts.map(function (part) { return part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1; }).forEach(function (scrolls, k) {
      var part = parts[k];
      if (part.dataset.name === undefined) { part.dataset.name = part.getAttribute("aria-label"); }
      if (scrolls) {
        part.setAttribute("role", "region");
        part.setAttribute("aria-label", part.dataset.name);
        part.tabIndex = 0;
      } else {
        ["role", "aria-label", "tabindex"].forEach(function (name) { part.removeAttribute(name); });
      }
    });
  }
  window.addEventListener("resize", fit);
  window.addEventListener("hashchange", fit);
  document.addEventListener("toggle", fit, true);
  return { fit: fit };
})();
