"""Make the counter row, and let PostgreSQL clean up often after the sequencer, which rewrites every event once."""

from __future__ import annotations

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TUNING = """
ALTER TABLE platform_event SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE platform_eventcounter SET (fillfactor = 10, autovacuum_vacuum_threshold = 500);
ALTER TABLE platform_job SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
"""


def make_counter(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the single row that holds the last position given."""
    counter = apps.get_model("platform", "EventCounter")
    counter.objects.using(schema_editor.connection.alias).get_or_create(id=1)


def tune(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Set the storage options that only PostgreSQL knows."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(TUNING)


class Migration(migrations.Migration):
    dependencies = [("platform", "0001_initial")]
    operations = [
        migrations.RunPython(make_counter, migrations.RunPython.noop),
        migrations.RunPython(tune, migrations.RunPython.noop),
    ]
