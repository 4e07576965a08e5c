"""Frozen values: what the layers hand to each other. They know no rule and do nothing."""
