from django.db import migrations

from pult.commerce.index import ORDERS, PRODUCTS


def make(apps, schema_editor):
    for index in (ORDERS, PRODUCTS):
        for statement in index.create_sql(schema_editor.connection.vendor):
            schema_editor.execute(statement)


def drop(apps, schema_editor):
    for index in (ORDERS, PRODUCTS):
        for statement in index.drop_sql():
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("commerce", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
