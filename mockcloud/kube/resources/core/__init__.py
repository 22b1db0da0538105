"""The small kinds of the core group."""
