"""Page plugins with one fault each, and one without."""

from __future__ import annotations

import sys


class Raises:
    def render(self, results, out):
        raise RuntimeError("the plugin's\nown trouble")


class Exits:
    def render(self, results, out):
        sys.exit(5)


class ReturnsNothing:
    def render(self, results, out):
        return None


class ReturnsAName:
    def render(self, results, out):
        (out / "one.html").write_text("x")
        return "one.html"


class ReturnsNamesAlone:
    def render(self, results, out):
        (out / "one.html").write_text("x")
        return ["one.html"]


class ReturnsPaths:
    def render(self, results, out):
        (out / "one.html").write_text("x")
        return [("one", out / "one.html")]


class NamesItsFileInFull:
    def render(self, results, out):
        (out / "one.html").write_text("x")
        return [("one", str(out / "one.html"))]


class NamesItsFileTwice:
    def render(self, results, out):
        (out / "one.html").write_text("x")
        return [("one", "one.html"), ("two", "one.html")]


class WritesTheIndex:
    def render(self, results, out):
        (out / "index.html").write_text("mine")
        return [("mine", "index.html")]


class ForgetsItsFile:
    def render(self, results, out):
        return [("not there", "missing.html")]


class WritesOutside:
    def render(self, results, out):
        (out.parent / "outside.html").write_text("x")
        return [("outside", "../outside.html")]


class Works:
    def render(self, results, out):
        (out / "third party & co.html").write_text("<p>mine</p>")
        return [("third <b>party</b>", "third party & co.html")]
