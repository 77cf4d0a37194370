"""Light facts; the entry points lead here."""

from vfibench.contracts import AdapterCard, DatasetCard, MetricCard, PageCard

FLIP = AdapterCard("fake-second", "vfibench_fake_plugin.parts:Second", title="The second frame", times="any")
STRIPES = DatasetCard("fake-stripes", "vfibench_fake_plugin.parts:open_stripes", count=3, builtin=True)
MSE = MetricCard("fake-mse", "vfibench_fake_plugin.parts:Mse", title="mean squared error", better="lower")
COUNTS = PageCard("fake-counts", "vfibench_fake_plugin.parts:Counts", title="Counts")
