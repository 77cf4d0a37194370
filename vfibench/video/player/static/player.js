/* A player of clips in step: beside one another, on both sides of a divider, or one after the other.

   vfibenchPlayer(root, data, film) fills `root`. All clips are drawn from one film, so they cannot drift apart:

   data   {clips: [{name, scores: {psnr: [...], ssim: [...]}}], times: [seconds], end, width, height, note}
   film   what has the pictures; see vfibenchFilms below.

   Keys, where the player has the focus: space plays and pauses, arrows step, Home and End, s d b choose the view
   (b again blinks), + - 0 zoom, l loops. */
function vfibenchPlayer(root, data, film) {
  const SPEEDS = [1, 0.5, 0.25, 0.125];
  const DEEPEST = 32;
  const last = data.times.length - 1;
  const state = { mode: "side", a: 0, b: Math.min(1, data.clips.length - 1), up: 0, at: 0.5, z: 1, x: 0.5, y: 0.5,
    n: 0, goal: 0, speed: 1, loop: true, playing: false };
  let views = [];

  function made(kind, parent, attributes, text) {
    const one = document.createElement(kind);
    Object.entries(attributes || {}).forEach(function (pair) { one.setAttribute(pair[0], pair[1]); });
    if (text !== undefined) { one.textContent = text; }
    parent.append(one);
    return one;
  }

  function between(low, value, high) { return Math.min(Math.max(value, low), high); }

  function button(parent, name, text, title, act) {
    const one = made("button", parent, { type: "button", title: title, "data-do": name }, text);
    one.addEventListener("click", act);
    return one;
  }

  /* The parts. */
  root.classList.add("player");
  root.tabIndex = 0;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Player of " + data.clips.map(function (clip) { return clip.name; }).join(", "));
  const bar = made("div", root, { class: "player-bar" });
  const modes = made("span", bar, { role: "group", "aria-label": "View" });
  const modeButtons = [["side", "side by side", "s"], ["divider", "divider", "d"], ["blink", "blink", "b"]]
    .filter(function (one) { return one[0] === "side" || data.clips.length > 1; })
    .map(function (one) {
      return button(modes, one[0], one[1], "key " + one[2], function () { choose(one[0]); });
    });
  const pair = made("span", bar, { class: "player-pair" });
  const selects = ["a", "b"].map(function (side) {
    const label = made("label", pair, {}, side === "a" ? "first " : "second ");
    const select = made("select", label, { "data-side": side });
    data.clips.forEach(function (clip, place) { select.add(new Option(clip.name, place)); });
    select.addEventListener("change", function () { state[side] = Number(select.value); rebuild(); });
    return select;
  });
  const zooms = made("span", bar, { role: "group", "aria-label": "Zoom" });
  button(zooms, "out", "−", "smaller, key -", function () { zoom(1 / 1.5); });
  const zoomed = made("output", zooms, {}, "1×");
  button(zooms, "in", "+", "larger, key +", function () { zoom(1.5); });
  button(zooms, "whole", "whole", "whole picture, key 0", function () { Object.assign(state, { z: 1, x: 0.5, y: 0.5 }); draw(); });

  const stage = made("div", root, { class: "player-stage" });
  const range = made("input", root, { type: "range", min: 0, max: 1000, value: 500, class: "player-divider",
    "aria-label": "Place of the divider" });
  range.addEventListener("input", function () { state.at = Number(range.value) / 1000; draw(); });

  const controls = made("div", root, { class: "player-controls", role: "group", "aria-label": "Time" });
  button(controls, "first", "|‹", "first frame, key Home", function () { go(0); });
  button(controls, "back", "‹", "one frame back, key ←", function () { go(state.goal - 1); });
  const playButton = button(controls, "play", "play", "key space", toggle);
  button(controls, "on", "›", "one frame on, key →", function () { go(state.goal + 1); });
  button(controls, "last", "›|", "last frame, key End", function () { go(last); });
  const place = made("input", controls, { type: "range", min: 0, max: last, value: 0, "aria-label": "Frame" });
  place.addEventListener("input", function () { go(Number(place.value)); });
  const told = made("output", controls, { class: "player-time" });
  const speedLabel = made("label", controls, {}, "speed ");
  const speeds = made("select", speedLabel, { "data-speed": "" });
  SPEEDS.forEach(function (speed) { speeds.add(new Option(speed === 1 ? "1" : "1/" + 1 / speed, speed)); });
  speeds.addEventListener("change", function () {
    state.speed = Number(speeds.value);
    if (state.playing) { film.play(state.n, state.speed, arrived, ended); }
  });
  const loopLabel = made("label", controls);
  const loop = made("input", loopLabel, { type: "checkbox", "data-loop": "" });
  loop.checked = true;
  loopLabel.append(" loop");
  loop.addEventListener("change", function () { state.loop = loop.checked; });
  const chart = vfibenchChart(root, data, go);

  /* Views: a canvas for each clip, or one for two. */
  function view(clips) {
    const figure = made("figure", stage);
    const canvas = made("canvas", figure, { role: "img" });
    canvas.width = data.width;
    canvas.height = data.height;
    drag(canvas);
    const caption = made("figcaption", figure);
    const name = made("b", caption);
    const scores = made("small", caption);
    return { canvas: canvas, context: canvas.getContext("2d"), name: name, scores: scores, clips: clips };
  }

  function rebuild() {
    stage.replaceChildren();
    const all = data.clips.map(function (_, number) { return number; });
    views = state.mode === "side" ? all.map(function (number) { return view([number]); })
      : [view([state.a, state.b])];
    root.dataset.mode = state.mode;
    root.style.setProperty("--across", state.mode === "side" ? Math.ceil(Math.sqrt(data.clips.length)) : 1);
    pair.hidden = state.mode === "side";
    range.hidden = state.mode !== "divider";
    modeButtons.forEach(function (one) {
      one.setAttribute("aria-pressed", String(one.dataset.do === state.mode));
    });
    selects.forEach(function (select) { select.value = state[select.dataset.side]; });
    draw();
  }

  /* The part of a picture that is seen: left, top, width, height in its pixels. */
  function part() {
    const w = data.width / state.z, h = data.height / state.z;
    const left = between(0, state.x * data.width - w / 2, data.width - w);
    const top = between(0, state.y * data.height - h / 2, data.height - h);
    return [left, top, w, h];
  }

  function paint(one, clip, from, to) {
    const found = film.picture(state.n, clip), seen = part(), c = one.canvas;
    if (!found || to <= from) { return; }
    one.context.imageSmoothingEnabled = state.z < 1.5;
    one.context.drawImage(found.image, found.x + seen[0] + seen[2] * from, found.y + seen[1], seen[2] * (to - from),
      seen[3], c.width * from, 0, c.width * (to - from), c.height);
  }

  function scoreText(clip) {
    const scores = data.clips[clip].scores || {};
    return Object.keys(scores).map(function (name) {
      const value = scores[name][state.n];
      if (value === null || value === undefined) { return ""; }
      if (value === "exact") { return name.toUpperCase() + " exact"; }
      return name.toUpperCase() + " " + value.toFixed(name === "psnr" ? 2 : 4) + (name === "psnr" ? " dB" : "");
    }).filter(Boolean).join(", ");
  }

  function draw() {
    views.forEach(function (one) {
      let shown = one.clips;
      if (state.mode === "divider") {
        paint(one, one.clips[0], 0, state.at);
        paint(one, one.clips[1], state.at, 1);
        one.context.fillStyle = "#fff";
        one.context.fillRect(Math.round(state.at * one.canvas.width) - 1, 0, 2, one.canvas.height);
      } else {
        shown = state.mode === "blink" ? [one.clips[state.up]] : one.clips;
        paint(one, shown[0], 0, 1);
      }
      one.name.textContent = shown.map(function (clip) { return data.clips[clip].name; }).join(" | ");
      one.scores.textContent = shown.map(scoreText).filter(Boolean).join(" | ");
      one.canvas.setAttribute("aria-label", one.name.textContent + ", frame " + state.n);
    });
    zoomed.textContent = Math.round(state.z * 10) / 10 + "×";
    range.value = Math.round(state.at * 1000);
    place.value = state.n;
    told.textContent = "frame " + state.n + " of " + last + ", " + data.times[state.n].toFixed(3) + " s";
    playButton.textContent = state.playing ? "pause" : "play";
    chart(state.n);
  }

  /* Time. */
  function arrived(number) {
    state.n = number;
    if (state.playing) { state.goal = number; }
    draw();
    root.dataset.frame = number;
  }

  function go(number) {
    if (state.playing) { pause(); }
    state.goal = state.loop ? (number + last + 1) % (last + 1) : between(0, number, last);
    film.show(state.goal, arrived);
  }

  function pause() {
    state.playing = false;
    film.pause();
    draw();
  }

  function ended() {
    if (state.loop) {
      film.play(0, state.speed, arrived, ended);
    } else {
      pause();
    }
  }

  function toggle() {
    if (state.playing) {
      pause();
      film.show(state.n, arrived);
    } else {
      state.playing = true;
      draw();
      film.play(state.n === last ? 0 : state.n, state.speed, arrived, ended);
    }
  }

  function choose(mode) {
    if (mode === "blink" && state.mode === "blink") {
      state.up = 1 - state.up;
      draw();
    } else {
      state.mode = mode;
      rebuild();
    }
  }

  /* Zoom and move. */
  function zoom(factor) {
    state.z = between(1, state.z * factor, DEEPEST);
    draw();
  }

  function drag(canvas) {
    canvas.addEventListener("pointerdown", function (event) {
      if (event.button !== 0) { return; }
      const box = canvas.getBoundingClientRect(), start = [state.x, state.y], from = [event.clientX, event.clientY];
      const divides = state.mode === "divider" && Math.abs((event.clientX - box.left) / box.width - state.at) < 0.06;

      function move(now) {
        const dx = (now.clientX - from[0]) / box.width, dy = (now.clientY - from[1]) / box.height;
        if (divides || (state.mode === "divider" && state.z === 1)) {
          state.at = between(0, (now.clientX - box.left) / box.width, 1);
        } else {
          const half = 0.5 / state.z;
          state.x = between(half, start[0] - dx / state.z, 1 - half);
          state.y = between(half, start[1] - dy / state.z, 1 - half);
        }
        draw();
      }

      canvas.setPointerCapture(event.pointerId);
      canvas.addEventListener("pointermove", move);
      ["pointerup", "pointercancel"].forEach(function (kind) {
        canvas.addEventListener(kind, function () { canvas.removeEventListener("pointermove", move); }, { once: true });
      });
    });
    canvas.addEventListener("wheel", function (event) {
      if (event.ctrlKey || event.metaKey || root.contains(document.activeElement)) {
        event.preventDefault();
        zoom(Math.exp(-between(-240, event.deltaY, 240) * 0.003));
      }
    }, { passive: false });
  }

  const keys = {
    " ": toggle,
    ArrowLeft: function () { go(state.goal - 1); },
    ArrowRight: function () { go(state.goal + 1); },
    Home: function () { go(0); },
    End: function () { go(last); },
    s: function () { choose("side"); },
    d: function () { choose("divider"); },
    b: function () { choose("blink"); },
    l: function () { loop.click(); },
    "+": function () { zoom(1.5); },
    "=": function () { zoom(1.5); },
    "-": function () { zoom(1 / 1.5); },
    "0": function () { Object.assign(state, { z: 1, x: 0.5, y: 0.5 }); draw(); },
  };

  root.addEventListener("keydown", function (event) {
    const inside = event.target.closest("select, input, button");
    const own = inside && (event.key === " " || event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End");
    const known = Object.hasOwn(keys, event.key) && (data.clips.length > 1 || !["d", "b"].includes(event.key));
    if (own || !known || event.ctrlKey || event.metaKey || event.altKey) { return; }
    event.preventDefault();
    keys[event.key]();
  });

  rebuild();
  film.show(0, arrived);
}

/* Where the pictures come from. A film has
   show(n, told)                      frame n, then told(n); of calls that come too fast the last one counts
   play(n, speed, told, ended)        from frame n on, told(n) for each frame that is drawn
   pause()
   picture(n, clip)                   {image, x, y}: what can be drawn now, and where the clip is in it */
const vfibenchFilms = {
  /* Frame by frame: pictures as data URIs, and frames[n][clip] the place of one among them. */
  images: function (data, uris, frames) {
    const all = uris.map(function (uri) {
      const image = new Image();
      image.src = uri;
      return image;
    });
    const images = frames.map(function (clips) { return clips.map(function (place) { return all[place]; }); });
    let timer = 0;

    function ready(n) {
      return Promise.all(images[n].map(function (image) { return image.decode().catch(function () { return null; }); }));
    }

    function lasts(n) {
      return 1000 * ((n + 1 < data.times.length ? data.times[n + 1] : data.end) - data.times[n]);
    }

    return {
      show: function (n, told) { ready(n).then(function () { told(n); }); },
      play: function (n, speed, told, ended) {
        clearTimeout(timer);
        const run = {};
        this.run = run;
        const film = this;
        ready(n).then(function () {
          if (film.run !== run) { return; }
          told(n);
          timer = setTimeout(function () {
            if (n + 1 < images.length) { film.play(n + 1, speed, told, ended); } else { ended(); }
          }, lasts(n) / speed);
        });
      },
      pause: function () { clearTimeout(timer); this.run = null; },
      picture: function (n, clip) { return { image: images[n][clip], x: 0, y: 0 }; },
    };
  },

  /* One video in which all clips stand in tiles, so that one clock drives them all. Below them each frame has its
     number in black and white blocks: browsers do not say for sure which frame a video shows, the frame does. */
  video: function (data, base64, tiles, counter) {
    const AGAIN = 400, ENOUGH = 4000;
    const bytes = Uint8Array.from(atob(base64), function (letter) { return letter.charCodeAt(0); });
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.preload = "auto";
    video.src = URL.createObjectURL(new Blob([bytes], { type: "video/webm" }));
    const whole = document.createElement("canvas"), blocks = document.createElement("canvas");
    const taken = whole.getContext("2d"), read = blocks.getContext("2d", { willReadFrequently: true });
    blocks.width = counter.bits;
    blocks.height = 2;
    let wanted = null, busy = false, token = 0;

    function moment(n) {
      const following = n + 1 < data.times.length ? data.times[n + 1] : data.end;
      return (data.times[n] + following) / 2;
    }

    /* Takes the picture that the video shows; the number of its frame, -1 where it has none. */
    function take() {
      if (video.readyState < 2) { return -1; }
      if (whole.width !== video.videoWidth) { whole.width = video.videoWidth; whole.height = video.videoHeight; }
      taken.drawImage(video, 0, 0);
      read.drawImage(whole, 0, counter.top, counter.bits * counter.width, 2 * counter.height, 0, 0, counter.bits, 2);
      const levels = read.getImageData(0, 0, counter.bits, 2).data;
      let number = 0;
      for (let bit = 0; bit < counter.bits; bit += 1) {
        const one = levels[4 * bit] > 127, other = levels[4 * (bit + counter.bits)] > 127;
        if (one === other) { return -1; }  // the second row is the first one's negative
        number += one ? 2 ** bit : 0;
      }
      return number < data.times.length ? number : -1;
    }

    function seek() {
      if (busy || !wanted) { return; }
      busy = true;
      const now = wanted, begun = performance.now();
      let asked = begun;
      wanted = null;
      video.currentTime = moment(now.n);

      function look() {
        const number = take(), time = performance.now();
        if (number === now.n || wanted || (number >= 0 && time - begun > ENOUGH)) {
          busy = false;
          if (!wanted) { now.told(number); }  // what is shown, even where it is not what was asked for
          seek();
          return;
        }
        if (time - asked > AGAIN && !video.seeking) {
          asked = time;
          video.currentTime = moment(now.n) + 0.0005;
        }
        requestAnimationFrame(look);
      }

      requestAnimationFrame(look);
    }

    const loaded = new Promise(function (go) {
      if (video.readyState >= 2) { go(); } else { video.addEventListener("loadeddata", go, { once: true }); }
    });

    return {
      show: function (n, told) {
        wanted = { n: n, told: told };
        loaded.then(seek);
      },
      play: function (n, speed, told, ended) {
        token += 1;
        const mine = token;
        video.onended = function () { if (mine === token) { ended(); } };

        function drawn() {
          if (mine !== token) { return; }
          const number = take();
          if (number >= 0) { told(number); }
          video.requestVideoFrameCallback(drawn);
        }

        this.show(n, function (shown) {
          told(shown);
          if (mine !== token) { return; }
          video.playbackRate = speed;
          video.requestVideoFrameCallback(drawn);
          video.play();
        });
      },
      pause: function () { token += 1; video.pause(); },
      picture: function (_n, clip) {
        return whole.width ? { image: whole, x: tiles[clip][0], y: tiles[clip][1] } : null;
      },
    };
  },
};
