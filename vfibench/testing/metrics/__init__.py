"""The conformance checks of metrics; `kit` runs them."""
