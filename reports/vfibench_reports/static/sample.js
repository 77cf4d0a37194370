/* The views of one frame: all of them zoom and move together.

   #z=4&x=320&y=200   magnification (1 shows everything) and the point of the whole picture in the middle
   #show=absolute     one kind of picture below, instead of all

   The parts of the page that the other files make start once all pictures are decoded: vfibench.sample.ready. */
vfibench.sample = (function () {
  const DEEPEST = 64;
  const data = vfibench.data("sample");
  const root = document.getElementById("views");
  const bar = root.querySelector(".viewbar");
  const clickers = [];

  function number(text, otherwise) {
    const value = parseFloat(text);
    return Number.isFinite(value) ? value : otherwise;
  }

  function between(low, value, high) {
    return Math.min(Math.max(value, low), high);
  }

  /* Magnification and middle, in pixels of the part that is shown; the picture always fills its view. */
  function limited(z, x, y) {
    const zoom = between(1, z, DEEPEST);
    const w = data.width / zoom / 2, h = data.height / zoom / 2;
    return { z: zoom, x: between(w, x, data.width - w), y: between(h, y, data.height - h) };
  }

  function current() {
    const x = number(vfibench.get("x"), data.left + data.width / 2) - data.left;
    const y = number(vfibench.get("y"), data.top + data.height / 2) - data.top;
    return limited(number(vfibench.get("z"), 1), x, y);
  }

  function rounded(value) {
    return String(Math.round(value * 100) / 100);
  }

  function apply() {
    const v = current();
    const dx = 50 - 100 * v.x * v.z / data.width, dy = 50 - 100 * v.y * v.z / data.height;
    root.style.setProperty("--right", dx + "%");
    root.style.setProperty("--below", dy + "%");
    root.style.setProperty("--zoom", v.z);
    root.classList.toggle("deep", v.z > 1.5);
    document.getElementById("zoom").textContent = rounded(v.z) + "×";
    const show = ["picture", "absolute", "signed"].includes(vfibench.get("show")) ? vfibench.get("show") : "";
    root.querySelector(".views").dataset.show = show;
    root.querySelectorAll("[name=show]").forEach(function (radio) { radio.checked = radio.value === show; });
  }

  function go(z, x, y) {
    const v = limited(z, x, y);
    const all = v.z === 1;
    vfibench.set({
      z: all ? "" : rounded(v.z),
      x: all ? "" : rounded(v.x + data.left),
      y: all ? "" : rounded(v.y + data.top),
    });
  }

  /* Where in its view an event is: 0 to 1 from left to right and from top to bottom. */
  function place(pane, event) {
    const box = pane.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  /* The point of the shown part under it. */
  function point(pane, event) {
    const v = current(), at = place(pane, event);
    return [v.x + (at[0] - 0.5) * data.width / v.z, v.y + (at[1] - 0.5) * data.height / v.z];
  }

  /* What is under the pointer stays there. */
  function zoomAt(pane, event, factor) {
    const at = place(pane, event), under = point(pane, event);
    const z = between(1, current().z * factor, DEEPEST);
    go(z, under[0] - (at[0] - 0.5) * data.width / z, under[1] - (at[1] - 0.5) * data.height / z);
  }

  function zoom(factor) {
    const v = current();
    go(v.z * factor, v.x, v.y);
  }

  function wheel(event) {
    const pane = event.target.closest(".pane");
    if (!pane || !(event.ctrlKey || event.metaKey || pane === document.activeElement)) {
      return;
    }
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    zoomAt(pane, event, Math.exp(-between(-240, event.deltaY * lines, 240) * 0.003));
  }

  function press(event) {
    const pane = event.target.closest(".pane");
    if (!pane || event.button !== 0 || event.target.closest(".divider")) {
      return;
    }
    const start = current(), from = [event.clientX, event.clientY], box = pane.getBoundingClientRect();
    let moved = false;

    function move(now) {
      const dx = now.clientX - from[0], dy = now.clientY - from[1];
      moved = moved || Math.abs(dx) + Math.abs(dy) > 3;
      if (moved) {
        go(start.z, start.x - dx * data.width / box.width / start.z, start.y - dy * data.height / box.height / start.z);
      }
    }

    function end(now) {
      pane.removeEventListener("pointermove", move);
      pane.removeEventListener("pointerup", end);
      pane.removeEventListener("pointercancel", end);
      if (!moved && now.type === "pointerup") {
        const at = point(pane, now);
        clickers.forEach(function (told) { told(at[0], at[1]); });
      }
    }

    event.preventDefault();
    pane.focus({ preventScroll: true });
    pane.setPointerCapture(event.pointerId);
    pane.addEventListener("pointermove", move);
    pane.addEventListener("pointerup", end);
    pane.addEventListener("pointercancel", end);
  }

  function key(event) {
    const pane = event.target.classList.contains("pane") ? event.target : null;
    if (!pane || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const v = current(), dx = data.width / v.z / 8, dy = data.height / v.z / 8;
    const actions = {
      "+": function () { zoom(1.5); },
      "=": function () { zoom(1.5); },
      "-": function () { zoom(1 / 1.5); },
      "0": function () { go(1, 0, 0); },
      ArrowLeft: function () { go(v.z, v.x - dx, v.y); },
      ArrowRight: function () { go(v.z, v.x + dx, v.y); },
      ArrowUp: function () { go(v.z, v.x, v.y - dy); },
      ArrowDown: function () { go(v.z, v.x, v.y + dy); },
      Enter: function () { clickers.forEach(function (told) { told(v.x, v.y); }); },
    };
    if (Object.hasOwn(actions, event.key)) {
      event.preventDefault();
      actions[event.key]();
    }
  }

  function pressButton(event) {
    const wanted = event.target.dataset.zoom;
    if (wanted === "whole") {
      go(1, 0, 0);
    } else if (wanted) {
      zoom(wanted === "in" ? 1.5 : 1 / 1.5);
    }
  }

  function element(picture) {
    return document.getElementById(picture.image);
  }

  /* (1 - w) * before + w * after, ties to even as Python rounds. */
  function blended(before, after, weight) {
    const canvas = document.createElement("canvas");
    canvas.width = data.width;
    canvas.height = data.height;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const pixels = [before, after].map(function (image) {
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, data.width, data.height);
    });
    const a = pixels[0].data, b = pixels[1].data;
    for (let i = 0; i < a.length; i += 1) {
      const value = (1 - weight) * a[i] + weight * b[i], floor = Math.floor(value);
      a[i] = value - floor === 0.5 ? floor + floor % 2 : Math.round(value);
    }
    context.putImageData(pixels[0], 0, 0);
    return canvas.toDataURL();
  }

  function decoded(image) {
    return image.decode().catch(function () { return null; });
  }

  /* Makes the blend where the page has none, as one more picture. */
  function prepare() {
    const blend = data.pictures.find(function (picture) { return !picture.image; });
    if (!blend) {
      return Promise.resolve();
    }
    const frames = data.pictures.filter(function (picture) { return picture.sort === "frame"; }).map(element);
    blend.element = new Image(data.width, data.height);
    blend.element.src = blended(frames[0], frames[1], data.weight);
    return decoded(blend.element);
  }

  function start() {
    data.pictures.forEach(function (picture) { picture.element = picture.element || element(picture); });
    bar.hidden = false;
    root.querySelector("[data-shows]").hidden = false;
    root.querySelectorAll(".pane").forEach(function (pane) { pane.tabIndex = 0; });
    root.classList.add("live");
    root.addEventListener("wheel", wheel, { passive: false });
    root.addEventListener("pointerdown", press);
    root.addEventListener("keydown", key);
    bar.addEventListener("click", pressButton);
    root.querySelectorAll("[name=show]").forEach(function (radio) {
      radio.addEventListener("change", function () { vfibench.set({ show: radio.value }); });
    });
    vfibench.told(apply);
  }

  const images = Array.from(root.querySelectorAll("#pictures img[id]"));
  const ready = Promise.all(images.map(decoded)).then(prepare).then(start);

  return {
    data: data,
    root: root,
    ready: ready,
    number: number,
    between: between,
    clicked: function (told) { clickers.push(told); },
    /* The picture of a name, else the otherwise-th that `fits`. */
    find: function (name, fits, otherwise) {
      const fitting = data.pictures.filter(fits);
      const named = fitting.find(function (picture) { return picture.name === name; });
      return named || fitting[Math.min(otherwise, fitting.length - 1)];
    },
    /* Fills a <select> with names. */
    choose: function (select, pictures, told) {
      pictures.forEach(function (picture) { select.add(new Option(picture.name, picture.name)); });
      select.addEventListener("change", function () { told(select.value); });
    },
  };
})();
