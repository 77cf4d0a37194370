"""From a word to a dataset that keeps its contract and holds the samples asked for."""
