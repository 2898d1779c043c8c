from django.db import migrations

from pult.conversations.index import INDEX


def make(apps, schema_editor):
    for statement in INDEX.create_sql(schema_editor.connection.vendor):
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    for statement in INDEX.drop_sql():
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
