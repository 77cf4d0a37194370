"""The recipes that come with the built-in methods."""

from __future__ import annotations

from vfibench.trainable import RecipeCard

CARDS: tuple[RecipeCard, ...] = (
    RecipeCard("superslomo", "vfibench_adapters.superslomo", "recipes/superslomo.toml"),
    RecipeCard("superslomo-vimeo", "vfibench_adapters.superslomo", "recipes/superslomo-vimeo.toml"),
    RecipeCard("convlstm", "vfibench_adapters.superslomo", "recipes/convlstm.toml"),
    RecipeCard("convlstm-vimeo", "vfibench_adapters.superslomo", "recipes/convlstm-vimeo.toml"),
    RecipeCard("superslomo-starter-96", "vfibench_adapters.superslomo", "recipes/superslomo-starter-96.toml"),
    RecipeCard(
        "superslomo-starter-128", "vfibench_adapters.superslomo", "recipes/superslomo-starter-128.toml"
    ),
    RecipeCard("superslomo-starter", "vfibench_adapters.superslomo", "recipes/superslomo-starter.toml"),
    RecipeCard("convlstm-starter", "vfibench_adapters.superslomo", "recipes/convlstm-starter.toml"),
    RecipeCard("zooming-slowmo", "vfibench_adapters.zooming_slowmo", "recipes/zooming-slowmo.toml"),
    RecipeCard(
        "zooming-slowmo-starter", "vfibench_adapters.zooming_slowmo", "recipes/zooming-slowmo-starter.toml"
    ),
    RecipeCard("rife", "vfibench_adapters.rife", "recipes/rife.toml"),
    RecipeCard("rife-m", "vfibench_adapters.rife", "recipes/rife-m.toml"),
    RecipeCard("rife-starter", "vfibench_adapters.rife", "recipes/rife-starter.toml"),
)
