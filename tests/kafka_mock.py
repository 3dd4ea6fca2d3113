"""The client library's mock cluster: a broker inside this process that answers requests with the errors it is told to.

It speaks the protocol, keeps records and groups, and knows nothing of replicas or disks: what those do to us is tried
on a real Kafka.
"""

import ctypes
from pathlib import Path

import confluent_kafka
import pytest

PRODUCE, FETCH, LIST_OFFSETS, OFFSET_COMMIT, FIND_COORDINATOR, JOIN_GROUP, HEARTBEAT, SYNC_GROUP = (
    0, 1, 2, 8, 10, 11, 12, 14,
)  # fmt: skip
"""Requests, by the numbers that the protocol gives them."""

_CONSUMER, _BROKER = 1, 1
_RTT_MS = 0
_POINTER = ctypes.c_void_p


class MockCluster:
    """A cluster of one broker. `stop` ends it."""

    def __init__(self) -> None:
        self._library = _library()
        said = ctypes.create_string_buffer(512)
        self._client = self._library.rd_kafka_new(_CONSUMER, self._library.rd_kafka_conf_new(), said, len(said))
        assert self._client, said.value
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._client, 1)
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)

    @property
    def bootstrap(self) -> str:
        """host:port."""
        return str(self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode())

    def make_topic(self, topic: str, partitions: int) -> None:
        """A topic of so many partitions."""
        assert not self._library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, 1)

    def answer(self, request: int, *errors: int) -> None:
        """Lets the next requests of a kind fail with these errors of the protocol, one after another."""
        for error in errors:
            assert not self._library.rd_kafka_mock_broker_push_request_error_rtts(
                self._cluster, _BROKER, ctypes.c_int16(request), ctypes.c_size_t(1), ctypes.c_int(error),
                ctypes.c_int(_RTT_MS),
            )  # fmt: skip

    def left(self, request: int) -> int:
        """How many of these errors nobody has got yet."""
        count = ctypes.c_size_t()
        assert not self._library.rd_kafka_mock_broker_error_stack_cnt(
            self._cluster, _BROKER, request, ctypes.byref(count)
        )
        return count.value

    def stop(self) -> None:
        """Ends the cluster and what it ran in."""
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._client)


def _library() -> ctypes.CDLL:
    """librdkafka, as the Python package brings it along."""
    found = list((Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs").glob("librdkafka-*.so*"))
    if not found:
        pytest.skip("only the wheels of confluent-kafka for Linux bring librdkafka along as a file")
    library = ctypes.CDLL(str(found[0]))
    library.rd_kafka_conf_new.restype = _POINTER
    library.rd_kafka_new.restype = _POINTER
    library.rd_kafka_new.argtypes = [ctypes.c_int, _POINTER, ctypes.c_char_p, ctypes.c_size_t]
    library.rd_kafka_mock_cluster_new.restype = _POINTER
    library.rd_kafka_mock_cluster_new.argtypes = [_POINTER, ctypes.c_int]
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    library.rd_kafka_mock_cluster_bootstraps.argtypes = [_POINTER]
    library.rd_kafka_mock_group_initial_rebalance_delay_ms.argtypes = [_POINTER, ctypes.c_int32]
    library.rd_kafka_mock_group_initial_rebalance_delay_ms.restype = None
    library.rd_kafka_mock_topic_create.argtypes = [_POINTER, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
    library.rd_kafka_mock_broker_push_request_error_rtts.argtypes = [
        _POINTER, ctypes.c_int32, ctypes.c_int16, ctypes.c_size_t,
    ]  # fmt: skip
    library.rd_kafka_mock_broker_error_stack_cnt.argtypes = [
        _POINTER, ctypes.c_int32, ctypes.c_int16, ctypes.POINTER(ctypes.c_size_t),
    ]  # fmt: skip
    library.rd_kafka_mock_cluster_destroy.argtypes = [_POINTER]
    library.rd_kafka_mock_cluster_destroy.restype = None
    library.rd_kafka_destroy.argtypes = [_POINTER]
    library.rd_kafka_destroy.restype = None
    return library
