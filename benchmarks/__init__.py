"""Measuring scripts: ours and an anchor in turn, in one run, compared by the ratio of medians. Not run by the tests."""
