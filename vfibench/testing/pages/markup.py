"""Whether names that are markup have become markup: HTML is parsed as a browser does, not searched."""

from __future__ import annotations

from html.parser import HTMLParser

from vfibench.testing.pages.made import HARM


class Harm(HTMLParser):
    """Looks for scripts, event attributes and addresses that run what the hostile names hold.

    Attributes:
        found: what would have run, the first one; "" for nothing.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = ""
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element: its event attributes are code."""
        self._script = tag == "script"
        for name, value in attrs:
            if name.startswith("on") and HARM in (value or ""):
                self._note(f"<{tag} {name}={value}>")

    def handle_endtag(self, tag: str) -> None:
        """The end of an element."""
        self._script = self._script and tag != "script"

    def handle_data(self, data: str) -> None:
        """Text; that of a script which is nothing but the hostile name's is code."""
        if self._script and data.strip() == HARM:
            self._note(f"<script>{HARM}</script>")

    def _note(self, what: str) -> None:
        self.found = self.found or what


def harm_in(html: str) -> str:
    """What of a hostile name an HTML page would run, "" for nothing.

    >>> harm_in('<p title="&lt;script&gt;alert(&quot;vfibench&quot;)&lt;/script&gt;">')
    ''
    >>> harm_in('<p><script>alert("vfibench")</script></p>')
    '<script>alert("vfibench")</script>'
    """
    parser = Harm()
    parser.feed(html)
    parser.close()
    return parser.found
