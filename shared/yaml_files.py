"""YAML that people write, read strictly: what would be half read, or cannot be kept, is refused with its line. Pure."""

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from shared.errors import Invalid

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is


def read_yaml(text: bytes | str, where: str) -> Any:
    """What a YAML text says; None of an empty one. Raises Invalid where it is no YAML, no UTF-8, says one thing twice,
    or holds a NUL, which PostgreSQL cannot keep."""
    try:
        loader = _Loader(text.decode("utf-8-sig") if isinstance(text, bytes) else text)
    except UnicodeDecodeError as error:
        raise Invalid(f"{where} is not UTF-8", "save it as UTF-8") from error
    except yaml.YAMLError as error:
        raise Invalid(f"{where} is not YAML: {error}") from error
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        for node in _nodes(root):
            _must_be_whole(node, where)
        return loader.construct_document(root)
    except yaml.YAMLError as error:
        raise Invalid(f"{where} is not YAML: {error}") from error
    finally:
        loader.dispose()


def _nodes(root: Node) -> Iterator[Node]:
    """Every node once: one that is named and used again is one."""
    seen, waiting = set[int](), [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, MappingNode):
            waiting += [part for pair in node.value for part in pair]
        elif not isinstance(node, ScalarNode):
            waiting += node.value


def _must_be_whole(node: Node, where: str) -> None:
    if isinstance(node, ScalarNode) and "\0" in node.value:
        raise Invalid(f"{where}: line {_line(node)} holds a NUL", "take it out: it cannot be kept")
    if not isinstance(node, MappingNode):
        return
    said = set[str]()
    for key, _ in node.value:
        if isinstance(key, ScalarNode) and key.value in said:
            raise Invalid(f"{where}: line {_line(key)} says {key.value} a second time", "leave one of them")
        said.add(str(key.value))


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
