"""The conformance checks of methods; `kit` runs them."""
