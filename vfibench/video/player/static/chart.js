/* Scores over time: a line per clip, a cursor at the frame, and a click goes to a frame.
   vfibenchChart(root, data, go) gives a function that moves the cursor. */
function vfibenchChart(root, data, go) {
  const WIDTH = 1000, HEIGHT = 120, LEFT = 0, TOP = 8, BOTTOM = 112;
  const last = Math.max(1, data.times.length - 1);
  const columns = Object.keys(data.clips.find(function (clip) { return clip.scores; })?.scores || {});
  const cursors = [];

  function x(n) { return LEFT + (WIDTH - LEFT) * n / last; }

  function svg(kind, parent, attributes) {
    const one = document.createElementNS("http://www.w3.org/2000/svg", kind);
    Object.entries(attributes).forEach(function (pair) { one.setAttribute(pair[0], pair[1]); });
    parent.append(one);
    return one;
  }

  columns.forEach(function (column) {
    const known = data.clips.flatMap(function (clip) { return (clip.scores || {})[column] || []; })
      .filter(function (value) { return typeof value === "number"; });
    if (!known.length) { return; }
    const low = Math.min(...known), high = Math.max(...known), spread = high - low || 1;
    const digits = column === "psnr" ? 2 : 4, unit = column === "psnr" ? " dB" : "";
    const figure = document.createElement("figure");
    figure.className = "player-chart";
    const caption = document.createElement("figcaption");
    caption.textContent = column.toUpperCase() + ", " + low.toFixed(digits) + " to " + high.toFixed(digits) + unit + ": ";
    const drawing = svg("svg", figure, { viewBox: "0 0 " + WIDTH + " " + HEIGHT, preserveAspectRatio: "none",
      role: "img", "aria-label": column.toUpperCase() + " over time" });
    data.clips.forEach(function (clip, place) {
      const values = (clip.scores || {})[column];
      if (!values || !values.some(function (value) { return typeof value === "number"; })) { return; }
      const points = values.map(function (value, n) {
        return typeof value === "number" ? x(n) + "," + (BOTTOM - (BOTTOM - TOP) * (value - low) / spread) : "";
      }).filter(Boolean);
      svg("polyline", drawing, { points: points.join(" "), class: "player-line-" + place % 6 });
      const key = document.createElement("span");
      key.className = "player-line-" + place % 6;
      key.textContent = clip.name;
      caption.append(key, " ");
    });
    cursors.push(svg("line", drawing, { x1: 0, x2: 0, y1: 0, y2: HEIGHT, class: "player-cursor" }));
    drawing.addEventListener("click", function (event) {
      const box = drawing.getBoundingClientRect();
      go(Math.round((event.clientX - box.left) / box.width * last));
    });
    figure.prepend(caption);
    root.append(figure);
  });

  return function (n) {
    cursors.forEach(function (line) { line.setAttribute("x1", x(n)); line.setAttribute("x2", x(n)); });
  };
}
