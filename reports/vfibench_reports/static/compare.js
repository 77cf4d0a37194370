/* The comparison page: any two methods, their frames filtered, one frame chosen, all kept in the address.

   #a=blend&b=rife&metric=psnr     the pair
   &motion=2..10&occlusion=..0.05&name=car&time=0.5     frames shown: from 2 to below 10
   &sample=0031&t=0.5              the frame chosen */
(function () {
  const numbers = compareNumbers, model = compareModel, charts = compareCharts, page = compareShown;
  const element = page.element;
  let shown = {}, order = {}, drawn = "";

  /* Places 0 .. n - 1 in the order of their values, equal ones as they stand. */
  function sortedBy(values) {
    return Array.from(values, function (_, k) { return k; }).sort(function (x, y) {
      return values[x] === values[y] ? x - y : values[x] - values[y];
    });
  }

  function draw(now, view) {
    order = { a: sortedBy(view.a), b: sortedBy(view.b), difference: sortedBy(view.difference), gain: sortedBy(view.gain) };
    shown = { now: now, view: view };
    page.figures(view);
    page.shares(view);
    shown.share = charts.share(element("share"), view, view.wins);
    shown.scatter = charts.scatter(element("scatter"), view);
    shown.histogram = charts.histogram(element("histogram"), view);
    page.captions(view, shown.histogram);
    page.extremes(now, view, order.gain, choose);
  }

  /* ---- the chosen frame ---- */

  function choose(k) {
    if (k === null) { vfibench.set({ sample: "", t: "" }); return; }
    const one = model.frame(shown.now.group, k), several = model.groups[shown.now.group].times.length > 1;
    vfibench.set({ sample: one.sample, t: several ? String(one.t) : "" });
  }

  function mark(now, view) {
    const k = model.chosen(now), place = k === null ? -1 : view.frames.indexOf(k), at = place < 0 ? null : place;
    shown.at = at;
    shown.scatter.mark(at);
    if (shown.histogram) { shown.histogram.mark(at); }
    shown.share.mark(at === null ? null : order.gain.indexOf(at));
    document.querySelectorAll("#extremes tr[data-frame]").forEach(function (line) {
      if (at !== null && Number(line.dataset.frame) === k) { line.setAttribute("aria-current", "true"); } else { line.removeAttribute("aria-current"); }
    });
    page.chosen(now, view, order.gain, k, at);
  }

  /* ---- pointing and walking ---- */

  function walk(list, step) {
    const from = shown.at === null ? (step > 0 ? -1 : list.length) : list.indexOf(shown.at);
    const start = Number.isFinite(step) ? from + step : step;
    const next = Math.min(Math.max(start, 0), list.length - 1);
    if (list.length) { choose(shown.view.frames[list[next]]); }
  }

  function keys(lists) {
    return function (event) {
      const steps = {
        ArrowLeft: [lists[0], -1], ArrowRight: [lists[0], 1], ArrowDown: [lists[1], -1], ArrowUp: [lists[1], 1],
        PageDown: [lists[0], -50], PageUp: [lists[0], 50], Home: [lists[0], -Infinity], End: [lists[0], Infinity],
      };
      if (event.key === "Escape") {
        choose(null);
      } else if (steps[event.key] && !event.ctrlKey && !event.altKey && !event.metaKey) {
        walk(order[steps[event.key][0]], steps[event.key][1]);
      } else {
        return;
      }
      event.preventDefault();
    };
  }

  function inside(box, event) {
    const edge = box.getBoundingClientRect();
    return [event.clientX - edge.left, event.clientY - edge.top];
  }

  function tip(box, lines, at) {
    let one = box.querySelector(".tip");
    if (!lines) { if (one) { one.remove(); } return; }
    if (!one) { one = box.appendChild(page.made("div", null, { class: "tip", "aria-hidden": "true" })); }
    one.replaceChildren();
    lines.forEach(function (line) { one.append(page.made("span", line)); });
    const right = at[0] + one.offsetWidth + 16 > box.clientWidth;
    one.style.left = `${right ? Math.max(at[0] - one.offsetWidth - 12, 0) : at[0] + 12}px`;
    one.style.top = `${at[1] + 12}px`;
  }

  function frameLines(k) {
    const view = shown.view, digits = view.digits;
    return [
      model.frameText(shown.now.group, model.frame(shown.now.group, view.frames[k])),
      `A ${numbers.text(view.a[k], digits, true)}`, `B ${numbers.text(view.b[k], digits, true)}`,
      `B − A ${numbers.text(view.difference[k], digits)}`,
    ];
  }

  function binLines(value) {
    const bins = shown.histogram.bins, place = Math.floor(value / bins.step) - bins.first;
    if (!(bins.counts[place] >= 0)) { return null; }
    const digits = Math.max(0, -Math.floor(Math.log10(bins.step) + 1e-9)), low = (bins.first + place) * bins.step;
    return [`${numbers.text(low, digits)} to ${numbers.text(low + bins.step, digits)}`, `${numbers.count(bins.counts[place])} frames`];
  }

  /* The frame whose difference is nearest to a value. */
  function nearestDifference(value) {
    let best = null;
    order.difference.forEach(function (k) {
      const away = Math.abs(shown.view.difference[k] - value);
      if (best === null || away < Math.abs(shown.view.difference[best] - value)) { best = k; }
    });
    return best;
  }

  function pointing() {
    const scatter = element("scatter"), histogram = element("histogram");
    scatter.addEventListener("pointermove", function (event) {
      const at = inside(scatter, event), k = shown.scatter ? shown.scatter.nearest(at[0], at[1], 16) : null;
      tip(scatter, k === null ? null : frameLines(k), at);
    });
    scatter.addEventListener("click", function (event) {
      const at = inside(scatter, event), k = shown.scatter ? shown.scatter.nearest(at[0], at[1], 24) : null;
      choose(k === null ? null : shown.view.frames[k]);
    });
    histogram.addEventListener("pointermove", function (event) {
      const at = inside(histogram, event);
      tip(histogram, shown.histogram ? binLines(shown.histogram.value(at[0])) : null, at);
    });
    histogram.addEventListener("click", function (event) {
      const k = shown.histogram ? nearestDifference(shown.histogram.value(inside(histogram, event)[0])) : null;
      choose(k === null ? null : shown.view.frames[k]);
    });
    [scatter, histogram].forEach(function (box) {
      box.addEventListener("pointerleave", function () { tip(box, null); });
    });
    scatter.addEventListener("keydown", keys(["a", "b"]));
    histogram.addEventListener("keydown", keys(["difference", "difference"]));
  }

  /* ---- choices ---- */

  function name(now, place) { return model.groups[now.group].methods[place]; }

  function choices() {
    element("method-a").addEventListener("change", function (event) {
      const now = model.pair(), taken = event.target.value === name(now, now.b);
      vfibench.set({ a: event.target.value, b: taken ? name(now, now.a) : name(now, now.b) });
    });
    element("method-b").addEventListener("change", function (event) {
      const now = model.pair(), taken = event.target.value === name(now, now.a);
      vfibench.set({ b: event.target.value, a: taken ? name(now, now.b) : name(now, now.a) });
    });
    element("metric").addEventListener("change", function (event) { vfibench.set({ metric: event.target.value }); });
    element("swap").addEventListener("click", function () {
      const now = model.pair();
      vfibench.set({ a: name(now, now.b), b: name(now, now.a) });
    });
    ["motion", "occlusion"].forEach(function (what) {
      const ends = [element(`${what}-from`), element(`${what}-to`)];
      function change() {
        vfibench.set({ [what]: ends[0].value || ends[1].value ? `${ends[0].value}..${ends[1].value}` : "" });
      }
      ends.forEach(function (end) { end.addEventListener("change", change); });
    });
    element("name").addEventListener("input", function (event) { vfibench.set({ name: event.target.value.trim() }); });
    element("time").addEventListener("change", function (event) { vfibench.set({ time: event.target.value }); });
    element("all").addEventListener("click", function () { vfibench.set({ motion: "", occlusion: "", name: "", time: "" }); });
    document.querySelectorAll("form.choices, form.filters").forEach(function (form) {
      form.addEventListener("submit", function (event) { event.preventDefault(); });
    });
    document.querySelectorAll('table[data-name^="pairs"] a[href^="#"]').forEach(function (link) {
      link.addEventListener("click", function (event) {
        const wanted = new URLSearchParams(link.hash.slice(1));
        event.preventDefault();
        vfibench.set({ a: wanted.get("a"), b: wanted.get("b"), metric: wanted.get("metric") });
        element("comparison").scrollIntoView();
        element("method-a").focus({ preventScroll: true });
      });
    });
  }

  function show() {
    const now = model.pair(), figures = model.stored(now), wanted = model.filter();
    page.choices(now);
    page.title(now, figures);
    element("pair").hidden = !figures.found;
    if (!figures.found) { drawn = ""; return; }
    const [key, view] = model.viewOf(now, figures.found, wanted), width = element("pair").clientWidth;
    if (drawn !== `${width} ${key}`) {
      drawn = `${width} ${key}`;
      draw(now, view);
    }
    mark(now, view);
  }

  element("comparison").hidden = false;
  element("filters").hidden = false;
  choices();
  pointing();
  vfibench.told(show);
  window.addEventListener("resize", show);
})();
