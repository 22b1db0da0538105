"""The speaker: watches, elects, announces and reports. It decides nothing: `decide/` does."""
