"""Calculators: what a worker is owed or entitled to, step by step and with the article. Pure functions."""
