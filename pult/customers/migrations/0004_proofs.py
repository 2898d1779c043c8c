from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_undeliverable_kind")]
    operations = [
        migrations.AddField(model_name="identity", name="proven_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="identity", name="proofs", field=models.IntegerField(db_default=0, default=0)
        ),
    ]
