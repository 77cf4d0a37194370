"""What tables and pages tell of a cell; none of it decides a score or enters the cell's key."""

from __future__ import annotations

from msgspec import Struct

from vfibench.contracts import Padding, PublishedScore


class WeightFacts(Struct, frozen=True):
    """A file of weights on the method's card.

    Attributes:
        name: the official file name.
        sha256: where it is known.
        url: where it is, "" where none was released.
        licence: its terms, where they are not the code's.
    """

    name: str
    sha256: str | None = None
    url: str = ""
    licence: str = ""


class PublishedFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A published score of the method on the cell's dataset, and what it was made with.

    Attributes:
        dataset, metric, definition, value, source, variant, weights, level, note, printed, protocol: see
            `vfibench.contracts.PublishedScore`.
        times: target times of the dataset, empty where not all samples have the same.
        recursion: whether recursion reaches them, None where that is not known.
        padding: of the protocol, None where that is not known.
    """

    dataset: str
    metric: str
    definition: str
    value: float
    source: str
    variant: str = ""
    weights: str = ""
    level: str = "frame"
    note: str = ""
    printed: str = ""
    protocol: str = ""
    times: tuple[float, ...] = ()
    recursion: bool | None = None
    padding: Padding | None = None

    @property
    def score(self) -> PublishedScore:
        """What was published, as cards hold it."""
        return PublishedScore(
            dataset=self.dataset,
            metric=self.metric,
            definition=self.definition,
            value=self.value,
            source=self.source,
            variant=self.variant,
            weights=self.weights,
            level="clip" if self.level == "clip" else "frame",
            note=self.note,
            printed=self.printed,
            protocol=self.protocol,
        )


class MethodFacts(Struct, frozen=True, kw_only=True):
    """The method's card as it was when the cell was scored.

    Attributes:
        title, year, paper, licence, code_url, training_data, notes: as on the card.
        times: which times it predicts: "midpoint", "any" or "halves".
        learned: whether it needs weights.
        inputs: numbers of input frames it accepts, the usual one first.
        scale: output height / input height.
        padding: the card's own.
        variants: what each named variant changes.
        files: the released weights.
        weights: file name of the weights used, None for a method without.
        published: its published scores on this dataset.
        parameters: scalars in the network, None until it has been built, or where that cannot be seen.
    """

    title: str = ""
    year: int | None = None
    paper: str = ""
    licence: str = ""
    code_url: str = ""
    training_data: str = ""
    notes: str = ""
    times: str = ""
    learned: bool = False
    inputs: tuple[int, ...] = ()
    scale: int = 1
    padding: Padding | None = None
    variants: dict[str, str] = {}
    files: tuple[WeightFacts, ...] = ()
    weights: str | None
    published: tuple[PublishedFacts, ...] = ()
    parameters: int | None = None


class DatasetFacts(Struct, frozen=True, omit_defaults=True):
    """What the dataset's card says of it, and how it was asked for.

    Attributes:
        title, task, licence: as on the card.
        asked: the word on the command line, where it is not the cell's name of the dataset.
        decoding: how its pictures become the RGB that is scored, where they are not stored as RGB.
    """

    title: str = ""
    task: str = ""
    licence: str = ""
    asked: str = ""
    decoding: str = ""


class ProtocolFacts(Struct, frozen=True):
    """What the protocol is, and whose scripts it follows."""

    title: str = ""
    source: str = ""


class CellFacts(Struct, frozen=True):
    """Facts for tables and pages, by what they are of."""

    method: MethodFacts
    dataset: DatasetFacts = DatasetFacts()
    protocol: ProtocolFacts = ProtocolFacts()


NO_FACTS = CellFacts(MethodFacts(weights=None))
