"""Everything that is asked of every page of a site, in one visit to each in a browser."""

from __future__ import annotations

from dataclasses import dataclass

from report.browsing import contrasts, unfold


@dataclass(frozen=True)
class Seen:
    """What a browser shows of a page."""

    text: str
    scripts: list[str]  # their types
    active: list[str]  # attributes that would run a script
    loads: int  # elements that could bring in another file
    ids: list[str]
    links: list[str]
    light: dict[str, float]  # contrasts
    dark: dict[str, float]
    paper: dict[str, float]
    background: str  # on paper
    printed: list[str]  # controls on paper
    tables: tuple[int, int]  # on the screen and on paper
    width: int  # on a phone


LOOK = """() => ({
  text: document.body.innerText,
  scripts: Array.from(document.scripts).map(one => one.type),
  active: Array.from(document.querySelectorAll("*")).flatMap(one => Array.from(one.attributes))
    .filter(one => one.name.startsWith("on") || /^\\s*javascript:/i.test(one.value)).map(one => one.value),
  loads: document.querySelectorAll(
    "iframe, object, embed, link, base, script[src], img[src]:not([src^='data:'], [src^='blob:'])"
  ).length,
  ids: Array.from(document.querySelectorAll("[id]")).map(one => one.id),
  links: Array.from(document.links).map(one => one.href),
})"""
SHOWN = "selector => Array.from(document.querySelectorAll(selector)).filter(one => one.checkVisibility())"
CONTROLS = (
    "body > .bar, .tools[data-of], .skip, .theme, .copy, input, select, #views button:not(thead button)"
)
PHONE = 360


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def look(page):
    """Everything asked of a page, in one visit: a page takes longer to open than to ask."""
    if page.locator("#views").count():  # pictures are unpacked first
        page.locator("#views[data-ready]").wait_for()
    unfold(page)
    found = page.evaluate(LOOK)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found[scheme] = contrasts(page)
    tables = page.evaluate(f"({SHOWN})('table').length")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("vfibench.set({ theme: 'dark' })")  # paper is white whatever was chosen
    found |= {"paper": contrasts(page), "background": background(page)}
    found["printed"] = page.evaluate(f"({SHOWN})('{CONTROLS}').map(one => one.outerHTML.slice(0, 80))")
    found["tables"] = (tables, page.evaluate(f"({SHOWN})('table').length"))
    page.evaluate("vfibench.set({ theme: '' })")
    page.emulate_media(media="screen", color_scheme="light")
    page.set_viewport_size({"width": PHONE, "height": 700})
    found["width"] = page.evaluate(
        "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    )
    page.set_viewport_size({"width": 1280, "height": 900})
    return Seen(**found)
