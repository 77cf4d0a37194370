/* The magnifier: the same square of every picture, and its export; copy.js copies the LaTeX.

   #crop=300,180,64   left, top and side of the square, in pixels of the whole picture */
vfibench.sample.ready.then(function () {
  const GAP = 8, LINE = 18, CELL = 192;
  const FONT = "13px system-ui, sans-serif";
  const sample = vfibench.sample, data = sample.data;
  const section = document.getElementById("magnifier");
  const row = section.querySelector(".crops");
  const side = section.querySelector("[data-side-of-crop]");
  const source = section.querySelector("pre");
  let drawn = "";
  const order = { frame: 0, truth: 1, method: 2 };
  const pictures = data.pictures.filter(function (picture) { return picture.sort in order; })
    .sort(function (one, other) { return order[one.sort] - order[other.sort]; });

  /* {x, y, size} in the part that is shown. */
  function crop() {
    const asked = vfibench.get("crop").split(",").map(function (word) { return Math.round(sample.number(word, NaN)); });
    const good = asked.length === 3 && asked.every(Number.isFinite);
    const most = Math.min(data.width, data.height);
    const size = sample.between(1, good ? asked[2] : 64, most);
    const x = good ? asked[0] - data.left : data.crop[0] - data.left - Math.floor(size / 2);
    const y = good ? asked[1] - data.top : data.crop[1] - data.top - Math.floor(size / 2);
    return { size: size, x: sample.between(0, x, data.width - size), y: sample.between(0, y, data.height - size) };
  }

  function set(x, y, size) {
    const most = Math.min(data.width, data.height), fitting = sample.between(1, size, most);
    const left = sample.between(0, Math.floor(x) - Math.floor(fitting / 2), data.width - fitting);
    const top = sample.between(0, Math.floor(y) - Math.floor(fitting / 2), data.height - fitting);
    vfibench.set({ crop: [left + data.left, top + data.top, fitting].join(",") });
  }

  function factor(size) {
    return Math.max(1, Math.floor(CELL / size));
  }

  function draw(context, picture, now, left, top) {
    const length = now.size * factor(now.size);
    context.imageSmoothingEnabled = false;
    context.drawImage(picture.element, now.x, now.y, now.size, now.size, left, top, length, length);
  }

  function canvas(width, height) {
    const made = document.createElement("canvas");
    made.width = width;
    made.height = height;
    return made;
  }

  function enlarged(picture, now) {
    const made = canvas(now.size * factor(now.size), now.size * factor(now.size));
    draw(made.getContext("2d"), picture, now, 0, 0);
    return made;
  }

  function element(name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }

  /* Every change of the page's state comes here; pictures are drawn anew only where the square has changed. */
  function apply() {
    const now = crop(), place = JSON.stringify(now);
    if (place !== drawn) {
      drawn = place;
      show(now);
    }
  }

  function show(now) {
    const words = { "--left": now.x / data.width, "--top": now.y / data.height,
      "--wide": now.size / data.width, "--high": now.size / data.height };
    Object.keys(words).forEach(function (name) { sample.root.style.setProperty(name, 100 * words[name] + "%"); });
    side.value = String(now.size);
    section.querySelector("output").textContent = "at (" + (now.x + data.left) + ", " + (now.y + data.top) + ")";
    row.replaceChildren.apply(row, pictures.map(function (picture) {
      const figure = document.createElement("figure"), words = document.createElement("figcaption");
      const made = enlarged(picture, now);
      made.setAttribute("role", "img");
      made.setAttribute("aria-label", picture.name);
      words.append(element("b", picture.name), element("small", picture.scores));
      figure.append(made, words);
      return figure;
    }));
    source.textContent = latex(now);
  }

  /* Text that fits a width, its end replaced by an ellipsis. */
  function fitted(context, text, width) {
    let kept = text;
    while (kept && context.measureText(kept === text ? text : kept + "…").width > width) {
      kept = kept.slice(0, -1);
    }
    return kept === text ? text : kept + "…";
  }

  /* The row as one picture: black on white whatever the page looks like; each name above its scores. */
  function composed(now) {
    const cell = now.size * factor(now.size);
    const lines = 1 + data.columns.length;
    const made = canvas(pictures.length * (cell + GAP) - GAP, cell + GAP + lines * LINE);
    const context = made.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, made.width, made.height);
    context.fillStyle = "#000";
    context.textBaseline = "top";
    pictures.forEach(function (picture, place) {
      const left = place * (cell + GAP);
      draw(context, picture, now, left, 0);
      const scores = picture.figures.map(function (figure, at) { return data.columns[at] + " " + figure; });
      [picture.name].concat(scores).forEach(function (text, line) {
        context.font = line ? FONT : "600 " + FONT;
        context.fillText(fitted(context, text, cell), left, cell + GAP + line * LINE);
      });
    });
    return made;
  }

  const TEX = { "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#", "%": "\\%",
    "_": "\\_", "^": "\\textasciicircum{}", "~": "\\textasciitilde{}", "<": "\\textless{}", ">": "\\textgreater{}",
    "|": "\\textbar{}", "–": "--" };

  function tex(text) {
    return text.replace(/[\\{}$&#%_^~<>|–]/g, function (sign) { return TEX[sign]; });
  }

  function stem(now) {
    return [data.stem, "crop", now.x + data.left, now.y + data.top, now.size].join("-");
  }

  function fileOf(picture, now) {
    return stem(now) + "-" + picture.file + ".png";
  }

  function latex(now) {
    const width = (Math.floor(1000 / pictures.length - 4) / 1000).toFixed(3);
    const cells = pictures.map(function (picture) {
      return "    \\includegraphics[width=" + width + "\\linewidth]{" + fileOf(picture, now) + "}";
    });
    const names = pictures.map(function (picture) { return tex(picture.name); });
    const scored = pictures.filter(function (picture) { return picture.scores; });
    const told = scored.map(function (picture) { return tex(picture.name + ": " + picture.figures.join(", ")); });
    const where = "$" + now.size + " \\times " + now.size + "$ pixels at (" + (now.x + data.left) + ", " +
      (now.y + data.top) + ")";
    return [
      "% Needs \\usepackage{graphicx}; \"Save each as PNG\" saves the pictures under these names.",
      "\\begin{figure*}",
      "  \\centering",
      "  \\setlength{\\tabcolsep}{1pt}",
      "  \\footnotesize",
      "  \\begin{tabular}{" + "c".repeat(pictures.length) + "}",
      cells.join(" &\n") + " \\\\",
      "    " + names.join(" & "),
      "  \\end{tabular}",
      "  \\caption{Crops of " + where + " of " + tex(data.sample) + " (" + tex(data.dataset) + "), t = " +
        data.time + ". " + tex(data.columns.join(", ")) + " of the whole frame: " + told.join("; ") + ".}",
      "\\end{figure*}",
      "",
    ].join("\n");
  }

  function save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 60000);
  }

  function savePicture(made, name) {
    made.toBlob(function (blob) { save(blob, name); }, "image/png");
  }

  const savers = {
    row: function (now) { savePicture(composed(now), stem(now) + ".png"); },
    crops: function (now) {
      pictures.forEach(function (picture) { savePicture(enlarged(picture, now), fileOf(picture, now)); });
    },
    tex: function (now) { save(new Blob([latex(now)], { type: "text/plain" }), stem(now) + ".tex"); },
  };

  section.querySelectorAll("[data-save]").forEach(function (button) {
    button.addEventListener("click", function () { savers[button.dataset.save](crop()); });
  });
  side.addEventListener("change", function () {
    const now = crop();
    set(now.x + Math.floor(now.size / 2), now.y + Math.floor(now.size / 2), Number(side.value));
  });
  sample.clicked(function (x, y) { set(x, y, crop().size); });
  section.hidden = false;
  vfibench.told(apply);
  sample.root.dataset.ready = "yes";
});
