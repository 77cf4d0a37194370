"""The conformance checks of datasets; `kit` runs them."""
