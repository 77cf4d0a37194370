/* The state of a page is its address: #scores-2=-psnr&flip=1. Every part of the script asks and tells it here.

   vfibench.get(name)      the value, "" where there is none
   vfibench.set({name: value, ...})   changes some, "" or null removes; everybody is told, the address follows
   vfibench.told(function) calls it now, and whenever the state has changed, by us or by the address
   vfibench.data(id)       what a <script type="application/json" id="..."> element holds

   Browsers limit how often a page may change its address (Safari: 100 times in 30 seconds), so the state is kept
   here. The address follows the first change at once and further ones every PAUSE milliseconds, and is up to date
   whenever the window is left, be it for the address bar. */
"use strict";

const vfibench = (function () {
  const PAUSE = 400;
  const listeners = [];
  let state = asked(), timer = 0, behind = false;

  function asked() {
    return new URLSearchParams(location.hash.slice(1));
  }

  function tell() {
    listeners.forEach(function (listener) { listener(); });
  }

  /* Still behind where the browser refuses: then it is tried again. */
  function write() {
    const text = state.toString();
    try {
      history.replaceState(null, "", location.href.split("#")[0] + (text ? "#" + text : ""));
      behind = false;
    } catch (error) {
      behind = true;
    }
  }

  function flush() {
    if (behind) {
      write();
    }
  }

  function pause() {
    timer = 0;
    if (behind) {
      follow();
    }
  }

  function follow() {
    behind = true;
    if (!timer) {
      write();
      timer = setTimeout(pause, PAUSE);
    }
  }

  function set(changes) {
    Object.keys(changes).forEach(function (name) {
      const value = changes[name];
      if (value === "" || value === null) {
        state.delete(name);
      } else {
        state.set(name, value);
      }
    });
    follow();
    tell();
  }

  /* Somebody else has changed the address: it counts. */
  function read() {
    state = asked();
    behind = false;
    tell();
  }

  window.addEventListener("hashchange", read);
  ["blur", "pagehide"].forEach(function (kind) { window.addEventListener(kind, flush); });

  return {
    get: function (name) { return state.get(name) || ""; },
    set: set,
    told: function (listener) { listeners.push(listener); listener(); },
    data: function (id) { return JSON.parse(document.getElementById(id).textContent); },
  };
})();

/* Paper cannot be unfolded. */
window.addEventListener("beforeprint", function () {
  document.querySelectorAll("details:not(.tools details)").forEach(function (details) { details.open = true; });
});
