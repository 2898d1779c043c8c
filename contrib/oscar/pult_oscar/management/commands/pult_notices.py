"""`manage.py pult_notices`: tell Pult what could not be told when it happened. For cron, or a worker of the shop's."""

from django.core.management.base import BaseCommand

from pult_oscar import telling


class Command(BaseCommand):
    """Tell what was not told yet."""

    help = "Tell Pult what could not be told when it happened."

    def handle(self, *args, **options):
        """Send batch by batch, until all is told or Pult keeps nothing."""
        while told := telling.tell():
            self.stdout.write(f"{told} told")
