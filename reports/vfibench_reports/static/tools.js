/* A filter and a column picker for the tables marked data-tools; without it they are shown whole.

   #find=rife,ema keeps the rows whose head holds one of these texts; #hide=ssim,weights hides columns by
   their keys. Cells are hidden, never removed, so sorting goes on by any column. */
(function () {
  const bar = document.querySelector(".tools[data-of]");
  const tables = Array.from(document.querySelectorAll("table[data-tools]"));

  function words(name) {
    return vfibench.get(name).split(",").map(function (word) { return word.trim(); }).filter(Boolean);
  }

  function headings(table) {
    return Array.from(table.tHead.rows[0].cells);
  }

  /* Heading by key, of every column that can be hidden: all but what the rows are about. */
  function columns() {
    const found = new Map();
    tables.flatMap(headings).forEach(function (heading) {
      if (!heading.classList.contains("head") && !found.has(heading.dataset.key)) {
        found.set(heading.dataset.key, heading.textContent.trim().replace(/\s+/g, " "));
      }
    });
    return found;
  }

  function headOf(row) {
    return row.querySelector("th.head");
  }

  /* What the row is about, without the details below: one method has several rows, in one table or many. */
  function nameOf(row) {
    return headOf(row).firstChild.textContent.trim();
  }

  function filter() {
    const asked = words("find").map(function (word) { return word.toLowerCase(); });
    const all = new Set();
    const kept = new Set();
    tables.flatMap(function (table) { return Array.from(table.tBodies[0].rows); }).forEach(function (row) {
      const head = headOf(row).textContent.toLowerCase();
      const fits = asked.length === 0 || asked.some(function (word) { return head.includes(word); });
      row.hidden = !fits;
      all.add(nameOf(row));
      if (fits) {
        kept.add(nameOf(row));
      }
    });
    bar.querySelector("output").textContent = asked.length ? kept.size + " of " + all.size : "";
  }

  function hide() {
    const hidden = words("hide");
    tables.forEach(function (table) {
      headings(table).forEach(function (heading, place) {
        const gone = hidden.includes(heading.dataset.key) && !heading.classList.contains("head");
        Array.from(table.rows).forEach(function (row) { row.cells[place].hidden = gone; });
      });
    });
    const boxes = Array.from(bar.querySelectorAll("input[name=column]"));
    boxes.forEach(function (box) { box.checked = !hidden.includes(box.value); });
    const gone = boxes.filter(function (box) { return !box.checked; }).length;
    bar.querySelector("input[name=all]").checked = gone === 0;
    bar.querySelector("summary").textContent = gone ? "Columns (" + gone + " hidden)" : "Columns";
  }

  function apply() {
    const typed = bar.querySelector("input[type=search]");
    if (document.activeElement !== typed) {
      typed.value = vfibench.get("find");
    }
    filter();
    hide();
  }

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function tick(properties, text, changed) {
    const box = element("input", Object.assign({ type: "checkbox" }, properties));
    box.addEventListener("change", function () { changed(box.checked); });
    return element("label", {}, box, " " + text);
  }

  function tickColumn(key, text) {
    return tick({ name: "column", value: key }, text, function (shown) {
      const others = words("hide").filter(function (word) { return word !== key; });
      vfibench.set({ hide: (shown ? others : others.concat(key)).join(",") });
    });
  }

  function picker() {
    const found = columns();
    const all = tick({ name: "all" }, "all columns", function (shown) {
      vfibench.set({ hide: shown ? "" : Array.from(found.keys()).join(",") });
    });
    const ticks = Array.from(found).map(function (pair) { return tickColumn(pair[0], pair[1]); });
    const made = element("details", { className: "columns" }, element("summary", {}), element("div", { className: "picker" }, all, ...ticks));
    document.addEventListener("click", function (event) {
      made.open = made.open && made.contains(event.target);
    });
    made.addEventListener("keydown", function (event) {
      if (event.key === "Escape") {
        made.open = false;
        made.querySelector("summary").focus();
      }
    });
    return made;
  }

  function search() {
    const input = element("input", { type: "search", autocomplete: "off", spellcheck: false });
    input.placeholder = "part of a name, or several: a, b";
    input.addEventListener("input", function () { vfibench.set({ find: input.value }); });
    return element("label", {}, "Filter " + bar.dataset.of + " ", input);
  }

  if (bar && tables.length) {
    bar.append(search(), element("output", {}), picker());
    vfibench.told(apply);
  }
})();
