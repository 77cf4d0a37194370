"""`exec:CMD`: a method in a process of its own, in another environment or language, behind an adapter.

The protocol (docs/workers.md) is lines of JSON and raw frames over the worker's stdin and stdout. The worker
is started anew after it died or hung; what it wrote last on stderr stands in the error of the samples it
failed. Time is measured inside the worker, so that pipes do not count.
"""
