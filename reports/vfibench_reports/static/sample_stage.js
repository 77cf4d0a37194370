/* Two pictures one over the other with a divider, and a flip-book of frame, prediction, frame.

   #a=blend&b=rife&at=30     left and right of the divider, and its place in percent
   #flip=rife&frame=2        the flip-book's prediction, and the picture that is up: 0, 1 or 2
   #speed=8&play=1           pictures a second, and whether it runs; it starts by itself only where motion is
                             not unwelcome (prefers-reduced-motion) */
vfibench.sample.ready.then(function () {
  const sample = vfibench.sample;
  const stage = sample.root.querySelector(".stage");
  const pictures = sample.data.pictures;

  function shown(image, picture) {
    if (image.alt !== picture.name) {
      image.src = picture.element.src;
      image.alt = picture.name;
    }
  }

  function any() { return true; }

  function isMiddle(picture) { return picture.sort !== "frame"; }

  /* Slider. */
  const slider = document.getElementById("slider");
  const sides = Array.from(slider.querySelectorAll("[data-side]"));
  const images = Array.from(slider.querySelectorAll(".pane img"));
  const range = slider.querySelector("[type=range]");
  const divider = slider.querySelector(".divider");

  /* At first the two best methods, or the ground truth and the only one. */
  const methods = pictures.filter(function (picture) { return picture.sort === "method"; });
  const pair = methods.length > 1 ? methods : [pictures[1]].concat(methods, pictures);
  const first = pictures.indexOf(pair[0]), second = pictures.indexOf(pair[1]);

  function applySlider() {
    const at = sample.between(0, sample.number(vfibench.get("at"), 50), 100);
    const chosen = [sample.find(vfibench.get("a"), any, first), sample.find(vfibench.get("b"), any, second)];
    chosen.forEach(function (picture, side) {
      sides[side].value = picture.name;
      shown(images[side], picture);
      slider.querySelectorAll(".sides small")[side].textContent = picture.scores;
    });
    slider.style.setProperty("--at", at + "%");
    range.value = at;
  }

  function move(at) {
    vfibench.set({ at: String(Math.round(sample.between(0, at, 100) * 10) / 10) });
  }

  function drag(event) {
    const box = divider.parentElement.getBoundingClientRect();
    move(100 * (event.clientX - box.left) / box.width);
  }

  sides.forEach(function (select) {
    sample.choose(select, pictures, function (name) {
      const change = {};
      change[select.dataset.side] = name;
      vfibench.set(change);
    });
  });
  range.addEventListener("input", function () { move(Number(range.value)); });
  divider.addEventListener("pointerdown", function (event) {
    event.preventDefault();
    divider.setPointerCapture(event.pointerId);
    divider.addEventListener("pointermove", drag);
  });
  ["pointerup", "pointercancel"].forEach(function (kind) {
    divider.addEventListener(kind, function () { divider.removeEventListener("pointermove", drag); });
  });

  /* Flip-book. */
  const flip = document.getElementById("flip");
  const sheets = Array.from(flip.querySelectorAll(".sheet"));
  const select = flip.querySelector("[data-flip]");
  const button = flip.querySelector("[data-play]");
  const speed = flip.querySelector("[data-speed]");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const frames = pictures.filter(function (picture) { return picture.sort === "frame"; });
  let timer = 0, up = 0, asked = false, wasPlaying = false;

  function playing() {
    return vfibench.get("play") === "1" && (asked || !calm.matches);
  }

  function raise(place) {
    up = (place + 3) % 3;
    sheets.forEach(function (sheet, number) { sheet.classList.toggle("up", number === up); });
    flip.querySelector("output").textContent = [frames[0].name, select.value, frames[1].name][up];
  }

  function tick() {
    raise(up + 1);
    timer = setTimeout(tick, 1000 / Number(speed.value));
  }

  function applyFlip() {
    const middle = sample.find(vfibench.get("flip"), isMiddle, 1);
    const wanted = vfibench.get("speed");
    select.value = middle.name;
    speed.value = Array.from(speed.options).some(function (o) { return o.value === wanted; }) ? wanted : "4";
    [frames[0], middle, frames[1]].forEach(function (picture, place) {
      shown(sheets[place].firstElementChild, picture);
    });
    button.textContent = playing() ? "pause" : "play";
    button.setAttribute("aria-pressed", String(playing()));
    if (!playing()) {
      clearTimeout(timer);
      raise(Math.trunc(sample.between(0, sample.number(vfibench.get("frame"), 1), 2)));
    } else if (!wasPlaying) {
      timer = setTimeout(tick, 1000 / Number(speed.value));
      raise(up);
    }
    wasPlaying = playing();
  }

  function pauseAt(place) {
    vfibench.set({ play: "", frame: String((place + 3) % 3) });
  }

  sample.choose(select, pictures.filter(isMiddle), function (name) { vfibench.set({ flip: name }); });
  speed.addEventListener("change", function () { vfibench.set({ speed: speed.value === "4" ? "" : speed.value }); });
  button.addEventListener("click", function () {
    if (playing()) {
      pauseAt(up);
    } else {
      asked = true;
      vfibench.set({ play: "1", frame: "" });
    }
  });
  flip.querySelectorAll("[data-step]").forEach(function (step) {
    step.addEventListener("click", function () { pauseAt(up + Number(step.dataset.step)); });
  });

  stage.hidden = false;
  vfibench.told(applySlider);
  vfibench.told(applyFlip);
});
