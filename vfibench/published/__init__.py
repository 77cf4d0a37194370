"""Published scores beside measured ones: whether they are of the same thing, and whether they agree."""
