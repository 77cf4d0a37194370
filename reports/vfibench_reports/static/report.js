/* Sorts tables by their headings. Without it every table is complete and in the order it was written.

   The state is the address: #scores-2=-psnr sorts the table named scores-2 by psnr, downwards; tables are
   joined by "&". A heading's clicks go best first, worst first, as written. Rows without a value stay last. */
(function () {
  "use strict";

  var tables = Array.prototype.slice.call(document.querySelectorAll("table[data-name]"));

  function state() {
    return new URLSearchParams(location.hash.slice(1));
  }

  function headings(table) {
    return Array.prototype.slice.call(table.tHead.rows[0].cells);
  }

  function key(row, place, numeric) {
    var cell = row.cells[place];
    if (!numeric) {
      return cell.textContent.trim().toLowerCase();
    }
    return cell.dataset.value ? Number(cell.dataset.value) : null;
  }

  function compare(a, b) {
    if (typeof a === "string") {
      return a.localeCompare(b, "en", { numeric: true });
    }
    return a === b ? 0 : a < b ? -1 : 1;
  }

  function order(table, place, sign) {
    if (place < 0) {
      return table.written;
    }
    var numeric = headings(table)[place].classList.contains("number");
    var keyed = table.written.map(function (row, at) {
      return { row: row, at: at, key: key(row, place, numeric) };
    });
    keyed.sort(function (a, b) {
      if (a.key === null || b.key === null) {
        return (a.key === null) - (b.key === null) || a.at - b.at;
      }
      return sign * compare(a.key, b.key) || a.at - b.at;
    });
    return keyed.map(function (item) { return item.row; });
  }

  /* "-psnr" as [place of the heading, -1]; place -1 where there is no such heading. */
  function parse(table, text) {
    var down = text.charAt(0) === "-";
    var wanted = down ? text.slice(1) : text;
    var place = headings(table).findIndex(function (heading) { return heading.dataset.key === wanted; });
    return [place, down ? -1 : 1];
  }

  function apply() {
    var now = state();
    tables.forEach(function (table) {
      var sort = parse(table, now.get(table.dataset.name) || "");
      headings(table).forEach(function (heading, place) {
        var word = place !== sort[0] ? "none" : sort[1] < 0 ? "descending" : "ascending";
        heading.setAttribute("aria-sort", word);
      });
      order(table, sort[0], sort[1]).forEach(function (row) { table.tBodies[0].appendChild(row); });
    });
  }

  function click(table, heading) {
    var first = heading.dataset.first;
    var next = first;
    if (heading.getAttribute("aria-sort") === first) {
      next = first === "ascending" ? "descending" : "ascending";
    } else if (heading.getAttribute("aria-sort") !== "none") {
      next = "none";
    }
    var now = state();
    now.delete(table.dataset.name);
    if (next !== "none") {
      now.set(table.dataset.name, (next === "descending" ? "-" : "") + heading.dataset.key);
    }
    history.replaceState(null, "", location.href.split("#")[0] + (now.toString() ? "#" + now.toString() : ""));
    apply();
  }

  function prepare(table) {
    table.written = Array.prototype.slice.call(table.tBodies[0].rows);
    headings(table).forEach(function (heading) {
      var button = document.createElement("button");
      button.type = "button";
      while (heading.firstChild) {
        button.appendChild(heading.firstChild);
      }
      button.addEventListener("click", function () { click(table, heading); });
      heading.appendChild(button);
    });
  }

  /* Paper cannot be unfolded. */
  function unfold() {
    document.querySelectorAll("details").forEach(function (details) { details.open = true; });
  }

  tables.forEach(prepare);
  apply();
  window.addEventListener("hashchange", apply);
  window.addEventListener("beforeprint", unfold);
})();
