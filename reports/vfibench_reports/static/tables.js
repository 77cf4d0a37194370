/* Sorts tables by their headings. Without it every table is complete and in the order it was written.

   The state is the address: #scores-2=-psnr sorts the table named scores-2 by psnr, downwards; tables are
   joined by "&". A heading's clicks go best first, worst first, as written. Rows without a value stay last. */
(function () {
  const tables = Array.prototype.slice.call(document.querySelectorAll("table[data-name]"));

  function headings(table) {
    return Array.prototype.slice.call(table.tHead.rows[0].cells);
  }

  function key(row, place, numeric) {
    const cell = row.cells[place];
    if (!numeric) {
      const text = cell.textContent.trim().toLowerCase();
      return text === "–" ? null : text;
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
    const numeric = headings(table)[place].classList.contains("number");
    const keyed = table.written.map(function (row, at) {
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
    const down = text.charAt(0) === "-";
    const wanted = down ? text.slice(1) : text;
    const place = headings(table).findIndex(function (heading) { return heading.dataset.key === wanted; });
    return [place, down ? -1 : 1];
  }

  function apply() {
    tables.forEach(function (table) {
      const sort = parse(table, vfibench.get(table.dataset.name));
      headings(table).forEach(function (heading, place) {
        const word = place !== sort[0] ? "none" : sort[1] < 0 ? "descending" : "ascending";
        heading.setAttribute("aria-sort", word);
      });
      order(table, sort[0], sort[1]).forEach(function (row) { table.tBodies[0].appendChild(row); });
    });
  }

  function click(table, heading) {
    const first = heading.dataset.first;
    let next = first;
    if (heading.getAttribute("aria-sort") === first) {
      next = first === "ascending" ? "descending" : "ascending";
    } else if (heading.getAttribute("aria-sort") !== "none") {
      next = "none";
    }
    const change = {};
    change[table.dataset.name] = next === "none" ? "" : (next === "descending" ? "-" : "") + heading.dataset.key;
    vfibench.set(change);
  }

  function prepare(table) {
    table.written = Array.prototype.slice.call(table.tBodies[0].rows);
    headings(table).forEach(function (heading) {
      const button = document.createElement("button");
      button.type = "button";
      while (heading.firstChild) {
        button.appendChild(heading.firstChild);
      }
      button.addEventListener("click", function () { click(table, heading); });
      heading.appendChild(button);
    });
  }

  tables.forEach(prepare);
  vfibench.told(apply);
})();
