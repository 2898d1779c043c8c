from django.db import migrations, models


def name_the_known(apps, schema_editor):
    """Whatever was marked until now was marked as dead."""
    identity = apps.get_model("customers", "Identity")
    identity.objects.exclude(undeliverable="").update(undeliverable_kind="hard")


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_search")]
    operations = [
        migrations.AddField(
            model_name="identity",
            name="undeliverable_kind",
            field=models.CharField(
                choices=[("hard", "Hard"), ("soft", "Soft"), ("complaint", "Complaint")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="identity",
            name="undeliverable_reason",
            field=models.CharField(db_default="", default="", max_length=24),
        ),
        migrations.RunPython(name_the_known, migrations.RunPython.noop),
    ]
