"""`steward migrate` and `steward topics create`: one-shots before the services start. Both may run again."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

from services.cli.terminal import escape, examples, group, out, run

MIGRATE_EXAMPLES = examples(
    ("steward migrate", "the embedded database"),
    ("STEWARD_DATABASE_URL=postgresql://… steward migrate", "yours, before the services of a new version start"),
)
topics = group("topics", "The topics of the broker.", ("steward topics create", "creates those that are missing"))


def migrate() -> None:
    """Bring the database to this version's schema. Safe to repeat, and from several machines at once."""
    run(_migrate())


async def _migrate() -> None:
    from migrations.run import migrate as bring_up_to_date
    from services.cli.wiring import database_url
    from shared.settings import Settings

    async with database_url(Settings()) as url:
        await bring_up_to_date(url)
    out.print("The database is up to date.")


@topics.command("create", epilog=examples(("STEWARD_PARTITIONS=32 steward topics create", "32 partitions each")))
def create() -> None:
    """Create the topics that are missing, all with the same number of partitions."""
    run(_create())


async def _create() -> None:
    from services.cli.wiring import TOPICS, open_everything, open_kafka
    from shared.settings import Settings

    settings = Settings()
    kafka = open_kafka(settings)
    if kafka is not None:  # which has topics whether the database is there yet or not
        made = await kafka.create_topics(TOPICS, settings.partitions)
        await kafka.stop()
    else:
        async with open_everything(settings) as installed:
            made = await installed.broker.create_topics(TOPICS, settings.partitions)
    if made:
        out.print(f"Created {escape(', '.join(made))} with {settings.partitions} partitions each.")
    else:
        out.print("All topics are there.")
