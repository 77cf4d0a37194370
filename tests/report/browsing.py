"""What tests in a browser ask of a page: its state, its tables as they are seen, its colours."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

PATIENCE = 120_000
"""Milliseconds: a busy machine takes its time, and a wait ends as soon as it can."""


def watch(context, troubles):
    """Write down whatever a page must not do: complain, ask, or fetch more than itself."""

    def requested(request):
        local = request.url.startswith(("data:", "blob:"))
        if not (local or (request.is_navigation_request() and request.url.startswith("file://"))):
            troubles.append(f"request of {request.url}")

    def told(message):
        if message.type in {"error", "warning"}:
            troubles.append(f"console {message.type}: {message.text}")

    def asked(dialog):
        troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    context.on("request", requested)
    context.on("console", told)
    context.on("dialog", asked)
    context.on("weberror", lambda found: troubles.append(f"page error: {found.error}"))


def state(page):
    """The page's state, which is its address: {name: value}."""
    return dict(parse_qsl(fragment(page).removeprefix("#"), keep_blank_values=True))


def fragment(page):
    """The end of the address, such as "#find=a&theme=dark", as who leaves the page to copy it finds it."""
    return page.evaluate("window.dispatchEvent(new Event('blur')), location.hash")


def column(page, name, key):
    """What is seen of a column of a table, row by row; hidden cells and rows are left out."""
    script = """([name, key]) => {
      const table = document.querySelector(`table[data-name="${name}"]`);
      const place = Array.from(table.tHead.rows[0].cells).findIndex(cell => cell.dataset.key === key);
      const cells = Array.from(table.tBodies[0].rows).map(row => row.cells[place]);
      return cells.filter(cell => cell.checkVisibility()).map(cell => cell.innerText.trim());
    }"""
    return [" ".join(text.split()) for text in page.evaluate(script, [name, key])]


def methods(page, name):
    """The first word of each row's head as it is seen: the method's name."""
    return [text.split()[0] for text in column(page, name, "method")]


def heading(page, name, key):
    """A heading of a table."""
    return page.locator(f'table[data-name="{name}"] thead [data-key="{key}"]')


def unfold(page):
    """Open all that is folded, the tools apart."""
    page.evaluate("document.querySelectorAll('details:not(.columns)').forEach(one => { one.open = true; })")


def tab_to(page, selector, most=80):
    """Press Tab until the focus is on an element; fails where the keyboard does not get there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"expected the Tab key to reach {selector} within {most} presses")


COLOURS = """() => {
  const clear = /^rgba\\(.*, 0\\)$/;
  const behind = (element) => {
    for (let up = element; up; up = up.parentElement) {
      const colour = getComputedStyle(up).backgroundColor;
      if (!clear.test(colour)) { return colour; }
    }
    return "rgb(255, 255, 255)";
  };
  const found = {};
  const apart = "script, style, title, option";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const seen = element.checkVisibility({ visibilityProperty: true }) && !element.closest(apart);
    if (seen && node.data.trim()) {
      const style = getComputedStyle(element);
      const colour = element.closest("svg") ? style.fill : style.color;
      found[`${colour} on ${behind(element)}`] = node.data.trim().slice(0, 40);
    }
  }
  return Object.entries(found).map(([pair, text]) => [...pair.split(" on "), text]);
}"""
"""[text colour, the colour behind it, an example] of everything that is read on a page."""


def contrasts(page):
    """{"text: colour on colour": contrast} of all text that is seen, as WCAG 2 defines contrast."""
    return {
        f"{text}: {front} on {back}": contrast(front, back) for front, back, text in page.evaluate(COLOURS)
    }


def contrast(front, back):
    """Of two CSS colours, from 1 to 21.

    >>> contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)")
    21.0
    """
    high, low = sorted((luminance(front), luminance(back)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour):
    """Relative luminance, as WCAG 2 defines it, of "rgb(r, g, b)" or "color(srgb r g b)" without alpha."""
    numbers = [float(number) for number in re.findall(r"[\d.]+", colour)]
    assert len(numbers) == 3, colour
    shares = [number if colour.startswith("color(srgb") else number / 255 for number in numbers]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
