"""The product as production runs it: with `requirements/runtime.txt` alone, by the commands of compose.yaml."""
