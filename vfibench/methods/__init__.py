"""From a word to a method that keeps its contract: found, given its weights, loaded."""
