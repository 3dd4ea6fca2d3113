"""The topics."""

from enum import StrEnum


class Topic(StrEnum):
    """The topics. All have the same number of partitions, so that partition *i* meets partition *i*."""

    CRM = "crm.events"
    PRODUCT = "product.events"
    BILLING = "billing.events"
    SUPPORT = "support.events"
    CHANGES = "account.changes"
    CROSSINGS = "health.crossings"
    PLAYBOOKS = "playbook.events"


SOURCE_TOPICS = (Topic.CRM, Topic.PRODUCT, Topic.BILLING, Topic.SUPPORT)
