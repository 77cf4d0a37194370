/* What every page has around its content: light or dark, and links that keep it.

   #theme=dark or #theme=light is the colour scheme; without it the browser's own is followed. Links to other
   pages of the site take it along. A name without a value that is an element's id is a place on the page:
   index.html#leaderboards&theme=dark shows that section. Links within a page leave its state alone. */
(function () {
  const THEMES = ["auto", "light", "dark"];

  function theme() {
    const asked = vfibench.get("theme");
    return THEMES.includes(asked) ? asked : "auto";
  }

  /* Radio buttons, so that the arrow keys choose. */
  function choice(name) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "theme";
    input.value = name;
    input.addEventListener("change", function () { vfibench.set({ theme: name === "auto" ? "" : name }); });
    label.append(input, name);
    return label;
  }

  function addSwitch() {
    const group = document.createElement("fieldset");
    const legend = document.createElement("legend");
    group.className = "theme";
    legend.textContent = "Colours";
    group.append(legend, ...THEMES.map(choice));
    document.querySelector("body > .bar").append(group);
  }

  function apply() {
    const now = theme();
    if (now === "auto") {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = now;
    }
    document.querySelectorAll(".theme input").forEach(function (input) { input.checked = input.value === now; });
  }

  function linkOf(event) {
    const link = event.target.closest ? event.target.closest("a[href]") : null;
    const local = link && !/^([a-z][a-z0-9+.-]*:|\/)/i.test(link.getAttribute("href"));
    return local && !link.hasAttribute("download") ? link : null;
  }

  /* Before a link can be followed, copied or opened elsewhere, by mouse or keyboard. */
  function carry(event) {
    const link = linkOf(event);
    if (!link) {
      return;
    }
    const parts = link.getAttribute("href").split("#");
    const state = new URLSearchParams(parts.slice(1).join("#"));
    if ((state.get("theme") || "auto") === theme()) {
      return;
    }
    state.delete("theme");
    if (theme() !== "auto") {
      state.set("theme", theme());
    }
    const text = state.toString();
    link.setAttribute("href", parts[0] + (text || parts[0] === "" ? "#" + text : ""));
  }

  /* The element an address's state names as a place, null where it names none. */
  function place(hash) {
    const empty = Array.from(new URLSearchParams(hash.slice(1))).filter(function (pair) { return pair[1] === ""; });
    return empty.length ? document.getElementById(empty[0][0]) : null;
  }

  function show(element) {
    element.scrollIntoView();
    element.focus({ preventScroll: true });
  }

  function follow(event) {
    const link = linkOf(event);
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const url = link && plain ? new URL(link.getAttribute("href"), location.href) : null;
    const found = url && url.pathname === location.pathname ? place(url.hash) : null;
    if (found) {
      event.preventDefault();
      show(found);
    }
  }

  addSwitch();
  vfibench.told(apply);
  ["mousedown", "focusin", "touchstart", "click"].forEach(function (kind) {
    document.addEventListener(kind, carry, { capture: true, passive: true });
  });
  document.addEventListener("click", follow);
  window.addEventListener("load", function () {
    const found = place(location.hash);
    if (found) {
      show(found);
    }
  });
})();
