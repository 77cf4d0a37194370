/* What the comparison page writes beside its charts: figures, shares, captions, the frames each wins most. */
const compareShown = (function () {
  const numbers = compareNumbers, model = compareModel;
  const EXTREMES = 10;

  function element(id) { return document.getElementById(id); }

  function made(name, text, attributes) {
    const one = document.createElement(name);
    if (text !== undefined && text !== null) { one.textContent = text; }
    Object.keys(attributes || {}).forEach(function (key) { one.setAttribute(key, attributes[key]); });
    return one;
  }

  function figure(list, label, value, detail) {
    const box = made("div");
    box.append(made("dt", label), made("dd", value));
    if (detail) { box.lastChild.append(" ", made("small", detail)); }
    list.append(box);
  }

  function showFigures(view) {
    const list = element("figures"), digits = view.digits, unit = view.unit ? ` ${view.unit}` : "";
    function text(value, plain) { return numbers.text(value, digits, plain); }
    list.replaceChildren();
    figure(list, "B − A", text(view.mean), unit.trim());
    figure(list, "95% interval", view.interval ? `${text(view.interval[0])} to ${text(view.interval[1])}` : "–",
      view.filtered ? "drawn here" : "");
    figure(list, "Wilcoxon p", numbers.probability(view.p), view.filtered ? "all frames only" : "");
    const finite = view.frames.map(function (_, k) { return k; }).filter(function (k) {
      return Number.isFinite(view.a[k]) && Number.isFinite(view.b[k]);
    });
    figure(list, "mean A", text(numbers.mean(finite.map(function (k) { return view.a[k]; })), true));
    figure(list, "mean B", text(numbers.mean(finite.map(function (k) { return view.b[k]; })), true));
    const apart = view.frames.length - view.n, details = [];
    if (view.filtered) { details.push(`of ${numbers.count(view.all)}`); }
    if (apart) { details.push(`+${apart} exact in one`); }
    figure(list, "frames", numbers.count(view.n), details.join(" "));
  }

  function percent(part, whole) { return whole ? `${(100 * part / whole).toFixed(1)}%` : "–"; }

  function tellShares(view) {
    const told = element("share-told");
    told.replaceChildren();
    [["a", `A better: ${view.names[0]}`], ["tie", "equal as printed"], ["b", `B better: ${view.names[1]}`]].forEach(function (one) {
      const count = view.wins[one[0]];
      const part = made("span", null, { class: `legend ${one[0]}` });
      part.append(made("i"), one[1], " ", made("b", numbers.count(count)), ` ${percent(count, view.frames.length)}`);
      told.append(part, " ");
    });
  }

  function correlation(x, y) {
    const places = Array.from(x, function (_, k) { return k; }).filter(function (k) {
      return Number.isFinite(x[k]) && Number.isFinite(y[k]);
    });
    const mx = numbers.mean(places.map(function (k) { return x[k]; }));
    const my = numbers.mean(places.map(function (k) { return y[k]; }));
    let xx = 0, yy = 0, xy = 0;
    places.forEach(function (k) {
      xx += (x[k] - mx) * (x[k] - mx);
      yy += (y[k] - my) * (y[k] - my);
      xy += (x[k] - mx) * (y[k] - my);
    });
    return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : null;
  }

  function tellCharts(view, histogram) {
    const r = correlation(view.a, view.b), digits = view.digits;
    element("scatter-told").textContent = `Each dot is a frame: ${numbers.count(view.frames.length)} in all, ` +
      `across by A, up by B; on the diagonal both are equal.${r === null ? "" : ` Correlation ${r.toFixed(3)}.`}`;
    const sorted = Float64Array.from(view.difference.filter(Number.isFinite)).sort();
    if (!sorted.length) { element("histogram-told").textContent = "No frame has a difference."; return; }
    function at(share) { return numbers.text(numbers.quantile(sorted, share), digits); }
    const beyond = histogram.bins.below + histogram.bins.above;
    element("histogram-told").textContent = `Differences from ${at(0)} to ${at(1)}, half of them between ${at(0.25)} and ${at(0.75)}; ` +
      `the line is their mean, the bar on it its 95% interval.${beyond ? ` The outermost bars hold ${beyond} beyond the scale.` : ""}`;
  }

  function row(now, view, k, choose) {
    const one = model.frame(now.group, view.frames[k]), line = made("tr", null, { "data-frame": view.frames[k] });
    const head = made("th", null, { scope: "row", class: "head" });
    const button = made("button", model.frameText(now.group, one), { type: "button", class: "plain" });
    button.addEventListener("click", function () { choose(view.frames[k]); });
    head.append(button);
    if (one.clip && one.clip !== one.sample) { head.append(" ", made("small", one.clip)); }
    line.append(head);
    [numbers.text(view.a[k], view.digits, true), numbers.text(view.b[k], view.digits, true), numbers.text(view.difference[k], view.digits)]
      .forEach(function (text) { line.append(made("td", text, { class: "number" })); });
    if (model.groups[now.group].pages[view.frames[k]]) {
      const cell = made("td");
      cell.append(pageLink(now, view.frames[k], "frames"));
      line.append(cell);
    }
    return line;
  }

  function pageLink(now, k, text) {
    return made("a", text, { href: encodeURIComponent(model.groups[now.group].pages[k]) });
  }

  /* Two tables; `choose` is called with the frame that is clicked, `gain` is places in order of it. */
  function showExtremes(now, view, gain, choose) {
    const box = element("extremes");
    box.replaceChildren();
    [["a", gain], ["b", gain.slice().reverse()]].forEach(function (side, place) {
      const best = side[1].slice(0, EXTREMES).filter(function (k) { return place ? view.gain[k] > 0 : view.gain[k] < 0; });
      const part = made("div"), table = made("table"), body = made("tbody"), line = made("tr");
      part.append(made("h3", `Where ${side[0].toUpperCase()} wins most: ${view.names[place]}`));
      ["frame", "A", "B", "B − A"].forEach(function (text, k) { line.append(made("th", text, { scope: "col", class: k ? "number" : "" })); });
      if (best.some(function (k) { return model.groups[now.group].pages[view.frames[k]]; })) { line.append(made("td")); }
      best.forEach(function (k) { body.append(row(now, view, k, choose)); });
      table.append(made("thead"), body);
      table.tHead.append(line);
      part.append(best.length ? table : made("p", "Nowhere.", { class: "shared" }));
      box.append(part);
    });
  }

  /* The frame k, at place `at` of the view (null where it is filtered out). */
  function tellChosen(now, view, gain, k, at) {
    const box = element("chosen");
    box.replaceChildren();
    if (k === null) {
      const asked = vfibench.get("sample");
      box.append(made("p", asked ? `No frame ${asked} here.` : "No frame chosen: click a dot, or walk with the arrow keys.", { class: "shared" }));
      return;
    }
    const one = model.frame(now.group, k), head = made("h3", model.frameText(now.group, one));
    if (model.groups[now.group].pages[k]) { head.append(" ", pageLink(now, k, "see the frames")); }
    box.append(head);
    if (at === null) { box.append(made("p", "Not among the frames shown.", { class: "shared" })); return; }
    const list = made("dl", null, { class: "numbers" }), place = view.frames.length - gain.indexOf(at);
    figure(list, "A", numbers.text(view.a[at], view.digits, true));
    figure(list, "B", numbers.text(view.b[at], view.digits, true));
    figure(list, "B − A", numbers.text(view.difference[at], view.digits));
    figure(list, "rank of B’s gain", numbers.count(place), `of ${numbers.count(view.frames.length)}`);
    if (one.motion !== null) { figure(list, "motion", one.motion.toFixed(1), "pixels"); }
    if (one.occlusion !== null) { figure(list, "occlusion", `${(100 * one.occlusion).toFixed(1)}%`); }
    if (one.clip && one.clip !== one.sample) { figure(list, "clip", one.clip); }
    box.append(list);
  }

  function showChoices(now) {
    const held = model.groups[now.group];
    element("method-a").value = held.methods[now.a];
    element("method-b").value = held.methods[now.b];
    element("metric").value = now.metric.name;
    Array.from(element("method-b").options).forEach(function (option) {
      option.disabled = !held.methods.includes(option.value);
    });
    showRange("motion", held.motion);
    showRange("occlusion", held.occlusion);
    element("time-filter").hidden = held.times.length < 2;
    const times = ["", ...held.times.map(String)];
    element("time").replaceChildren(...times.map(function (t) { return made("option", t ? model.timeText(Number(t)) : "all", { value: t }); }));
    element("time").value = times.includes(vfibench.get("time")) ? vfibench.get("time") : "";
    if (document.activeElement !== element("name")) { element("name").value = vfibench.get("name"); }
    element("names").replaceChildren(...(held.clips || []).slice(0, 400).map(function (clip) { return made("option", null, { value: clip }); }));
    element("facts-told").textContent = held.how ? `Motion and occlusion: ${held.how}.` : "";
    element("all").hidden = !["motion", "occlusion", "name", "time"].some(vfibench.get);
  }

  function showRange(what, values) {
    element(`${what}-filter`).hidden = !values;
    if (!values) { return; }
    const known = values.filter(function (value) { return value !== null; });
    const low = known.reduce(function (a, b) { return Math.min(a, b); }), high = known.reduce(function (a, b) { return Math.max(a, b); });
    const parts = vfibench.get(what).split("..");
    [["from", low, parts[0]], ["to", high, parts[1]]].forEach(function (end) {
      const input = element(`${what}-${end[0]}`);
      input.placeholder = String(Number(end[1].toPrecision(4)));
      if (document.activeElement !== input) { input.value = end[2] || ""; }
    });
  }

  function showTitle(now, figures) {
    const names = model.groups[now.group].methods, notes = [], a = model.find(vfibench.get("a")), b = model.find(vfibench.get("b"));
    element("pair-title").replaceChildren(
      `${now.metric.name}: `, made("span", names[now.a], { class: "a" }), " (A) against ",
      made("span", names[now.b], { class: "b" }), " (B)");
    [["a", a], ["b", b]].forEach(function (one) {
      if (vfibench.get(one[0]) && !one[1]) { notes.push(`No method ${vfibench.get(one[0])} here.`); }
    });
    if (a && b && a.group !== b.group) { notes.push(`${vfibench.get("b")} has other target times or frames and cannot be compared with it.`); }
    notes.push(figures.found ? `${now.metric.better === "higher" ? "Higher" : "Lower"} is better.` : `They cannot be compared by ${now.metric.name}: one lacks it, or has another version of it.`);
    if (figures.caution) { notes.push(`Mind: ${figures.caution}.`); }
    element("pair-note").textContent = notes.join(" ");
  }

  return {
    element: element, made: made, figures: showFigures, shares: tellShares, captions: tellCharts,
    extremes: showExtremes, chosen: tellChosen, choices: showChoices, title: showTitle,
  };
})();
