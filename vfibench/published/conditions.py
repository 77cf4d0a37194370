"""How a published score came to be, and what sets a cell of ours apart from that."""

from __future__ import annotations

from dataclasses import asdict, replace

from vfibench.contracts import AdapterCard, Padding, PublishedScore
from vfibench.metrics.catalog import RULES
from vfibench.metrics.protocols import PROTOCOLS, Protocol
from vfibench.registry import DATASETS, METRICS
from vfibench.store.facts import PublishedFacts
from vfibench.store.result import CellResult


def column_of(score: PublishedScore) -> str:
    """The column that measures what was published."""
    plain = score.definition in ("", "vfibench")
    return score.metric if plain else f"{score.metric}@{score.definition}"


def protocol_of(score: PublishedScore) -> Protocol | None:
    """Whose frames and padding a score was made with, None where no protocol here knows its dataset so.

    That is the protocol it names; else the one called as its definition, else the first that scores the
    dataset under this definition, or under another name of the same rule.
    """
    if score.protocol:
        return PROTOCOLS.get(score.protocol)
    if score.definition in ("", "vfibench"):
        return PROTOCOLS["vfibench"]
    others = [PROTOCOLS[name] for name in PROTOCOLS if name != "vfibench"]
    others.sort(key=lambda protocol: protocol.name != score.definition)
    known = [protocol for protocol in others if score.dataset in protocol.definitions]
    for same in (_same_name, _same_rule):
        for protocol in known:
            if any(same(column, column_of(score)) for column in protocol.columns(score.dataset)):
                return protocol
    return None


def _same_name(one: str, other: str) -> bool:
    return one == other


def _same_rule(one: str, other: str) -> bool:
    return one in RULES and RULES[one] == RULES.get(other)


def filled(card: AdapterCard, score: PublishedScore) -> PublishedScore:
    """A score with what it leaves to be understood: its weights, and the protocol where one is known."""
    first = card.weights[0].name if card.weights else ""
    protocol = protocol_of(score)
    return replace(score, weights=score.weights or first, protocol=protocol.name if protocol else "")


def made_with(card: AdapterCard, score: PublishedScore) -> PublishedFacts:
    """A `filled` score with what it was made with, to be stored.

    That is its target times and whether recursion reaches them, where the dataset has the same for all
    samples, and its padding, where the protocol is known.
    """
    from vfibench.methods.padding import effective_padding
    from vfibench.methods.resolving import Method

    times = DATASETS.card(score.dataset).times if score.dataset in DATASETS.names() else ()
    recursion = card.times == "midpoint" and any(time % 0.5 for time in times)
    protocol = protocol_of(score)
    method = Method(card.name, card, variant=score.variant)
    padding = None if protocol is None else effective_padding(method, protocol)
    return PublishedFacts(
        **asdict(score), times=tuple(times), recursion=recursion if times else None, padding=padding
    )


def departure(result: CellResult, facts: PublishedFacts) -> str:
    """What makes a cell another measurement than a published one, in words; "" for nothing.

    Args:
        result: the cell.
        facts: of the published one, as stored with the cell; what is missing there is not compared.
    """
    return (
        facts.note
        or _other_weights(result, facts)
        or _other_samples(result)
        or _other_prediction(result, facts)
        or _other_padding(result, facts)
    )


def other_version(result: CellResult, column: str) -> str:
    """Whether a column was measured by another version of its metric than ours, in words; "" if not."""
    measured = result.cell.settings.metrics.get(column)
    if measured is None or column not in METRICS.names():
        return ""
    ours = METRICS.card(column).version
    return "" if measured == ours else f"measured by version {measured} of {column}, not {ours}"


def _other_weights(result: CellResult, facts: PublishedFacts) -> str:
    """Weights of another name, or of other contents than the card knows of that name."""
    method = result.cell.facts.method
    used = method.weights
    if facts.weights not in ("", used):
        return f"of {facts.weights}, not {used}"
    known = {file.name: file.sha256 for file in method.files}.get(used or "")
    digest = result.cell.settings.weights_sha256
    return f"another {used} than the card's" if known and digest and known != digest else ""


def _other_samples(result: CellResult) -> str:
    """What sets a cell's frames apart from those of a whole, official run at full precision."""
    settings = result.cell.settings
    if settings.reduced > 1 or settings.enlarged > 1:
        return "another size of frames"
    if settings.precision != "fp32":
        return f"measured in {settings.precision}"
    if not result.ranked:
        selection = result.entry.selection
        return selection.text if selection.kind != "official" else "not all frames are scored"
    return ""


def _other_prediction(result: CellResult, facts: PublishedFacts) -> str:
    """Another number of input frames than the method's usual one, or another way to its predictions."""
    settings, usual = result.cell.settings, result.cell.facts.method.inputs
    if usual and settings.inputs != usual[0]:
        return f"measured with {settings.inputs} input frames, not {usual[0]}"
    if settings.compiled:
        return "measured through torch.compile"
    if facts.times and settings.times != facts.times:
        return "other target times"
    if facts.recursion is not None and facts.recursion != settings.recursion:
        return f"measured {'by' if settings.recursion else 'without'} recursion"
    return ""


def _other_padding(result: CellResult, facts: PublishedFacts) -> str:
    """A padding that shows: where no frame is padded, its rule does not matter."""
    asked, used = facts.padding, result.cell.settings.padding
    if not asked or not used or asked == used or not (_pads(result, asked) or _pads(result, used)):
        return ""
    return f"padded otherwise (--protocol {facts.protocol})"


def _pads(result: CellResult, rule: Padding) -> bool:
    """Whether a rule adds anything to frames of the sizes that were timed; assumed where none was."""
    from vfibench.frames.padding import margins

    sizes = {(line.shape[0], line.shape[1]) for line in result.timings if line.shape}
    return not sizes or any(any(margins(height, width, rule)) for height, width in sizes)
