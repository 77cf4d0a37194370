/* What the comparison page is about: the stored scores, the pair and the filter of the address, and the view
   that follows from both: for the frames shown, a, b, difference, gain (positive where B is better), kind
   ("a", "tie", "b") and their figures. */
const compareModel = (function () {
  const numbers = compareNumbers, data = vfibench.data("compare-data");
  const decoded = new Map(), views = new Map();

  /* ---- what is stored ---- */

  /* Scores of a method: Infinity is exact, NaN no number. */
  function scores(group, metric, method) {
    const key = `${group} ${metric.name} ${method}`;
    if (!decoded.has(key)) { decoded.set(key, unpacked(data.groups[group].scores[metric.name][method], metric)); }
    return decoded.get(key);
  }

  /* Whole numbers of four bytes, lowest first, in base64: units of 10^-finer. */
  function unpacked(text, metric) {
    const bytes = Uint8Array.from(atob(text), function (one) { return one.charCodeAt(0); });
    const numbers = new DataView(bytes.buffer), scale = Number(`1e${metric.finer}`);
    return Float64Array.from({ length: bytes.length / 4 }, function (_, k) {
      const one = numbers.getInt32(4 * k, true);
      if (one === data.exact || one === data.none) { return one === data.exact ? Infinity : NaN; }
      return one / scale;
    });
  }

  function frame(group, k) {
    const held = data.groups[group];
    return {
      sample: held.samples[held.sample ? held.sample[k] : k],
      t: held.times[held.time ? held.time[k] : 0],
      clip: held.clip ? held.clips[held.clip[k]] : "",
      unit: held.clip ? held.clip[k] : held.sample ? held.sample[k] : k,
      motion: held.motion ? held.motion[k] : null,
      occlusion: held.occlusion ? held.occlusion[k] : null,
    };
  }

  function size(group) {
    const held = data.groups[group];
    return held.sample ? held.sample.length : held.samples.length;
  }

  function frameText(group, one) {
    return data.groups[group].times.length > 1 ? `${one.sample}, t = ${timeText(one.t)}` : one.sample;
  }

  function timeText(t) { return String(Number(t.toFixed(4))); }

  /* ---- what the address asks for ---- */

  function find(name) {
    for (const lists of ["methods", "labels"]) {
      for (let group = 0; group < data.groups.length; group += 1) {
        const place = data.groups[group][lists].indexOf(name);
        if (name && place >= 0) { return { group: group, place: place }; }
      }
    }
    return null;
  }

  /* The best of a group, or the runner-up where the best is taken. */
  function other(group, place) { return { group: group, place: place === 0 ? 1 : 0 }; }

  function pair() {
    const metric = data.metrics.find(function (one) { return one.name === vfibench.get("metric"); }) || data.metrics[0];
    let a = find(vfibench.get("a")), b = find(vfibench.get("b"));
    if (!a) { a = b ? other(b.group, b.place) : { group: 0, place: 1 }; }
    if (!b || b.group !== a.group || b.place === a.place) { b = other(a.group, a.place); }
    return { group: a.group, a: a.place, b: b.place, metric: metric };
  }

  function range(name) {
    const parts = vfibench.get(name).split("..");
    function number(text, otherwise) {
      return text === undefined || text.trim() === "" || Number.isNaN(Number(text)) ? otherwise : Number(text);
    }
    return [number(parts[0], -Infinity), number(parts[1], Infinity)];
  }

  function filter() {
    const time = vfibench.get("time");
    return {
      motion: range("motion"), occlusion: range("occlusion"),
      name: vfibench.get("name").toLowerCase(), time: time === "" ? null : Number(time),
    };
  }

  /* From the first limit to below the second, as classes of frames are. */
  function within(value, limits) {
    if (limits[0] === -Infinity && limits[1] === Infinity) { return true; }
    return value !== null && value >= limits[0] && value < limits[1];
  }

  function passes(one, wanted) {
    return within(one.motion, wanted.motion) && within(one.occlusion, wanted.occlusion) &&
      (wanted.time === null || Math.abs(one.t - wanted.time) < 1e-4) &&
      (!wanted.name || one.sample.toLowerCase().includes(wanted.name) || one.clip.toLowerCase().includes(wanted.name));
  }

  /* ---- what follows from both ---- */

  /* The stored figures of a pair, turned to "b minus a"; null where it cannot be compared. */
  function stored(now) {
    const held = data.groups[now.group], better = Math.min(now.a, now.b), count = held.methods.length;
    let place = Math.max(now.a, now.b) - better - 1;
    for (let k = 0; k < better; k += 1) { place += count - 1 - k; }
    const found = held.pairs[now.metric.name][place], caution = held.cautions[place] || "";
    if (!found) { return { found: null, caution: caution }; }
    const [n, mean, low, high, p, won, tied, lost] = found, turned = now.a === better;
    function negative(value) { return value === null ? null : -value; }
    return {
      caution: caution,
      found: turned ?
        { n: n, mean: negative(mean), interval: low === null ? null : [-high, -low], p: p, wins: { a: won, tie: tied, b: lost } } :
        { n: n, mean: mean, interval: low === null ? null : [low, high], p: p, wins: { a: lost, tie: tied, b: won } },
    };
  }

  function difference(a, b) { return a === Infinity && b === Infinity ? 0 : b - a; }

  function makeView(now, figures, wanted) {
    const a = scores(now.group, now.metric, now.a), b = scores(now.group, now.metric, now.b);
    const sign = now.metric.better === "higher" ? 1 : -1, names = data.groups[now.group].methods;
    const frames = [];
    let all = 0;
    for (let k = 0; k < size(now.group); k += 1) {
      if (!Number.isNaN(a[k]) && !Number.isNaN(b[k])) {
        all += 1;
        if (passes(frame(now.group, k), wanted)) { frames.push(k); }
      }
    }
    const view = {
      frames: frames, all: all, filtered: frames.length < all,
      names: [names[now.a], names[now.b]], better: now.metric.better, digits: now.metric.digits, unit: now.metric.unit,
      a: Float64Array.from(frames, function (k) { return a[k]; }),
      b: Float64Array.from(frames, function (k) { return b[k]; }),
      difference: Float64Array.from(frames, function (k) { return difference(a[k], b[k]); }),
      units: frames.map(function (k) { return frame(now.group, k).unit; }),
    };
    view.gain = view.difference.map(function (value) { return sign * value; });
    const tie = now.metric.tie;
    view.kind = Array.from(view.gain, function (gain) { return gain > tie ? "b" : gain < -tie ? "a" : "tie"; });
    return Object.assign(view, view.filtered ? ownFigures(view) : figures);
  }

  /* Figures of some frames, as Python has them for all. */
  function ownFigures(view) {
    const wins = { a: 0, tie: 0, b: 0 };
    view.kind.forEach(function (kind) { wins[kind] += 1; });
    return {
      n: view.difference.filter(Number.isFinite).length, mean: numbers.mean(view.difference),
      interval: numbers.interval(view.difference, view.units, data.bootstrap), p: null, wins: wins,
    };
  }

  function viewOf(now, figures, wanted) {
    const key = JSON.stringify([now.group, now.a, now.b, now.metric.name, wanted, vfibench.get("motion"), vfibench.get("occlusion")]);
    if (!views.has(key)) {
      if (views.size > 20) { views.clear(); }
      views.set(key, makeView(now, figures, wanted));
    }
    return [key, views.get(key)];
  }

  /* The frame the address names, null where this group has none of that name. */
  function chosen(now) {
    const sample = vfibench.get("sample"), t = vfibench.get("t");
    for (let k = 0; sample && k < size(now.group); k += 1) {
      const one = frame(now.group, k);
      if (one.sample === sample && (t === "" || Math.abs(one.t - Number(t)) < 1e-4)) { return k; }
    }
    return null;
  }

  return {
    groups: data.groups, bootstrap: data.bootstrap, frame: frame, frameText: frameText, timeText: timeText,
    find: find, pair: pair,
    filter: filter, stored: stored, viewOf: viewOf, chosen: chosen,
  };
})();
