/* Numbers of the comparison page: a bootstrap that says the same each time, quantiles, ticks, text. */
const compareNumbers = (function () {
  /* The state of Marsaglia's xorshift with 128 bits ("Xorshift RNGs", 2003), its beginning thrown away. */
  function generator(seed) {
    const state = Int32Array.of(seed || 1, 362436069, 521288629, 88675123);
    pick(state, 1, new Int32Array(32));
    return state;
  }

  /* Fill `places` with numbers of 0 .. size - 1, each as likely. */
  function pick(state, size, places) {
    let [x, y, z, w] = state;
    for (let k = 0; k < places.length; k += 1) {
      const t = x ^ (x << 11);
      x = y;
      y = z;
      z = w;
      w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
      places[k] = Math.floor((w >>> 0) / 4294967296 * size);
    }
    state.set([x, y, z, w]);
  }

  /* Linear interpolation between the sorted values, share in [0, 1]. */
  function quantile(sorted, share) {
    const place = share * (sorted.length - 1), low = Math.floor(place);
    const high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (sorted[high] - sorted[low]) * (place - low);
  }

  function mean(values) {
    let sum = 0, count = 0;
    values.forEach(function (value) {
      if (Number.isFinite(value)) { sum += value; count += 1; }
    });
    return count ? sum / count : null;
  }

  /* Sum and number of the finite values of each unit: [sums, counts]. */
  function totals(values, units) {
    const places = new Map(), sums = [], counts = [];
    values.forEach(function (value, k) {
      if (!places.has(units[k])) { places.set(units[k], sums.length); sums.push(0); counts.push(0); }
      if (Number.isFinite(value)) {
        const at = places.get(units[k]);
        sums[at] += value;
        counts[at] += 1;
      }
    });
    return [Float64Array.from(sums), Float64Array.from(counts)];
  }

  /* The share of draws below the lower bound, as the stored table has it for the number of units. */
  function lowerShare(bootstrap, units) {
    const table = bootstrap.shares, last = bootstrap.least + table.length - 1;
    if (units <= last) { return table[units - bootstrap.least]; }
    return bootstrap.tail + (table[table.length - 1] - bootstrap.tail) * last / units;
  }

  /* The 95% interval of the mean of frames whose units are drawn again, by the stored rules
     (draws, seed, least, shares, tail); null where too few units have a value. */
  function interval(values, units, bootstrap) {
    const [sums, counts] = totals(values, units), size = sums.length;
    const known = counts.filter(function (count) { return count > 0; }).length;
    if (known < bootstrap.least) { return null; }
    const state = generator(bootstrap.seed + size), places = new Int32Array(size), means = [];
    for (let draw = 0; draw < bootstrap.draws; draw += 1) {
      let sum = 0, count = 0;
      pick(state, size, places);
      for (let k = 0; k < size; k += 1) {
        sum += sums[places[k]];
        count += counts[places[k]];
      }
      if (count) { means.push(sum / count); }
    }
    const sorted = Float64Array.from(means).sort(), share = lowerShare(bootstrap, known);
    return [quantile(sorted, share), quantile(sorted, 1 - share)];
  }

  /* 1, 2 or 5 times a power of ten, the smallest that is not below `least`. */
  function niceStep(least) {
    const power = Math.pow(10, Math.floor(Math.log10(least)));
    const factor = [1, 2, 5, 10].find(function (one) { return one * power >= least * (1 - 1e-9); });
    return factor * power;
  }

  /* Round numbers within [low, high], about `count` of them: {values, digits}. */
  function ticks(low, high, count) {
    const step = niceStep(Math.max(high - low, 1e-12) / count), values = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k += 1) { values.push(k * step); }
    return { values: values, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
  }

  /* Counts of values in bins that meet at 0; what lies beyond [low, high] is counted in the outermost. */
  function bins(values, low, high, count) {
    const step = niceStep(Math.max(high - low, 1e-12) / count);
    const first = Math.floor(low / step + 1e-9), last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
    const counts = new Array(last - first).fill(0);
    let below = 0, above = 0;
    values.forEach(function (value) {
      const place = Math.floor(value / step + 1e-9) - first;
      below += place < 0;
      above += place >= counts.length && value > last * step;
      counts[Math.min(Math.max(place, 0), counts.length - 1)] += 1;
    });
    return { step: step, first: first, counts: counts, below: below, above: above };
  }

  /* "+0.123", "−0.045"; without a sign where `plain`; "exact" where infinite. */
  function text(value, digits, plain) {
    if (value === null || Number.isNaN(value)) { return "–"; }
    if (!Number.isFinite(value)) { return plain ? "exact" : (value > 0 ? "+" : "−") + "∞"; }
    const size = Math.abs(value).toFixed(digits), nothing = Number(size) === 0;
    const sign = nothing ? "" : value < 0 ? "−" : plain ? "" : "+";
    return sign + size;
  }

  function count(number) {
    return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  }

  function probability(p) {
    return p === null ? "–" : p < 0.001 ? "< 0.001" : p.toFixed(3);
  }

  return {
    mean: mean, interval: interval, quantile: quantile, ticks: ticks, bins: bins,
    text: text, count: count, probability: probability,
  };
})();
