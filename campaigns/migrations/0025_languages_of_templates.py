"""Templates that are there are in Django's language, and new ones in Liquid (docs/decisions/0105)."""

from django.db import migrations, models

LANGUAGES = [("liquid", "Liquid"), ("django", "Django's, as before")]
HELP = "What the texts are written in."


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0024_words_of_the_field")]

    operations = [
        migrations.AddField(
            "messagetemplate",
            "language",
            models.CharField(choices=LANGUAGES, default="django", help_text=HELP, max_length=6),
        ),
        migrations.AlterField(
            "messagetemplate",
            "language",
            models.CharField(choices=LANGUAGES, default="liquid", help_text=HELP, max_length=6),
        ),
    ]
