/* Charts of the comparison page as SVG, in the page's own colours: scatter, histogram, bar of shares.

   Each draws into an element and returns what it takes to find and to mark a frame. A `view` holds, for the
   frames shown: a, b, difference, gain (positive where B is better), and kind ("a", "tie", "b"). */
const compareCharts = (function () {
  const numbers = compareNumbers;

  function node(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    if (text !== undefined) { made.textContent = text; }
    return made;
  }

  function canvas(box, width, height) {
    const made = node("svg", { viewBox: `0 0 ${width} ${height}`, width: width, height: height, "aria-hidden": "true" });
    box.replaceChildren(made);
    return made;
  }

  function put(svg, name, attributes, text) {
    return svg.appendChild(node(name, attributes, text));
  }

  function crisp(value) { return Math.round(value) + 0.5; }

  function short(text, length) { return text.length > length ? text.slice(0, length - 1) + "…" : text; }

  /* Smallest and greatest finite value with a little room; a lone value gets some. */
  function extent(lists) {
    let low = Infinity, high = -Infinity;
    lists.forEach(function (list) {
      list.forEach(function (value) {
        if (Number.isFinite(value)) { low = Math.min(low, value); high = Math.max(high, value); }
      });
    });
    if (low > high) { return [0, 1]; }
    const room = (high - low) * 0.03 || Math.abs(high) * 0.05 || 1;
    return [low - room, high + room];
  }

  /* One path of dots a kind: zero-length strokes with round ends, which draw and print fast. */
  function dots(svg, view, x, y) {
    ["tie", "a", "b"].forEach(function (kind) {
      const parts = [];
      view.kind.forEach(function (found, k) {
        if (found === kind && !Number.isNaN(x[k])) { parts.push(`M${x[k].toFixed(1)} ${y[k].toFixed(1)}h0`); }
      });
      put(svg, "path", { class: `dots ${kind}${view.a.length > 1000 ? " many" : ""}`, d: parts.join("") });
    });
  }

  function scatter(box, view) {
    const width = Math.max(240, Math.min(box.clientWidth, 620));
    const infinite = view.a.some(isExact) || view.b.some(isExact) ? 26 : 0;
    const left = 52, top = 10 + infinite, side = width - left - 12 - infinite, bottom = top + side;
    const svg = canvas(box, width, bottom + 44), [low, high] = extent([view.a, view.b]);
    function at(value) { return value === Infinity ? side + infinite - 9 : (value - low) / (high - low) * side; }
    const x = Array.from(view.a, function (value) { return left + at(value); });
    const y = Array.from(view.b, function (value) { return bottom - at(value); });
    axes(svg, view, { left: left, top: top, side: side, bottom: bottom, low: low, high: high, at: at });
    if (infinite) {
      put(svg, "text", { class: "tick", x: left + at(Infinity), y: bottom + 18, "text-anchor": "middle" }, "exact");
      put(svg, "text", { class: "tick", x: left - 8, y: bottom - at(Infinity) + 4, "text-anchor": "end" }, "exact");
    }
    dots(svg, view, x, y);
    const ring = put(svg, "circle", { class: "ring", r: 7, visibility: "hidden" });
    return {
      nearest: function (px, py, reach) { return nearest(x, y, px, py, reach); },
      place: function (k) { return [x[k], y[k]]; },
      mark: function (k) {
        ring.setAttribute("visibility", k === null ? "hidden" : "visible");
        if (k !== null) { ring.setAttribute("cx", x[k]); ring.setAttribute("cy", y[k]); }
      },
    };
  }

  function isExact(value) { return value === Infinity; }

  function axes(svg, view, frame) {
    const ticks = numbers.ticks(frame.low, frame.high, frame.side > 380 ? 7 : 4);
    ticks.values.forEach(function (value) {
      const across = crisp(frame.left + frame.at(value)), down = crisp(frame.bottom - frame.at(value));
      put(svg, "path", { class: "grid", d: `M${across} ${frame.top}V${frame.bottom}M${frame.left} ${down}H${frame.left + frame.side}` });
      const text = numbers.text(value, ticks.digits, true);
      put(svg, "text", { class: "tick", x: across, y: frame.bottom + 18, "text-anchor": "middle" }, text);
      put(svg, "text", { class: "tick", x: frame.left - 8, y: down + 4, "text-anchor": "end" }, text);
    });
    put(svg, "path", { class: "axis", d: `M${crisp(frame.left)} ${frame.top}V${crisp(frame.bottom)}H${frame.left + frame.side}` });
    put(svg, "path", { class: "diagonal", d: `M${frame.left} ${frame.bottom}L${frame.left + frame.side} ${frame.top}` });
    const above = view.better === "higher" ? "b" : "a", below = above === "a" ? "b" : "a";
    put(svg, "text", { class: `region ${above}`, x: frame.left + 10, y: frame.top + 18 }, `${above.toUpperCase()} better`);
    put(svg, "text", { class: `region ${below}`, x: frame.left + frame.side - 8, y: frame.bottom - 10, "text-anchor": "end" }, `${below.toUpperCase()} better`);
    const middle = frame.left + frame.side / 2, length = Math.floor(frame.side / 8);
    put(svg, "text", { class: "title", x: middle, y: frame.bottom + 38, "text-anchor": "middle" }, short(`A: ${view.names[0]}`, length));
    const turned = `translate(12 ${frame.top + frame.side / 2}) rotate(-90)`;
    put(svg, "text", { class: "title", transform: turned, "text-anchor": "middle" }, short(`B: ${view.names[1]}`, length));
  }

  /* The place of the dot nearest to (px, py), null where none is within reach. */
  function nearest(x, y, px, py, reach) {
    let best = null, least = reach * reach;
    for (let k = 0; k < x.length; k += 1) {
      const distance = (x[k] - px) * (x[k] - px) + (y[k] - py) * (y[k] - py);
      if (distance <= least) { least = distance; best = k; }
    }
    return best;
  }

  function histogram(box, view) {
    const width = Math.max(240, box.clientWidth), left = 44, right = width - 10, top = 26, bottom = 196;
    const svg = canvas(box, width, bottom + 42);
    const finite = Float64Array.from(view.difference.filter(Number.isFinite)).sort();
    if (!finite.length) { return null; }
    const ends = [Math.min(numbers.quantile(finite, 0.005), 0), Math.max(numbers.quantile(finite, 0.995), 0)];
    const found = numbers.bins(finite, ends[0], ends[1] > ends[0] ? ends[1] : ends[0] + 1e-3, width > 420 ? 40 : 24);
    const low = found.first * found.step, high = (found.first + found.counts.length) * found.step;
    function at(value) { return left + (Math.min(Math.max(value, low), high) - low) / (high - low) * (right - left); }
    const most = Math.max.apply(null, found.counts);
    bars(svg, view, found, { at: at, top: top, bottom: bottom, left: left, right: right, most: most });
    const scale = numbers.ticks(low, high, width > 420 ? 6 : 4);
    scale.values.forEach(function (value) {
      put(svg, "text", { class: "tick", x: at(value), y: bottom + 18, "text-anchor": "middle" }, numbers.text(value, scale.digits));
    });
    put(svg, "path", { class: "axis", d: `M${left} ${crisp(bottom)}H${right}` });
    put(svg, "path", { class: "zero", d: `M${crisp(at(0))} ${top}V${bottom}` });
    spread(svg, view, { at: at, top: top, bottom: bottom, left: left, right: right });
    put(svg, "text", { class: "title", x: (left + right) / 2, y: bottom + 38, "text-anchor": "middle" }, `B − A${view.unit ? ", " + view.unit : ""}`);
    const arrow = put(svg, "path", { class: "pointer", visibility: "hidden" });
    return {
      bins: found,
      value: function (px) { return low + (px - left) / (right - left) * (high - low); },
      place: function (k) { return [at(view.difference[k]), bottom]; },
      mark: function (k) {
        const shown = k !== null && Number.isFinite(view.difference[k]);
        arrow.setAttribute("visibility", shown ? "visible" : "hidden");
        if (shown) { arrow.setAttribute("d", `M${at(view.difference[k]).toFixed(1)} ${bottom - 1}l-5 8h10z`); }
      },
    };
  }

  function bars(svg, view, found, frame) {
    const scale = numbers.ticks(0, frame.most, 3);
    function up(count) { return frame.bottom - count / frame.most * (frame.bottom - frame.top); }
    scale.values.forEach(function (count) {
      put(svg, "path", { class: "grid", d: `M${frame.left} ${crisp(up(count))}H${frame.right}` });
      put(svg, "text", { class: "tick", x: frame.left - 8, y: up(count) + 4, "text-anchor": "end" }, numbers.count(Math.round(count)));
    });
    found.counts.forEach(function (count, k) {
      const x0 = frame.at((found.first + k) * found.step), x1 = frame.at((found.first + k + 1) * found.step);
      const right = found.first + k >= 0, kind = right === (view.better === "higher") ? "b" : "a";
      const gap = x1 - x0 > 4 ? 1 : 0;
      put(svg, "rect", { class: `block ${kind}`, x: x0.toFixed(2), y: up(count).toFixed(2), width: Math.max(x1 - x0 - gap, 0.5).toFixed(2), height: (frame.bottom - up(count)).toFixed(2) });
    });
  }

  /* The mean as a line, its interval as a bar above the bars. */
  function spread(svg, view, frame) {
    const at = frame.at, level = frame.top - 12;
    if (view.interval) {
      put(svg, "path", { class: "interval", d: `M${at(view.interval[0]).toFixed(2)} ${level}H${Math.max(at(view.interval[1]), at(view.interval[0]) + 1).toFixed(2)}` });
    }
    put(svg, "path", { class: "mean", d: `M${crisp(at(view.mean))} ${level - 6}V${frame.bottom}` });
    const toLeft = at(view.mean) > (frame.left + frame.right) / 2;
    put(svg, "text", {
      class: "note", x: toLeft ? Math.min(at(view.mean), at(view.interval ? view.interval[0] : view.mean)) - 8 : Math.max(at(view.mean), at(view.interval ? view.interval[1] : view.mean)) + 8,
      y: level + 4, "text-anchor": toLeft ? "end" : "start",
    }, `mean ${numbers.text(view.mean, view.digits)}`);
  }

  function share(box, view, wins) {
    const width = Math.max(240, box.clientWidth), height = 24, total = wins.a + wins.tie + wins.b;
    const svg = canvas(box, width, height + 8);
    let from = 0;
    ["a", "tie", "b"].forEach(function (kind) {
      const size = total ? wins[kind] / total * width : 0;
      if (size) { put(svg, "rect", { class: `block ${kind}`, x: from.toFixed(2), y: 0, width: Math.max(size - 1, 0.5).toFixed(2), height: height }); }
      from += size;
    });
    const arrow = put(svg, "path", { class: "pointer", visibility: "hidden" });
    return {
      mark: function (rank) {
        arrow.setAttribute("visibility", rank === null ? "hidden" : "visible");
        if (rank !== null) { arrow.setAttribute("d", `M${((rank + 0.5) / total * width).toFixed(1)} ${height - 5}l-5 10h10z`); }
      },
    };
  }

  return { scatter: scatter, histogram: histogram, share: share };
})();
