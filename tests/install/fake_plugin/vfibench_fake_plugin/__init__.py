"""A third party's package: one method, dataset, metric and page, and one plugin that is broken."""
