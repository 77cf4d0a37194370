"""The conformance checks of pages; `kit` runs them."""
